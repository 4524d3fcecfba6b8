import * as path from "node:path";
import type { ImageName } from "../../config/images";
import { readText } from "../../files/files";
import type { DockerEngine } from "../../engines/docker-engine";
import type { EnginePuller } from "./pull";
import type { Report } from "../../terminal/progress";
import { isPackage, programDirectory } from "../../home/program";
import { apps } from "../../stacks/apps";

/** Packages and a compiler may have to be fetched. */
const buildLimitSeconds = 30 * 60;

/** The folder with the Dockerfile of an image that is an app's own; undefined for an image that a registry has, and in the package, which has no Dockerfile. */
export function dockerfileFolder(name: string): string | undefined {
  const folder = apps.map(({ dockerfiles }) => dockerfiles?.[name as ImageName]).find((found) => found !== undefined);
  return folder === undefined || isPackage ? undefined : path.join(programDirectory, folder);
}

/** The images that the Dockerfile in a folder begins with. */
export function baseImages(folder: string): string[] {
  const dockerfile = readText(path.join(folder, "Dockerfile")) ?? "";
  const stages = [...dockerfile.matchAll(/^FROM (\S+)(?: AS (\S+))?$/gm)];
  const own = stages.map(([, , stage]) => stage);
  return stages.map(([, base = ""]) => base).filter((base) => base !== "scratch" && !own.includes(base));
}

/** The images that an engine would need for the Dockerfile in a folder, has not, and cannot get. */
export async function missingBases(
  engine: DockerEngine,
  puller: EnginePuller,
  folder: string,
  report: Report,
): Promise<string[]> {
  const missing = [];
  for (const base of baseImages(folder)) {
    if (!(await engine.hasImage(base)) && (await puller.pull(base, report)).outcome !== "there") {
      missing.push(base);
    }
  }
  return missing;
}

/** Builds an image from the Dockerfile in a folder, on the engine. */
export async function buildFromDockerfile(
  engine: DockerEngine,
  folder: string,
  reference: string,
  report: Report,
): Promise<void> {
  await engine.docker(["build", "--tag", reference, folder], { timeout: buildLimitSeconds, onLine: report });
}
