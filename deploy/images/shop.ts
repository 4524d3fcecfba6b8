import * as path from "node:path";
import type { ImageName } from "../../config/images";
import { readText } from "../../files/files";
import type { DockerEngine } from "../../engines/docker-engine";
import type { EnginePuller } from "./pull";
import type { Report } from "../../terminal/progress";
import { projectDirectory } from "../../home/project";

/** The images of the shop's own services, and the folder of each below examples/shop. */
export const shopFolders = {
  shopFrontend: "frontend",
  shopProducts: "products",
  shopOrders: "orders",
  shopUsers: "users",
} as const satisfies Partial<Record<ImageName, string>>;

export type ShopImage = keyof typeof shopFolders;

/** Packages and a compiler may have to be fetched. */
const buildLimitSeconds = 30 * 60;

export function isShopImage(name: ImageName): name is ShopImage {
  return name in shopFolders;
}

function folderOf(name: ShopImage): string {
  return path.join(projectDirectory, "examples", "shop", shopFolders[name]);
}

/** The images that a service's Dockerfile begins with. */
export function baseImages(name: ShopImage): string[] {
  const dockerfile = readText(path.join(folderOf(name), "Dockerfile")) ?? "";
  const stages = [...dockerfile.matchAll(/^FROM (\S+)(?: AS (\S+))?$/gm)];
  const own = stages.map(([, , stage]) => stage);
  return stages.map(([, base = ""]) => base).filter((base) => base !== "scratch" && !own.includes(base));
}

/** The images that an engine would need for a service's Dockerfile, has not, and cannot get. */
export async function missingBases(
  engine: DockerEngine,
  puller: EnginePuller,
  name: ShopImage,
  report: Report,
): Promise<string[]> {
  const missing = [];
  for (const base of baseImages(name)) {
    if (!(await engine.hasImage(base)) && (await puller.pull(base, report)).outcome !== "there") {
      missing.push(base);
    }
  }
  return missing;
}

/** Builds a service's image from its Dockerfile, on the engine. */
export async function buildShopImage(
  engine: DockerEngine,
  name: ShopImage,
  reference: string,
  report: Report,
): Promise<void> {
  await engine.docker(["build", "--tag", reference, folderOf(name)], { timeout: buildLimitSeconds, onLine: report });
}
