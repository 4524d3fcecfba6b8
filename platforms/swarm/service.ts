import * as path from "node:path";
import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { defaults } from "../../config/defaults";
import { cpuToMillis, quantityToBytes } from "../../config/values/quantity";
import { UserError } from "../../errors";
import { mapped } from "../later";
import { readScripts, scriptDirectory } from "../scripts";
import type { ConfigFile } from "./configs";
import { valuesWithoutPlaceholders } from "./placeholders";
import type { SecretFile } from "./secrets";
import { objectName, stackLabels, type StackNetworks, type SwarmStack } from "./stack";
import type { VolumeMount } from "./volume";

type Mount = docker.types.input.ServiceTaskSpecContainerSpecMount;

/**
 * How the engine asks a container whether it is well. Once it is not, the swarm ends the task and starts another.
 *
 * Durations are written as the provider reads them back, in the largest unit that fits (`1m`, not `60s`): anything else is a difference at
 * every deployment.
 */
export interface Healthcheck {
  /** Program and arguments, run in the container; exit status 0 is well. */
  command: string[];
  /** Between two tries, and before the first. Other services find a task by name once it has been well for the first time. */
  interval: string;
  /** What a try may take. */
  timeout: string;
  /** Failed tries in a row until the task is ended. */
  retries: number;
  /** Time from the start in which failures do not count; over with the first success. */
  startPeriod: string;
}

/** A port that is published on the node where a task runs: there a program sees whom a connection comes from. */
export interface HostPort {
  published: number;
  target: number;
  protocol: "tcp" | "udp";
}

/** What a person says of the service of an app, beside what the app says itself. */
export interface ServiceOptions {
  /** Labels of the service, and of its containers; none of this program's own. Their text is meant as it is. */
  labels?: Readonly<Record<string, string>> | undefined;
  containerLabels?: Readonly<Record<string, string>> | undefined;
  /** Default: json-file, three files of 10 MB. */
  logDriver?: { name: string; options?: Readonly<Record<string, string>> } | undefined;
  /** Processor time as Kubernetes writes it, `250m` or `2`. Default: no limit, and nothing reserved. */
  cpu?: { limit?: string | undefined; reservation?: string | undefined } | undefined;
}

/** What a service is; the builder adds what all have in common. */
export interface ServiceSettings {
  image: pulumi.Input<string>;
  /**
   * Tasks: so many, or one on every node. More than one need volumes of their own each (see `slotVolume`), or data that they can share.
   * Default 1.
   */
  replicas?: number | "every-node";
  /** What a task calls itself, with the swarm's placeholders. Default: an id. */
  hostname?: string;
  /** Labels beside the stack's, such as app and tier, which its tasks can read as they start; for the engine, a change is no reason to restart them. */
  labels?: Record<string, string>;
  /** Replaces the image's entry point. Absent: the image's own program. */
  command?: string[];
  /** User and group id; owns the secret files. */
  user: number;
  /** Variables by name; their text is meant as it is. */
  environment?: Record<string, pulumi.Input<string>>;
  /** More variables, with the swarm's placeholders in their text, for example `{{.Task.Slot}}`. */
  placeholders?: Record<string, pulumi.Input<string>>;
  /** Memory limit as a quantity. */
  memory: string;
  networks: (keyof StackNetworks)[];
  /** How others find it. Default: the stack's. */
  endpointMode?: SwarmStack["endpointMode"];
  /** What others call it on its networks beside its name. */
  aliases?: string[];
  secrets?: SecretFile[];
  configs?: ConfigFile[];
  mounts: Mount[];
  healthcheck: Healthcheck;
  /** Ports of the container by the port they are published on. */
  ports?: Record<number, number>;
  /** Ports published on the task's node, whatever the stack's publish mode is. */
  hostPorts?: HostPort[];
  /** Rights that the program must be able to have, by the names of the kernel without `CAP_`. Default: none. */
  capabilities?: string[];
  /** Default: the stack's. */
  placement?: string[] | undefined;
  /** Default `stop-first`, which is the one for a service that owns its data. */
  updateOrder?: "stop-first" | "start-first" | undefined;
  /** Pause between two tasks of an update, as the provider reads it back. Default: none. */
  updateDelay?: string;
  /** After which end a task is started again. Default: any. */
  restart?: "any" | "on-failure";
  /** What a person says of it. */
  options?: ServiceOptions | undefined;
}

