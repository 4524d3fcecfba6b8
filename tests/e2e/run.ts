import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { Command, Argument } from "commander";
import { run, succeeds } from "../../engines/process";
import { stopEngines } from "../../sandbox/engine";
import { buildImages, imageNames, testImages, type ImageName } from "../../sandbox/images";
import { importImages, startNode, stopNode } from "../../sandbox/kubernetes";
import { runMocha } from "../support/mocha";
import { concludeRun, type Totals } from "../support/totals";

/**
 * `npm run e2e -- kubernetes|swarm|all`: the tests that need a real engine, each platform on one of this machine's own that is started for them
 * and stopped again. Root and a Debian-like system; the first run builds what no registry has, 10 to 20 minutes on two cores.
 */
const platforms = ["kubernetes", "swarm"] as const;
type Platform = (typeof platforms)[number];

interface Options {
  grep?: string;
  keep?: boolean;
  long?: boolean;
}

async function main(which: Platform | "all", { grep, keep, long }: Options): Promise<void> {
  if (process.getuid?.() !== 0) {
    throw new Error(
      "the end-to-end tests start a Kubernetes node and Docker Engines on this machine: run them as root",
    );
  }
  console.log(await engineInUse());
  const totals: Totals[] = [];
  for (const platform of which === "all" ? platforms : [which]) {
    console.log(`\n== ${platform} ==`);
    try {
      await (platform === "kubernetes" ? prepareNode() : prepareImages());
      totals.push(await runPlatform(platform, grep, long ?? false));
    } finally {
      if (!keep) {
        await stop(platform);
      }
    }
  }
  concludeRun(`npm run e2e -- ${which}`, totals);
}

/** Has the node run, with all images of the tests, before the first test asks for it: to build them takes longer than a test may wait. */
async function prepareNode(): Promise<void> {
  const since = Date.now();
  await startNode();
  await importImages();
  await importImages(["nginx"]);
  console.log(`⏱ the node runs, with the images: ${((Date.now() - since) / 1000).toFixed(0)} s`);
}

/** Has all images of the tests in the cache, for the same reason. */
async function prepareImages(): Promise<void> {
  const since = Date.now();
  await buildImages([...(Object.keys(imageNames) as ImageName[]), ...testImages]);
  console.log(`⏱ the images are built: ${((Date.now() - since) / 1000).toFixed(0)} s`);
}

/** Whether the stacks are deployed by the Pulumi CLI or in their rendered form, in a sentence. */
async function engineInUse(): Promise<string> {
  if (await succeeds("pulumi", ["version"])) {
    const { stdout } = await run("pulumi", ["version"]);
    return `Stacks are deployed through the Pulumi CLI ${stdout.trim()}, found on PATH.`;
  }
  return "There is no pulumi on PATH: stacks are deployed the way npm start does then, in their rendered form where the CLI cannot be downloaded.";
}

async function runPlatform(platform: Platform, grep: string | undefined, long: boolean): Promise<Totals> {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "ghost-platform-e2e-report-"));
  try {
    const totals = await runMocha(path.join(scratch, "mocha.json"), {
      arguments: [
        "--no-config",
        "--require",
        "./runtime/load-typescript.cjs",
        "--require",
        path.join(__dirname, "support", "first-comes-up.ts"),
        "--timeout",
        "900000",
        "--exit",
        ...(grep ? ["--grep", grep] : []),
        path.join(__dirname, platform, "*.test.ts"),
      ],
      environment: long ? { E2E_LONG: "1" } : {},
      output: "inherit",
    });
    console.log(timesOf(totals));
    return totals;
  } finally {
    fs.rmSync(scratch, { recursive: true });
  }
}

/** What a run spent its time on, the longest first. */
function timesOf({ seconds = {} }: Totals): string {
  const files = Object.entries(seconds).sort(([, left], [, right]) => right - left);
  return `⏱ ${files.map(([file, time]) => `${file} ${time.toFixed(0)} s`).join(", ")}`;
}

async function stop(platform: Platform): Promise<void> {
  console.log(`stopping what was started for ${platform} (--keep leaves it)`);
  await (platform === "kubernetes" ? stopNode({ data: true }) : stopEngines({ data: true }));
}

void new Command("npm run e2e --")
  .description("Runs the end-to-end tests on real engines of this machine's own.")
  .addArgument(new Argument("<platform>").choices([...platforms, "all"]))
  .option("--grep <pattern>", "only the tests whose name matches")
  .option("--keep", "leave node and engines running")
  .option("--long", "also the drills that take many minutes")
  .action((which: Platform | "all", options: Options) =>
    main(which, options).catch((error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = 1;
    }),
  )
  .parseAsync();
