import { defaultImages, type ImageName } from "../config/images";
import { writeMachineSettings, type RawConfig } from "../config/machine";
import { neededImages, registryOf, type NeededImage } from "../config/needed-images";
import type { StackConfig } from "../config/schema";
import { UserError } from "../errors";
import { imageNames, loadIntoDocker, type ImageName as BuiltImageName } from "../sandbox/images";
import { importImages, runningNode } from "../sandbox/kubernetes";
import type { DockerEngine } from "./docker-engine";
import type { KubernetesCluster } from "./kubernetes-cluster";
import { say, step } from "./progress";
import { projectDirectory } from "./project";
import { askRegistry, registryLimitSeconds } from "./registry";
import { buildShopImage, isShopImage, missingBases } from "./shop-images";

/** Ghost's image has some 600 MB. */
const pullLimitSeconds = 30 * 60;

/**
 * Sees to it that the engine has every image of a stack: pulls what is missing, or builds it where no registry answers.
 *
 * @returns whether other images were put in the machine's settings, so that the configuration has to be read again
 * @throws UserError for an image of the person's own that cannot be had
 */
export async function imagesOnEngine(engine: DockerEngine, stack: string, config: StackConfig): Promise<boolean> {
  const missing: NeededImage[] = [];
  for (const image of neededImages(config)) {
    if (!(await engine.hasImage(image.reference))) {
      missing.push(image);
    }
  }
  if (missing.length === 0) {
    return false;
  }
  const outOfReach = await step("Look for the images in their registries", async (report) => {
    const unreached: NeededImage[] = [];
    for (const image of missing) {
      report(image.reference);
      if (isBuiltHere(image) || !(await isInRegistry(engine, image))) {
        unreached.push(image);
      }
    }
    return unreached;
  });
  for (const { reference } of missing.filter((image) => !outOfReach.includes(image))) {
    await step(`Pull ${reference}`, (report) =>
      engine.docker(["pull", reference], { timeout: pullLimitSeconds, onLine: report }),
    );
  }
  const rest: NeededImage[] = [];
  for (const image of outOfReach) {
    const { name, reference } = image;
    if (isShopImage(name) && isBuiltHere(image) && (await missingBases(engine, name)).length === 0) {
      await step(`Build ${reference} from its Dockerfile`, (report) => buildShopImage(engine, name, reference, report));
    } else {
      rest.push(image);
    }
  }
  if (rest.length === 0) {
    return false;
  }
  refuseOwnImages(rest);
  const substitutes = buildable(stack, rest);
  announceSubstitutes(substitutes);
  await step("Build the images and load them into the engine", (report) =>
    loadIntoDocker(
      engine.host,
      substitutes.map(({ name }) => name),
      report,
    ),
  );
  return useSubstitutes(stack, substitutes);
}

/**
 * Sees to it that the nodes of a cluster get every image of a stack, as far as that can be told from here.
 *
 * @param asSettings how the stack's configuration names images. Default: under `images`
 * @returns whether other images were put in the machine's settings, so that the configuration has to be read again
 */
export async function imagesOnCluster(
  cluster: KubernetesCluster,
  stack: string,
  needed: readonly NeededImage[],
  asSettings?: AsSettings,
): Promise<boolean> {
  const present = await imagesOfNodes(cluster);
  const missing = needed.filter(({ reference }) => !present.has(reference));
  const node = missing.length > 0 ? await runningNode() : undefined;
  if (node && node.context === cluster.address.context) {
    refuseOwnImages(missing);
    const substitutes = buildable(stack, missing);
    announceSubstitutes(substitutes);
    await step("Build the images and import them into the node", (report) =>
      importImages(
        substitutes.map(({ name }) => name),
        report,
      ),
    );
    return useSubstitutes(stack, substitutes, asSettings);
  }
  const registries = [...new Set(missing.map(({ reference }) => registryOf(reference)))];
  const silent = [];
  for (const registry of registries) {
    if (!(await answers(registry))) {
      silent.push(registry);
    }
  }
  if (silent.length > 0) {
    say(
      `From here, ${silent.join(" and ")} cannot be reached. If the cluster's nodes cannot reach it either, put the images on the nodes or`,
      "into a registry of your own, and name them under `images` in the stack file:",
      ...missing.map(({ name, reference }) => `  ${name}: ${reference}`),
    );
  }
  return false;
}