/**
 * What a task has to stop. An upper bound, not a pause: processes here end by themselves within 10 s. The provider waits that long for
 * the container's removal when the service is destroyed, and the engine alone takes up to 10 s for it under load.
 */
const stopGracePeriod = "1m";

/**
 * How long a deployment waits for a new service to be well, and for an update to succeed or roll back. A first start that takes longer is
 * given up with the last lines of its log. The provider asks after the delay, 5 s later, and every 10 s from then on.
 */
const convergence = { delay: "7s", timeout: "15m" };

/** Label of services that are updated one after the other, in the order of their names, and the same for all of them. */
export const oneAfterAnotherLabel = "ghost-platform.one-after-another";

/**
 * Arguments of a service with as few rights as it needs: no capability, a root file system it cannot write to,
 * secrets that only its user can read. A task that ends is started again; an update that fails is rolled back, and the deployment
 * reports it.
 *
 * The engine's API has had a setting for no-new-privileges since 1.46 only, and the provider none; with every capability dropped from the
 * bounding set, a set-user-id program gains none.
 *
 * @throws UserError for a start-first update together with a port published on the node, and for two files at one place
 */
export function serviceArgs(stack: SwarmStack, name: string, settings: ServiceSettings): docker.ServiceArgs {
  const { healthcheck, updateOrder = "stop-first" } = settings;
  const publishMode = stack.publishMode ?? defaults.swarm.publishMode;
  const ports = publishedPorts(settings, publishMode);
  const onNode = ports.filter((port) => port.publishMode === "host").map(({ publishedPort }) => publishedPort);
  if (updateOrder === "start-first" && onNode.length > 0) {
    throw new UserError(
      `service ${name}: start-first updates cannot work with ports published on the node (${onNode.join(", ")}): the old task holds the port that the new one waits for. Use stop-first, or publish mode ingress`,
    );
  }
  const { labels = {}, options = {}, replicas = 1, restart = "any", updateDelay = "0s" } = settings;
  if (onNode.length > 0 && typeof replicas === "number" && replicas > 1) {
    throw new UserError(
      `service ${name}: ${replicas} tasks cannot share a port published on the node (${onNode.join(", ")}). Publish a proxy in front of it, or use publish mode ingress`,
    );
  }
  const targets = [...(settings.secrets ?? []), ...(settings.configs ?? [])].map(({ target }) => target);
  const twice = targets.filter((target, index) => targets.indexOf(target) !== index);
  if (twice.length > 0) {
    throw new UserError(
      `service ${name}: two files would be at ${twice.join(" and ")} in its container, perhaps one that is its own. Give yours another path under secrets or configs`,
    );
  }
  const updates = { parallelism: 1, order: updateOrder, monitor: "15s", maxFailureRatio: "0.0" };
  return {
    name: objectName(stack, name),
    labels: [
      ...stackLabels(stack),
      ...(stack.registryAuth ? [{ label: "ghost-platform.registry-auth", value: "true" }] : []),
      ...labelList(labels),
      ...labelList(options.labels),
    ],
    mode: replicas === "every-node" ? { global: true } : { replicated: { replicas } },
    taskSpec: {
      containerSpec: {
        image: settings.image,
        labels: [...stackLabels(stack), ...labelList(options.containerLabels)],
        ...(settings.command ? { commands: settings.command } : {}),
        user: `${settings.user}:${settings.user}`,
        ...(settings.hostname ? { hostname: settings.hostname } : {}),
        ...(settings.environment || settings.placeholders
          ? { env: { ...valuesWithoutPlaceholders(settings.environment ?? {}), ...settings.placeholders } }
          : {}),
        readOnly: true,
        capDrops: ["ALL"],
        ...(settings.capabilities ? { capAdds: settings.capabilities } : {}),
        mounts: settings.mounts,
        configs: (settings.configs ?? []).map(({ id, name: configName, target }) => ({
          configId: id,
          configName,
          fileName: target,
          fileUid: "0",
          fileGid: "0",
          fileMode: 0o444,
        })),
        secrets: (settings.secrets ?? []).map(({ secret, target }) => ({
          secretId: secret.id,
          secretName: secret.name,
          fileName: target,
          fileUid: String(settings.user),
          fileGid: String(settings.user),
          fileMode: 0o400,
        })),
        healthcheck: {
          tests: ["CMD", ...healthcheck.command],
          interval: healthcheck.interval,
          timeout: healthcheck.timeout,
          retries: healthcheck.retries,
          startPeriod: healthcheck.startPeriod,
        },
        stopGracePeriod,
      },
      resources: {
        limits: { memoryBytes: quantityToBytes(settings.memory), ...nanoCpus(options.cpu?.limit) },
        ...(options.cpu?.reservation === undefined ? {} : { reservation: nanoCpus(options.cpu.reservation) }),
      },
      restartPolicy: { condition: restart, delay: "2s", window: "0s" },
      placement: { constraints: settings.placement ?? stack.placement ?? [] },
      logDriver: options.logDriver
        ? { name: options.logDriver.name, options: { ...options.logDriver.options } }
        : { name: "json-file", options: { "max-size": "10m", "max-file": "3" } },
      networksAdvanceds: settings.networks.map((network) => ({
        id: networkOf(stack, network),
        // What others call it, as with `docker stack deploy`; its full name works, too.
        aliases: [...new Set([name, ...(settings.aliases ?? [])])],
      })),
    },
    endpointSpec: {
      mode: settings.endpointMode ?? stack.endpointMode ?? defaults.swarm.endpointMode,
      ...(ports.length > 0 ? { ports } : {}),
    },
    updateConfig: { ...updates, delay: updateDelay, failureAction: "rollback" },
    rollbackConfig: { ...updates, delay: "0s", failureAction: "pause" },
    // The provider waits for replicas only, and refuses to wait for anything else; `npm start` waits for all of them.
    ...(replicas === "every-node" ? {} : { convergeConfig: convergence }),
  };
}

