import { yamlText } from "../files/yaml-text";
import { stackLabel } from "../platforms/swarm/stack";
import type { RenderedFile } from "./rendered-file";
import type { CollectedResource } from "./resources";

/** A stack as `docker stack deploy --compose-file` takes it. */
export interface ComposeStack {
  /** Name to deploy it under: `docker stack deploy --compose-file compose.yaml <name>`. */
  name: string;
  document: ComposeDocument;
  /** Content of the secrets and configs that the document refers to by their path. */
  files: RenderedFile[];
}

/** The Compose file format, version 3, as far as it is used here. */
export interface ComposeDocument {
  version: string;
  services: Record<string, ComposeObject>;
  networks: Record<string, ComposeObject>;
  volumes: Record<string, ComposeObject>;
  secrets: Record<string, ComposeObject>;
  configs: Record<string, ComposeObject>;
}
export type ComposeObject = Record<string, unknown>;

/** The oldest version that has everything used here. */
const composeVersion = "3.8";
/** Name of the compose file below the output directory. */
export const composeFileName = "compose.yaml";

/**
 * The compose form of a collected stack. Objects have the names that they have when the program deploys them.
 *
 * @param resources those of types other than `docker:` are left out
 * @throws Error for resources of no stack or of several, and for a kind of object that has no compose form
 */
export function composeStack(resources: readonly CollectedResource[]): ComposeStack {
  const objects = resources.filter(({ type }) => type.startsWith("docker:"));
  const name = stackNameOf(objects);
  const files: RenderedFile[] = [];
  const document: ComposeDocument = {
    version: composeVersion,
    services: {},
    networks: {},
    volumes: {},
    secrets: {},
    configs: {},
  };
  for (const { inputs, type } of objects) {
    const object = new ProviderObject(name, inputs);
    switch (type) {
      case "docker:index/network:Network":
        document.networks[object.key] = network(object);
        break;
      case "docker:index/volume:Volume":
        document.volumes[object.key] = volume(object);
        break;
      case "docker:index/secret:Secret":
      case "docker:index/serviceConfig:ServiceConfig": {
        const secret = type.endsWith("Secret");
        const file = { path: `${secret ? "secrets" : "configs"}/${object.key}`, content: object.content(), secret };
        files.push(file);
        document[secret ? "secrets" : "configs"][object.key] = {
          name: object.name,
          file: `./${file.path}`,
          labels: object.labels,
        };
        break;
      }
      case "docker:index/service:Service":
        document.services[object.key] = service(object);
        addVolumesOfMounts(document, object);
        break;
      default:
        throw new Error(`${type} has no compose form`);
    }
  }
  return { name, document: escaped(document) as ComposeDocument, files };
}

/** The compose file, and the files it refers to. */
export function composeFiles({ document, files }: ComposeStack): RenderedFile[] {
  const content = yamlText(document);
  return [{ path: composeFileName, content, secret: false }, ...files];
}

type Label = { label: string; value: string };

/** The arguments of a resource of @pulumi/docker, as they are registered. */
class ProviderObject {
  readonly name: string;

  constructor(
    private readonly stack: string,
    readonly inputs: Record<string, unknown>,
  ) {
    this.name = String(inputs["name"]);
  }

  /** Name inside the compose file: `docker stack deploy` puts the stack's name before it. */
  get key(): string {
    return this.keyOf(this.name);
  }

  keyOf(name: string): string {
    const prefix = `${this.stack}_`;
    const key = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    // A volume for each task has a template in its name, which a key must not have.
    return key.replaceAll("{{.Task.Slot}}", "slot");
  }

  get labels(): Record<string, string> {
    return labelMap(this.inputs["labels"]);
  }

  content(): Buffer {
    return Buffer.from(String(this.inputs["data"]), "base64");
  }
}