/** Only the images of this project's defaults have substitutes: whoever names another one means that one. */
function refuseOwnImages(images: readonly NeededImage[]): void {
  const own = images.filter((image) => image.reference !== defaultImages[image.name] && !isBuiltHere(image));
  if (own.length > 0) {
    throw UserError.fromMistakes(
      "The stack names images that are not here, and their registry does not answer:",
      own.map(({ name, reference }) => `images.${name}: ${reference}`),
    );
  }
}

/** An image that this program can build from package registries. */
type BuildableImage = NeededImage & { name: BuiltImageName };

/**
 * @param stack named in the message
 * @throws UserError for what is in no package registry, with the way out, before anything is built
 */
export function buildable(stack: string, images: readonly NeededImage[]): BuildableImage[] {
  const grafana = images.find(({ name }) => name === "grafana");
  if (grafana) {
    throw new UserError(
      `Grafana cannot be had here: the registry of ${grafana.reference} does not answer, and no package registry has it. Set \`dashboards: false\` under monitoring in Pulumi.${stack}.yaml: alerts work without it. Or name an image that this machine reaches in images.grafana.`,
    );
  }
  return images.filter((image): image is BuildableImage => image.name in imageNames);
}

/** Says what will run in place of the images that cannot be had. */
function announceSubstitutes(images: readonly BuildableImage[]): void {
  say(
    "No registry of these images can be reached, so they are built here, from package registries (some minutes the first time):",
    ...images.map(({ name }) => `  ${imageNames[name].padEnd(44)} ${origins[name]}`),
    "They have the layout and the users of the official images, but they are not those.",
  );
}

const origins: Record<BuiltImageName, string> = {
  ghost: "Ghost from npm",
  mysql: "MySQL from Debian",
  mailpit: "NOT Mailpit: a small stand-in with its ports and its message API",
  busybox: "busybox from Debian",
  nginx: "nginx from Debian",
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

/** Settings of a stack that name these images. */
type AsSettings = (images: Partial<Record<ImageName, string>>) => RawConfig;

function useSubstitutes(
  stack: string,
  images: readonly BuildableImage[],
  asSettings: AsSettings = (substitutes) => ({ images: substitutes }),
): boolean {
  const changed = images.filter(({ name, reference }) => reference !== imageNames[name]);
  if (changed.length === 0) {
    return false;
  }
  const settings = asSettings(Object.fromEntries(changed.map(({ name }) => [name, imageNames[name]])));
  writeMachineSettings(projectDirectory, stack, settings);
  const keys = Object.keys(settings)
    .map((key) => `\`${key}\``)
    .join(" and ");
  say(
    `Stack ${stack} uses them on this machine from now on: .ghost-platform/machine.yaml names them; remove ${keys} there to go back.`,
  );
  return true;
}

function isBuiltHere({ name, reference }: NeededImage): boolean {
  return name in imageNames && reference === imageNames[name as BuiltImageName];
}

/**
 * Whether the image's registry answers.
 *
 * @throws UserError when it answers that it has no such image, or not for us
 */
async function isInRegistry(engine: DockerEngine, { name, reference }: NeededImage): Promise<boolean> {
  const answer = await askRegistry(engine, reference);
  if (typeof answer === "object") {
    throw new UserError(
      `images.${name}: ${registryOf(reference)} has no image ${reference}, or none for you (\`docker login\`). It said:\n${answer.refusal}`,
    );
  }
  return answer === "has it";
}

async function answers(registry: string): Promise<boolean> {
  const host = registry === "docker.io" ? "registry-1.docker.io" : registry;
  try {
    await fetch(`https://${host}/v2/`, { method: "HEAD", signal: AbortSignal.timeout(registryLimitSeconds * 1000) });
    return true;
  } catch {
    return false;
  }
}

/** The images that every node has; a kubelet names 50 at most, so an absent one may yet be there. */
async function imagesOfNodes(cluster: KubernetesCluster): Promise<Set<string>> {
  const nodes = await cluster.objects<{ status?: { images?: { names?: string[] }[] } }>(["nodes"]);
  const perNode = nodes.map(({ status }) => new Set((status?.images ?? []).flatMap(({ names }) => names ?? [])));
  const [firstNode = new Set<string>(), ...others] = perNode;
  return new Set([...firstNode].filter((name) => others.every((names) => names.has(name))));
}
