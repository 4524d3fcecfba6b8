import { sitesOf } from "../../config/apps";
import { defaultImages, type ImageName } from "../../config/images";
import {
  readMachineSettings,
  writeMachineSettings,
  machineSettingsPath,
  type RawConfig,
} from "../../config/files/machine";
import { imageKey, neededImages, registryOf, type NeededImage } from "../../stacks/images";
import type { StackConfig } from "../../config/schema";
import { readRawStackFile } from "../../config/files/stack-file";
import { UserError } from "../../errors";
import { mysqlLine } from "../../components/mysql/upgrade";
import { imageNames, type ImageName as BuiltImageName } from "../../sandbox/images";
import { saidOf, type Sought } from "./pull";
import { say } from "../../terminal/progress";
import { isPackage } from "../../home/program";
import { projectDirectory, shown } from "../../home/project";
import { checkedConfiguration } from "../../home/stack-configuration";

/*
 * Images that are built on this machine, from package registries, and run in place of those that the stack names. They are for trying: by
 * themselves they come to an engine of this machine alone, for sites that nobody reaches from elsewhere.
 */

/** An image that this program can build. */
export type BuildableImage = NeededImage & { name: BuiltImageName };

const origins: Record<BuiltImageName, string> = {
  ghost: "Ghost from npm",
  mysql: `MySQL ${versionIn(imageNames.mysql).join(".")} from Debian`,
  mailpit: "NOT Mailpit: a small stand-in with its ports and its message API",
  trafficAnalytics: "NOT the proxy of Ghost's makers: a small stand-in that hands page hits on as it does",
  busybox: "busybox from Debian",
  rclone: "rclone from Debian",
  haproxy: "HAProxy from Debian",
  nginx: "nginx from Debian",
  caddy: "Caddy from Debian",
  wordpress: "WordPress, Apache and PHP from Debian",
  postgres: "PostgreSQL from Debian",
  redis: "Redis from Debian",
  rabbitmq: "RabbitMQ from Debian",
  prometheus: "Prometheus from Debian",
  alertmanager: "Alertmanager from Debian",
  blackboxExporter: "the blackbox exporter from Debian",
  nodeExporter: "the node exporter from Debian",
  mysqldExporter: "the MySQL exporter from its Go module",
  shopFrontend: "this project's own (examples/shop)",
  shopProducts: "this project's own (examples/shop)",
  shopOrders: "this project's own (examples/shop)",
  shopUsers: "this project's own (examples/shop)",
};

/** Whether this can build images: the package has not what they are built from. */
const canBuild = !isPackage;

/** Whether a reference is that of an image built here. */
export function isBuiltHere(image: NeededImage): image is BuildableImage {
  return isBuildable(image) && image.reference === imageNames[image.name];
}

function isBuildable<Image extends NeededImage>(image: Image): image is Image & { name: BuiltImageName } {
  return image.name in imageNames;
}

/** What a stack runs where it names no other; undefined for an image that an app brings itself. */
function defaultOf({ name }: NeededImage): string | undefined {
  return (defaultImages as Partial<Record<string, string>>)[name];
}

/** What of a stack has addresses. */
type Addressed = "mailpit" | "monitoring" | "sites" | "wordpress";

/**
 * Whether images built here may run without being asked for.
 *
 * @param hosts of the engines that need them
 * @param config says at which addresses people reach what runs there
 */
export function mayStandIn(hosts: readonly string[], config: Pick<StackConfig, Addressed>): boolean {
  return canBuild && hosts.every((host) => /^(unix|npipe):/.test(host)) && addressesAreLocal(config);
}

/** Whether nobody reaches a stack from another machine by the addresses it names. */
export function addressesAreLocal(config: Pick<StackConfig, Addressed>): boolean {
  const { mailpit, monitoring } = config;
  const hosts = [
    ...sitesOf(config).flatMap(([, site]) => [
      ...[site.url, "adminUrl" in site ? site.adminUrl : undefined].flatMap((url) =>
        url ? new URL(url).hostname : [],
      ),
      ...site.aliases,
    ]),
    ...(mailpit.enabled && mailpit.host !== undefined ? [mailpit.host] : []),
    ...(monitoring?.host === undefined ? [] : [monitoring.host]),
  ];
  return hosts.every((host) => /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/i.test(host));
}

/**
 * The images that are to be built in place of those that cannot be had.
 *
 * @param lacking whose registry could not be asked
 * @param allowed whether they may stand in: by themselves, or because the person has asked for them
 * @param who tried to get them, the beginning of a sentence: `The Docker Engine at …`
 * @throws UserError where they may not, for images of the person's own, and for what is in no package registry
 */