function labelList(labels: Readonly<Record<string, string>> = {}): { label: string; value: string }[] {
  return Object.entries(labels).map(([label, value]) => ({ label, value }));
}

function nanoCpus(amount: string | undefined): { nanoCpus?: number } {
  return amount === undefined ? {} : { nanoCpus: cpuToMillis(amount) * 1_000_000 };
}

function publishedPorts({ hostPorts = [], ports = {} }: ServiceSettings, publishMode: "host" | "ingress") {
  return [
    ...Object.entries(ports).map(([published, target]) => ({
      protocol: "tcp",
      publishMode,
      publishedPort: Number(published),
      targetPort: target,
    })),
    ...hostPorts.map(({ protocol, published, target }) => ({
      protocol,
      publishMode: "host",
      publishedPort: published,
      targetPort: target,
    })),
  ];
}

function networkOf({ name, networks }: SwarmStack, network: keyof StackNetworks): pulumi.Input<string> {
  const id = networks[network];
  if (id === undefined) {
    throw new Error(`stack ${name} has no network ${network}`);
  }
  return id;
}

/**
 * Mounts a volume of the stack.
 *
 * Temporary files have a volume of their own, too: in memory they would count towards the limit, and a volume without a name, which ends
 * with its container, is left behind when the engine restarts.
 */
export function volumeMount(volume: VolumeMount, target: string): Mount {
  const { copyFromImage, driver, driverOptions, labels, source } = volume;
  return {
    type: "volume",
    source,
    target,
    volumeOptions: {
      driverName: driver,
      labels,
      ...(driverOptions ? { driverOptions: mapped(driverOptions, {}, valuesWithoutPlaceholders) } : {}),
      ...(copyFromImage ? {} : { noCopy: true }),
    },
  };
}

/** The machine's own file systems, to look at. Those that are mounted later appear, too, and those unmounted go. */
export function machineMount(target: string): Mount {
  return { type: "bind", source: "/", target, readOnly: true, bindOptions: { propagation: "rslave" } };
}

/** Space in memory that every user can write to. Counts towards the memory limit. */
export function memoryMount(target: string, size: string): Mount {
  return { type: "tmpfs", target, tmpfsOptions: { sizeBytes: quantityToBytes(size) } };
}

/** Absolute path of the script behind `initThen`, and its content: for the configs of a service. */
export const initThenScript: Record<string, string> = Object.fromEntries(
  Object.entries(readScripts(path.join(__dirname, "scripts"), ["init-then.sh"])).map(([file, content]) => [
    `${scriptDirectory}/${file}`,
    content,
  ]),
);

/** A command that runs `first` to its end, and then `next`: a swarm has no init containers. The image needs bash. */
export function initThen(first: string[], next: string[]): string[] {
  return ["bash", `${scriptDirectory}/init-then.sh`, ...first, "--", ...next];
}