function stackNameOf(objects: readonly CollectedResource[]): string {
  const names = new Set(
    objects.flatMap(({ inputs }) =>
      ((inputs["labels"] as Label[] | undefined) ?? [])
        .filter(({ label }) => label === stackLabel)
        .map(({ value }) => value),
    ),
  );
  const [name] = names;
  if (name === undefined || names.size > 1) {
    throw new Error(`a compose file is one stack; these resources are of ${names.size}: ${[...names].join(", ")}`);
  }
  return name;
}

function network({ inputs, labels, name }: ProviderObject): ComposeObject {
  return defined({
    name,
    driver: inputs["driver"],
    internal: inputs["internal"],
    driver_opts: inputs["options"],
    labels,
  });
}

function volume({ inputs, labels, name }: ProviderObject): ComposeObject {
  return defined({ name, driver: inputs["driver"], driver_opts: inputs["driverOpts"], labels });
}

interface ServiceInputs {
  mode: { replicated: { replicas: number } } | { global: true };
  taskSpec: TaskSpec;
  endpointSpec: { mode: string; ports?: Port[] };
  updateConfig: UpdateConfig;
  rollbackConfig: UpdateConfig;
}
interface TaskSpec {
  containerSpec: ContainerSpec;
  resources: { limits: { memoryBytes: number; nanoCpus?: number }; reservation?: { nanoCpus?: number } };
  restartPolicy: { condition: string; delay: string; window: string };
  placement: { constraints: string[] };
  logDriver: { name: string; options: Record<string, string> };
  networksAdvanceds: { id: string; aliases: string[] }[];
}
interface ContainerSpec {
  image: string;
  labels: Label[];
  commands?: string[];
  args?: string[];
  user: string;
  hostname?: string;
  env?: Record<string, string>;
  readOnly: boolean;
  capDrops: string[];
  capAdds?: string[];
  mounts: Mount[];
  configs: { configId: string; fileName: string; fileUid: string; fileGid: string; fileMode: number }[];
  secrets: { secretId: string; fileName: string; fileUid: string; fileGid: string; fileMode: number }[];
  healthcheck: { tests: string[]; interval: string; timeout: string; retries: number; startPeriod: string };
  stopGracePeriod: string;
}
interface Mount {
  type: string;
  source?: string;
  target: string;
  readOnly?: boolean;
  bindOptions?: { propagation: string };
  volumeOptions?: { driverName?: string; driverOptions?: Record<string, string>; labels?: Label[]; noCopy?: boolean };
  tmpfsOptions?: { sizeBytes: number };
}
interface Port {
  protocol: string;
  publishMode: string;
  publishedPort: number;
  targetPort: number;
}
interface UpdateConfig {
  parallelism: number;
  order: string;
  delay: string;
  monitor: string;
  maxFailureRatio: string;
  failureAction: string;
}

