import * as fs from "node:fs";
import * as path from "node:path";
import { DockerEngine } from "../engines/docker-engine";
import { run, succeeds } from "../engines/process";
import { runScript, type OnLine } from "./script";

/** The images that a stack of Ghost sites is made of, on either platform. */
const ghostImages = ["busybox", "mysql", "ghost", "mailpit"] as const;
/** The images of the shop. */
export const shopImages = [
  "nginx",
  "postgres",
  "redis",
  "rabbitmq",
  "shopFrontend",
  "shopProducts",
  "shopOrders",
  "shopUsers",
] as const;
/** The images of the monitoring, but for Grafana, which is in no package registry. */
export const monitoringImages = [
  "prometheus",
  "alertmanager",
  "blackboxExporter",
  "nodeExporter",
  "mysqldExporter",
] as const;
/** What else stacks run, on one platform or the other. */
const otherImages = [
  "haproxy",
  "rclone",
  "wordpress",
  "caddy",
  "trafficAnalytics",
  ...shopImages,
  ...monitoringImages,
] as const;

/** What only tests run: an ACME authority. */
export const testImages = ["pebble"] as const;
export type TestImageName = (typeof testImages)[number];

/** The images that the sandbox builds for stacks. */
export type ImageName = (typeof ghostImages)[number] | (typeof otherImages)[number];

/** What the images built here are called. The version in a tag is the one really built, the rest of it says from where. */
export const imageNames: Readonly<Record<ImageName, string>> = readImageNames([...ghostImages, ...otherImages]);
export const testImageNames: Readonly<Record<TestImageName, string>> = readImageNames(testImages);

/** An image in the cache. */
export interface ImageArchive {
  reference: string;
  /** A file that `docker load` and `ctr images import` take. */
  archive: string;
}

/**
 * Builds images from package registries, those that the cache lacks. Needs root and a Debian-like system; minutes the first time.
 *
 * @param names default: those of a stack of Ghost sites
 * @throws UserError that says what is missing, or which registry does not answer
 */
export async function buildImages(
  names?: readonly (ImageName | TestImageName)[],
  onLine?: OnLine,
): Promise<ImageArchive[]> {
  const lines = await runScript("images/build.sh", (names ?? ghostImages).map(kebabCase), onLine);
  return lines
    .map((line) => /^(ghost-platform\.local\/\S+) (\/.+)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, reference = "", archive = ""]) => ({ reference, archive }));
}

/**
 * Builds what the cache lacks and loads into a Docker Engine what it does not have yet.
 *
 * @param host as in DOCKER_HOST, for example `unix:///var/run/docker.sock`
 */
export async function loadIntoDocker(
  host: string,
  names?: readonly (ImageName | TestImageName)[],
  onLine?: OnLine,
): Promise<void> {
  const engine = new DockerEngine(host);
  for (const { archive, reference } of await buildImages(names, onLine)) {
    // A tag alone proves nothing: the image behind it may be of an older recipe.
    const { stdout: present } = await engine.docker(["image", "ls", "--quiet", "--no-trunc", reference]);
    if (present.trim() === (await identity(archive))) {
      onLine?.(`${reference} is in the engine`);
    } else {
      await engine.docker(["image", "load", "--quiet", "--input", archive], { timeout: 600 });
      await forget(engine, present.trim());
      onLine?.(`${reference} loaded`);
    }
  }
}

/** Removes the image whose tag another one took; a container that still runs from it keeps it. */
async function forget(engine: DockerEngine, replaced: string): Promise<void> {
  if (replaced !== "") {
    await succeeds("docker", ["--host", engine.host, "image", "rm", replaced]);
  }
}

/** An image is identified by the hash of its configuration, which an archive names in its manifest. */
async function identity(archive: string): Promise<string> {
  const { stdout } = await run("tar", [
    "--extract",
    "--to-stdout",
    "--occurrence=1",
    "--file",
    archive,
    "manifest.json",
  ]);
  const [image] = JSON.parse(stdout) as { Config: string }[];
  return `sha256:${path.basename(image?.Config ?? "", ".json")}`;
}

/** versions.env is shell, of the simplest form: KEY=value, with ${KEY} of an earlier line. */
function readVersions(): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of fs.readFileSync(path.join(__dirname, "images", "versions.env"), "utf8").split("\n")) {
    const [, key, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) {
      values.set(
        key,
        value.replace(/\$\{(\w+)\}/g, (_, name: string) => values.get(name) ?? ""),
      );
    }
  }
  return values;
}

function readImageNames<Name extends string>(images: readonly Name[]): Record<Name, string> {
  const values = readVersions();
  const names = images.map((name) => {
    const key = `${kebabCase(name).toUpperCase().replaceAll("-", "_")}_IMAGE`;
    return [name, values.get(key) ?? ""] as const;
  });
  return Object.fromEntries(names) as Record<Name, string>;
}

/** A name as the build script has it: `shop-orders` for `shopOrders`. */
export function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
