import { get } from "../../engines/engine-api";
import { mergeConfig, type RawConfig } from "../../config/files/machine";
import { imageHosts } from "../../config/swarm/swarm-nodes";
import { neededImages, type NeededImage } from "../../stacks/images";
import type { SwarmStackConfig } from "../../config/schema";
import { loadIntoDocker } from "../../sandbox/images";
import { DockerEngine } from "../../engines/docker-engine";
import { EnginePuller, mustNotBeRefused, type Sought } from "./pull";
import { step, type Report } from "../../terminal/progress";
import { buildFromDockerfile, dockerfileFolder, missingBases } from "./dockerfile";
import { isBuiltHere, mayStandIn, standInsFor, useStandIns, type StandIn } from "./stand-ins";

/** A registry that has not answered an engine by then does not answer it; answers came within 1 s. */
const registryLimitSeconds = 20;

/**
 * Sees to it that the engines of a stack have every image of it: each pulls what it lacks. Where a registry does not answer it, images built here stand
 * in, if they may.
 *
 * @param wanted whether the person has asked for images built here
 * @returns settings that name other images, which this machine keeps; empty where it names those already
 * @throws UserError for an image that cannot be had
 */
export async function imagesOnSwarm(stack: string, config: SwarmStackConfig, wanted: boolean): Promise<RawConfig> {
  const hosts = imageHosts(config);
  const allowed = wanted || mayStandIn(hosts, config);
  let settings: RawConfig = {};
  for (const host of hosts) {
    settings = mergeConfig(settings, await imagesOnEngine(new DockerEngine(host), stack, config, allowed));
  }
  return settings;
}

async function imagesOnEngine(
  engine: DockerEngine,
  stack: string,
  config: SwarmStackConfig,
  allowed: boolean,
): Promise<RawConfig> {
  const missing: NeededImage[] = [];
  for (const image of neededImages(config)) {
    if (!(await engine.hasImage(image.reference))) {
      missing.push(image);
    }
  }
  if (missing.length === 0) {
    return {};
  }
  const puller = new EnginePuller(engine);
  const sought = await step("Get the images", (report) => pulled(puller, missing, report));
  mustNotBeRefused(sought);
  const lacking: Sought[] = [];
  for (const image of sought.filter(({ outcome }) => outcome === "unknown")) {
    if (!(await builtFromDockerfile(engine, puller, image))) {
      lacking.push(image);
    }
  }
  if (lacking.length === 0) {
    return {};
  }
  const standIns = standInsFor(stack, lacking, allowed, `The Docker Engine at ${engine.host}`);
  const names = standIns.map(({ name }) => name);
  await step("Build the images and load them into the engine", (report) => loadIntoDocker(engine.host, names, report));
  return useStandIns(stack, standIns);
}

async function pulled(puller: EnginePuller, images: readonly NeededImage[], report: Report): Promise<Sought[]> {
  const sought: Sought[] = [];
  for (const image of images) {
    // What is built here is in no registry.
    const outcome = isBuiltHere(image)
      ? ({ outcome: "unknown", said: "it is built on this machine, and not there" } as const)
      : await puller.pull(image.reference, report);
    sought.push({ ...image, ...outcome });
  }
  return sought;
}

/** Builds an image of an app's own where the engine can get what its Dockerfile begins with. */
async function builtFromDockerfile(engine: DockerEngine, puller: EnginePuller, image: NeededImage): Promise<boolean> {
  const { name, reference } = image;
  const folder = dockerfileFolder(name);
  if (folder === undefined || !isBuiltHere(image)) {
    return false;
  }
  return step(`Build ${reference} from its Dockerfile`, async (report) => {
    if ((await missingBases(engine, puller, folder, report)).length > 0) {
      return false;
    }
    await buildFromDockerfile(engine, folder, reference, report);
    return true;
  });
}

/**
 * Whether an engine can get the images now that others stand in for; it asks their registries, and pulls nothing.
 *
 * @returns undefined where a registry does not answer it
 */
export async function canBeHad(engine: DockerEngine, standIns: readonly StandIn[]): Promise<boolean | undefined> {
  let all = true;
  for (const { real } of standIns) {
    const status = await get(engine, `/distribution/${real}/json`, registryLimitSeconds);
    if (status === undefined || status >= 500) {
      return undefined;
    }
    all = all && status === 200;
  }
  return all;
}
