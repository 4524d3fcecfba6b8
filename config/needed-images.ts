import { hasDatabaseServer, hasInbox } from "./apps";
import type { ImageName } from "./images";
import type { StackConfig } from "./schema";

/** An image that a stack runs. */
export interface NeededImage {
  name: ImageName;
  reference: string;
}

const shopImages = [
  "shopFrontend",
  "shopProducts",
  "shopOrders",
  "shopUsers",
  "postgres",
  "redis",
  "rabbitmq",
] as const satisfies readonly ImageName[];

/** The images that a stack runs. */
export function neededImages(config: StackConfig): NeededImage[] {
  const { images, monitoring, platform, shop, sites, wordpress } = config;
  const hasGhost = Object.keys(sites).length > 0;
  const hasWordPress = Object.keys(wordpress).length > 0;
  const names: ImageName[] = [
    ...(hasDatabaseServer(config) ? (["mysql"] as const) : []),
    ...(hasGhost ? (["ghost"] as const) : []),
    ...(hasInbox(config) ? (["mailpit"] as const) : []),
    ...(hasWordPress ? (["wordpress"] as const) : []),
    ...(hasWordPress || shop ? (["nginx"] as const) : []),
    ...(shop ? shopImages : []),
    ...(monitoring ? (["prometheus", "blackboxExporter", "nodeExporter"] as const) : []),
    ...(monitoring && hasDatabaseServer(config) ? (["mysqldExporter"] as const) : []),
    ...(monitoring?.alerts ? (["alertmanager"] as const) : []),
    ...(monitoring?.dashboards ? (["grafana"] as const) : []),
    ...(platform === "kubernetes" ? (["busybox"] as const) : []),
  ];
  return names.map((name) => ({ name, reference: images[name] }));
}

/** Host of the registry that a reference names. */
export function registryOf(reference: string): string {
  const [first = "", ...rest] = reference.split("/");
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  return isHost ? first : "docker.io";
}

/** The registries of the images that a stack runs, each once. */
export function registriesOf(config: StackConfig): string[] {
  return [...new Set(neededImages(config).map(({ reference }) => registryOf(reference)))];
}
