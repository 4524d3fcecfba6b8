import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { CommandError, run, succeeds } from "./process";
import { step } from "./progress";

/** The CLI that the npm package `pulumi` of this version downloads; tried with the SDK of package.json. */
const downloadedVersion = "3.265.0";
const downloadSite = "https://get.pulumi.com";
const siteLimitSeconds = 8;
const downloadLimitSeconds = 10 * 60;

/** A Pulumi CLI that can deploy. */
export interface PulumiCli {
  /** Folder with `bin/pulumi` in it. Absent: the one on PATH. */
  root?: string;
  version: string;
}

/** What there is in place of a Pulumi CLI: the reason why there is none. */
export interface NoPulumi {
  reason: string;
}

/**
 * Finds the Pulumi CLI on PATH, or downloads it the way its makers offer, together with the plugins that a deployment needs; says why when
 * that is not possible.
 *
 * @param plugins names of the provider plugins, for example `kubernetes`
 */
export async function findPulumi(plugins: readonly string[]): Promise<PulumiCli | NoPulumi> {
  const cli = await installedCli();
  const missing = cli ? await missingPlugins(cli, plugins) : [];
  if (cli && missing.length === 0) {
    return cli;
  }
  if (!(await siteAnswers())) {
    const what = cli ? `its plugins ${missing.join(" and ")} are` : "it is";
    return {
      reason: `${cli ? `the Pulumi CLI ${cli.version} is here, but ` : ""}${what} not installed, and ${downloadSite} does not answer`,
    };
  }
  if (cli) {
    // The engine downloads what it misses.
    return cli;
  }
  return download();
}

/** The CLI on PATH, else one that was downloaded before. */
export async function installedCli(): Promise<PulumiCli | undefined> {
  return (await installed()) ?? (await installed(downloadRoot()));
}

async function download(): Promise<PulumiCli | NoPulumi> {
  try {
    await step(`Download the Pulumi CLI ${downloadedVersion} from ${downloadSite}`, (report) =>
      run("npx", ["--yes", `pulumi@${downloadedVersion}`, "version"], {
        timeout: downloadLimitSeconds,
        onLine: report,
      }),
    );
  } catch (error) {
    if (error instanceof CommandError) {
      return { reason: `its download failed: ${error.message}` };
    }
    throw error;
  }
  return (await installed(downloadRoot())) ?? { reason: `its download left nothing in ${downloadRoot()}` };
}

/** Where the npm package keeps what it downloads; the SDK looks there too. */
function downloadRoot(): string {
  return path.join(process.env["PULUMI_HOME"] ?? path.join(os.homedir(), ".pulumi"), "versions", downloadedVersion);
}

async function installed(root?: string): Promise<PulumiCli | undefined> {
  try {
    const { stdout } = await run(executable(root), ["version"], { env: { PULUMI_SKIP_UPDATE_CHECK: "true" } });
    return { ...(root ? { root } : {}), version: stdout.trim().replace(/^v/, "") };
  } catch (error) {
    if (error instanceof CommandError) {
      return undefined;
    }
    throw error;
  }
}

/** The program to start for a CLI. */
export function executable(root: string | undefined): string {
  return root ? path.join(root, "bin", "pulumi") : "pulumi";
}

async function missingPlugins({ root }: PulumiCli, plugins: readonly string[]): Promise<string[]> {
  const { stdout } = await run(executable(root), ["plugin", "ls", "--json"]);
  const present = (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name);
  const directories = (process.env["PATH"] ?? "").split(path.delimiter);
  const onPath = (name: string) =>
    directories.some((directory) => fs.existsSync(path.join(directory, `pulumi-resource-${name}`)));
  return plugins.filter((name) => !present.includes(name) && !onPath(name));
}

async function siteAnswers(): Promise<boolean> {
  try {
    await fetch(downloadSite, { method: "HEAD", signal: AbortSignal.timeout(siteLimitSeconds * 1000) });
    return true;
  } catch {
    return false;
  }
}

/** Whether the person is logged in to a backend of their own, which then keeps the state. */
export async function isLoggedIn({ root }: PulumiCli): Promise<boolean> {
  if (process.env["PULUMI_BACKEND_URL"] || process.env["PULUMI_ACCESS_TOKEN"]) {
    return true;
  }
  return succeeds(executable(root), ["whoami", "--non-interactive"], { timeout: 30 });
}
