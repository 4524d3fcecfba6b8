import type { KeptBackend } from "../../home/deployments";
import { createRequire } from "node:module";
import * as os from "node:os";
import * as path from "node:path";
import { UserError, CommandError } from "../../errors";
import { isThere } from "../../files/files";
import { run } from "../../engines/process";
import { step } from "../../terminal/progress";

/** The CLI that the npm package `pulumi` of this version downloads; tried with the SDK of package.json. */
const downloadedVersion = "3.265.0";
const downloadLimitSeconds = 10 * 60;
/** What downloads the CLI, for a person to copy. */
export const downloadCommand = `npx --yes pulumi@${downloadedVersion} version`;

/** A Pulumi CLI that can deploy. */
export interface PulumiCli {
  /** Folder with `bin/pulumi` in it. Absent: the one on PATH. */
  root?: string;
  version: string;
}

/** The Pulumi CLI, and what keeps the state of the stack. */
export interface PulumiEngine {
  name: "pulumi";
  cli: PulumiCli;
  backend: KeptBackend;
}

/**
 * The CLI on PATH, else one that was downloaded before; undefined where there is none.
 *
 * @throws UserError for one that is there and does not run
 */
export async function installedCli(): Promise<PulumiCli | undefined> {
  return (await installed()) ?? (await installed(downloadRoot()));
}

/**
 * Downloads the CLI the way its makers offer.
 *
 * @throws UserError where that fails
 */
export async function downloadCli(): Promise<PulumiCli> {
  try {
    await step(`Download the Pulumi CLI ${downloadedVersion}`, (report) =>
      run("npx", downloadCommand.split(" ").slice(1), { timeout: downloadLimitSeconds, onLine: report }),
    );
  } catch (error) {
    throw error instanceof CommandError
      ? new UserError(
          `The Pulumi CLI cannot be downloaded. Put \`pulumi\` on PATH (https://www.pulumi.com/docs/install/), or leave out --engine pulumi. ${error.message}`,
        )
      : error;
  }
  const found = await installed(downloadRoot());
  if (!found) {
    throw new UserError(
      `The download of the Pulumi CLI has left nothing in ${downloadRoot()}. Put \`pulumi\` on PATH (https://www.pulumi.com/docs/install/)`,
    );
  }
  return found;
}

/** Where the npm package keeps what it downloads; the SDK looks there too. */
function downloadRoot(): string {
  return path.join(process.env["PULUMI_HOME"] ?? path.join(os.homedir(), ".pulumi"), "versions", downloadedVersion);
}

async function installed(root?: string): Promise<PulumiCli | undefined> {
  let output: string;
  try {
    output = (await run(executable(root), ["version"], { env: { PULUMI_SKIP_UPDATE_CHECK: "true" } })).stdout.trim();
  } catch (error) {
    if (error instanceof CommandError && error.notFound) {
      return undefined;
    }
    throw error instanceof CommandError ? doesNotRun(root, error.message) : error;
  }
  if (!/^v?\d+\.\d+\.\d+/.test(output)) {
    throw doesNotRun(root, `it says "${output.slice(0, 200)}" when asked for its version`);
  }
  return { ...(root ? { root } : {}), version: output.replace(/^v/, "") };
}

function doesNotRun(root: string | undefined, reason: string): UserError {
  return new UserError(
    `The Pulumi CLI ${root ? `in ${root}` : "on PATH"} does not run. Mend it, or take it away; a stack that is not deployed yet can go without (--engine rendered): ${reason}`,
  );
}

/** The program to start for a CLI. */
export function executable(root: string | undefined): string {
  return root ? path.join(root, "bin", "pulumi") : "pulumi";
}

/**
 * Sees to it that the CLI has the provider plugins that a deployment needs, in the versions of package.json: has it download what is neither
 * installed nor on PATH.
 *
 * @param plugins their names, for example `kubernetes`
 * @throws UserError for those that cannot be had
 */
export async function havePlugins(cli: PulumiCli, plugins: readonly string[]): Promise<void> {
  for (const name of await missingPlugins(cli, plugins)) {
    const { version } = createRequire(__filename)(`@pulumi/${name}/package.json`) as { version: string };
    try {
      await step(`Download Pulumi's plugin ${name} ${version}`, (report) =>
        run(executable(cli.root), ["plugin", "install", "resource", name, version, "--non-interactive"], {
          timeout: downloadLimitSeconds,
          env: { PULUMI_SKIP_UPDATE_CHECK: "true" },
          onLine: report,
        }),
      );
    } catch (error) {
      throw error instanceof CommandError
        ? new UserError(
            `Pulumi's plugin ${name} is not here and cannot be downloaded. Put pulumi-resource-${name} on PATH; a stack that is not deployed yet can go without Pulumi (--engine rendered). ${error.message}`,
          )
        : error;
    }
  }
}

async function missingPlugins({ root }: PulumiCli, plugins: readonly string[]): Promise<string[]> {
  const directories = (process.env["PATH"] ?? "").split(path.delimiter);
  const onPath = (name: string) =>
    directories.some((directory) => directory !== "" && isThere(path.join(directory, `pulumi-resource-${name}`)));
  const elsewhere = plugins.filter((name) => !onPath(name));
  if (elsewhere.length === 0) {
    return [];
  }
  const { stdout } = await run(executable(root), ["plugin", "ls", "--json"]);
  const present = (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name);
  return elsewhere.filter((name) => !present.includes(name));
}