export function standInsFor(
  stack: string,
  lacking: readonly Sought[],
  allowed: boolean,
  who: string,
): BuildableImage[] {
  const own = lacking.filter((image) => image.reference !== defaultOf(image) && !isBuiltHere(image));
  if (own.length > 0) {
    throw UserError.fromMistakes(
      `${who} cannot get images that the stack names, and nobody knows whether they are there. See whether it reaches their registry (network, proxy, VPN of that machine), or load them there (docker load):`,
      own.map((image) => `${imageKey(image).join(".")}: ${image.reference}: ${saidOf(image)}`),
    );
  }
  if (!allowed || !canBuild) {
    const built = canBuild
      ? " To try the stack with images that are built here from package registries and are not the official ones: --build-images"
      : "";
    throw UserError.fromMistakes(
      `${who} cannot get these images, and nobody knows why not. See whether it reaches their registry (network, proxy, VPN of that machine), load them there (docker load), or name others under \`images\` in Pulumi.${stack}.yaml.${built}`,
      lacking.map((image) => `${imageKey(image).join(".")}: ${image.reference}: ${saidOf(image)}`),
    );
  }
  const grafana = lacking.find(({ name }) => name === "grafana");
  if (grafana) {
    throw new UserError(
      `Grafana cannot be had here: the registry of ${grafana.reference} does not answer, and no package registry has it. Set \`dashboards: false\` under monitoring in Pulumi.${stack}.yaml: alerts work without it. Or name an image that this machine reaches in images.grafana.`,
    );
  }
  const activityPub = lacking.filter(({ name }) => name.startsWith("activityPub"));
  if (activityPub.length > 0) {
    throw UserError.fromMistakes(
      `The ActivityPub server of Ghost's makers cannot be had here: its registry does not answer, and no package registry has it. Set activityPub of the sites that say self to hosted or off in Pulumi.${stack}.yaml, or name images that this machine reaches:`,
      activityPub.map((image) => `${imageKey(image).join(".")}: ${image.reference}`),
    );
  }
  const images = lacking.filter(isBuildable);
  say(
    "No registry of these images can be reached, so they are built here, from package registries (some minutes the first time):",
    ...images.map(({ name }) => `  ${imageNames[name].padEnd(44)} ${origins[name]}`),
    "They have the layout and the users of the official images, but they are not those.",
  );
  return images;
}

/** Settings of a stack that name these images. */
export type AsSettings = (images: Partial<Record<ImageName, string>>) => RawConfig;

/**
 * Has a stack use images built here from now on, on this machine.
 *
 * @param asSettings how the stack's configuration names images. Default: under `images`
 * @returns the settings that say so; empty where the stack used them already
 */
export function useStandIns(
  stack: string,
  images: readonly BuildableImage[],
  asSettings: AsSettings = (standIns) => ({ images: standIns }),
): RawConfig {
  const changed = images.filter(({ name, reference }) => reference !== imageNames[name]);
  if (changed.length === 0) {
    return {};
  }
  const settings = asSettings(Object.fromEntries(changed.map(({ name }) => [name, imageNames[name]])));
  writeMachineSettings(projectDirectory, stack, settings);
  say(`Stack ${stack} uses them on this machine from now on: ${settingsFile()} names them.`);
  return settings;
}

/** An image built here that runs in place of another. */
export interface StandIn {
  name: BuiltImageName;
  /** The image that the stack names, or would name: the one to go to. */
  real: string;
}

/** The images built here that a stack runs in place of others; the shop's own are no others. */
export function standInsOf(stack: string, config: StackConfig): StandIn[] {
  const inUse = neededImages(config)
    .filter(isBuiltHere)
    .filter((image) => defaultOf(image) !== image.reference);
  if (inUse.length === 0) {
    return [];
  }
  const others = Object.entries(readMachineSettings(projectDirectory, stack)).filter(([key]) => key !== "images");
  const raw = readRawStackFile(projectDirectory, stack, Object.fromEntries(others));
  const { images } = checkedConfiguration(stack, raw);
  return inUse.map(({ name }) => {
    const named = { name, reference: images[name] };
    return { name, real: isBuiltHere(named) ? defaultImages[name] : named.reference };
  });
}

/**
 * What a start says last of the images that are not the real ones.
 *
 * @param isReachable whether the engine can get the real ones now; undefined where it cannot be told
 */
export function standInLines(stack: string, standIns: readonly StandIn[], isReachable: boolean | undefined): string[] {
  if (standIns.length === 0) {
    return [];
  }
  const registries = [...new Set(standIns.map(({ real }) => registryOf(real)))].join(" and ");
  const back = `remove \`images\` of stack ${stack} in ${settingsFile()}, then npm start -- --stack ${stack}`;
  return [
    "",
    "These run in place of the official images. They were built here, from package registries:",
    ...standIns.map(({ name, real }) => `  ${real.padEnd(40)} ${origins[name]}`),
    ...standIns.flatMap((standIn) => keptDataLines(stack, standIn)),
    isReachable === true
      ? `The official ones can be had now. To go to them: ${back}`
      : `${registries} ${isReachable === false ? "does not have them all" : "still does not answer"}. To go to the official ones once they can be had: ${back}`,
  ];
}

/** What becomes of the data of a server that stands in for one of an earlier line. */
function keptDataLines(stack: string, { name, real }: StandIn): string[] {
  const [built, official] = [versionIn(imageNames[name]), versionIn(real)];
  const [major = 0, minor = 0] = built;
  const [officialMajor = major, officialMinor = minor] = official;
  const isLater = major > officialMajor || (major === officialMajor && minor > officialMinor);
  return name === "mysql" && isLater
    ? [
        `MySQL ${mysqlLine(official)} cannot read what ${mysqlLine(built)} has written. To keep the data, name docker.io/library/mysql:${built.join(".")} in images.mysql of the stack file; to begin anew: npm run destroy -- --stack ${stack} --data`,
      ]
    : [];
}

/** The version that a reference's tag begins with; empty for a tag without one. */
function versionIn(reference: string): number[] {
  return (/:(\d+(?:\.\d+)*)[^/]*$/.exec(reference)?.[1] ?? "").split(".").filter(Boolean).map(Number);
}

function settingsFile(): string {
  return shown(machineSettingsPath(projectDirectory));
}