function service(object: ProviderObject): ComposeObject {
  const { endpointSpec, mode, rollbackConfig, taskSpec, updateConfig } = object.inputs as unknown as ServiceInputs;
  const { containerSpec: container, logDriver, networksAdvanceds, placement, resources, restartPolicy } = taskSpec;
  const { healthcheck } = container;
  return defined({
    image: container.image,
    labels: labelMap(container.labels),
    entrypoint: container.commands,
    command: container.args,
    user: container.user,
    hostname: container.hostname,
    environment: container.env,
    read_only: container.readOnly,
    cap_drop: container.capDrops,
    cap_add: container.capAdds,
    volumes: container.mounts.map((mount) => mountEntry(object, mount)),
    configs: container.configs.map(({ configId, ...file }) => ({ source: object.keyOf(configId), ...fileEntry(file) })),
    secrets: container.secrets.map(({ secretId, ...file }) => ({ source: object.keyOf(secretId), ...fileEntry(file) })),
    networks: Object.fromEntries(networksAdvanceds.map(({ aliases, id }) => [object.keyOf(id), { aliases }])),
    ports: endpointSpec.ports?.map(({ protocol, publishMode, publishedPort, targetPort }) => ({
      target: targetPort,
      published: publishedPort,
      protocol,
      mode: publishMode,
    })),
    healthcheck: {
      test: healthcheck.tests,
      interval: healthcheck.interval,
      timeout: healthcheck.timeout,
      retries: healthcheck.retries,
      start_period: healthcheck.startPeriod,
    },
    stop_grace_period: container.stopGracePeriod,
    logging: { driver: logDriver.name, options: logDriver.options },
    deploy: defined({
      ...("global" in mode ? { mode: "global" } : { mode: "replicated", replicas: mode.replicated.replicas }),
      endpoint_mode: endpointSpec.mode,
      labels: object.labels,
      update_config: updatePolicy(updateConfig),
      rollback_config: updatePolicy(rollbackConfig),
      restart_policy: { ...restartPolicy },
      placement: placement.constraints.length > 0 ? { constraints: placement.constraints } : undefined,
      resources: defined({
        limits: defined({ memory: String(resources.limits.memoryBytes), cpus: cpus(resources.limits.nanoCpus) }),
        reservations: resources.reservation && { cpus: cpus(resources.reservation.nanoCpus) },
      }),
    }),
  });
}

/** Processors, as a number in words. */
function cpus(nanoCpus: number | undefined): string | undefined {
  return nanoCpus === undefined ? undefined : String(nanoCpus / 1e9);
}

function mountEntry(
  object: ProviderObject,
  { bindOptions, readOnly, source, target, tmpfsOptions, type, volumeOptions }: Mount,
): ComposeObject {
  return defined({
    type,
    source: source === undefined || type === "bind" ? source : object.keyOf(source),
    target,
    read_only: readOnly,
    bind: bindOptions,
    volume: volumeOptions?.noCopy ? { nocopy: true } : undefined,
    tmpfs: tmpfsOptions ? { size: tmpfsOptions.sizeBytes } : undefined,
  });
}

/** On a swarm of several nodes a volume is no object of the stack: the mount says how a node makes it. */
function addVolumesOfMounts(document: ComposeDocument, object: ProviderObject): void {
  const { mounts } = (object.inputs as unknown as ServiceInputs).taskSpec.containerSpec;
  for (const { source, type, volumeOptions } of mounts) {
    if (source !== undefined && type === "volume") {
      document.volumes[object.keyOf(source)] ??= defined({
        name: source,
        driver: volumeOptions?.driverName,
        driver_opts: volumeOptions?.driverOptions,
        labels: labelMap(volumeOptions?.labels),
      });
    }
  }
}

function fileEntry(file: { fileName: string; fileUid: string; fileGid: string; fileMode: number }): ComposeObject {
  return { target: file.fileName, uid: file.fileUid, gid: file.fileGid, mode: file.fileMode };
}

function updatePolicy(config: UpdateConfig): ComposeObject {
  return {
    parallelism: config.parallelism,
    order: config.order,
    delay: config.delay,
    monitor: config.monitor,
    max_failure_ratio: Number(config.maxFailureRatio),
    failure_action: config.failureAction,
  };
}

/** Labels but the one that `docker stack deploy` adds by itself. */
function labelMap(labels: unknown): Record<string, string> {
  return Object.fromEntries(
    ((labels as Label[] | undefined) ?? [])
      .filter(({ label }) => label !== stackLabel)
      .map(({ label, value }) => [label, value]),
  );
}

function defined(object: ComposeObject): ComposeObject {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0)),
  );
}

/** `docker stack deploy` puts variables in place of `$NAME`; a dollar sign of ours is meant as it is. */
function escaped(value: unknown): unknown {
  if (typeof value === "string") {
    return value.replaceAll("$", "$$$$");
  }
  if (Array.isArray(value)) {
    return value.map(escaped);
  }
  return typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, escaped(entry)]))
    : value;
}
