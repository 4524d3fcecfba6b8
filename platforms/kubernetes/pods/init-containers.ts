import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../../../errors";
import { scriptDirectory } from "../../scripts";
import { scriptMount } from "./pod-scripts";
import { restrictedContainer } from "./security";

type Container = types.input.core.v1.Container;
type EnvVar = types.input.core.v1.EnvVar;
type Volume = types.input.core.v1.Volume;
type VolumeMount = types.input.core.v1.VolumeMount;

/** What a container asks for and may have that runs a small script. */
export const scriptResources: types.input.core.v1.ResourceRequirements = {
  requests: { cpu: "10m", memory: "16Mi" },
  limits: { memory: "32Mi" },
};

/** A Service, or any other server, that a pod waits for. */
export interface Awaited {
  /** Its name: `mydb` in the pod's own namespace, `mydb.press` in another, or a full host name. Nothing else given: it must resolve. */
  host: pulumi.Input<string>;
  /** It must accept a connection on this port. `$(NAME)` stands for a variable of the container. */
  port?: pulumi.Input<number | string>;
  /** It must answer a GET request for this path with a success, within 5 s. On port 80 unless `port` is given. */
  path?: string;
}

export interface WaitArgs {
  /** Busybox, or an image that has its `nc`, `nslookup` and `wget`. */
  image: pulumi.Input<string>;
  /** What is awaited, one after the other. */
  services: readonly [Awaited, ...Awaited[]];
  /** Seconds to wait for all of them; then the container fails, and the kubelet starts it again. Default 300. */
  limit?: number;
  /** Variables that `host` and `port` name. */
  env?: EnvVar[];
}

/**
 * An init container that waits for servers, and says each second for what. The containers after it start when it is through, so several
 * of them wait in their order. The pod needs the script `wait-for.sh` on its volume `scripts`.
 *
 * @throws UserError for what cannot be waited for
 */
export function waitForServices(name: string, { image, services, limit, env = [] }: WaitArgs): Container {
  const mistakes = [
    ...services.flatMap(({ host, path }) => [
      ...(typeof host === "string" && !/^([A-Za-z0-9._-]+|\$\([A-Za-z0-9_]+\))$/.test(host)
        ? [`host: must be the name of a Service or a host, for example mydb.press (got "${host}")`]
        : []),
      ...(path !== undefined && !/^\/\S*$/.test(path) ? [`path: must begin with / (got "${path}")`] : []),
    ]),
    ...(limit !== undefined && !(limit >= 1) ? [`limit: must be 1 second or more (got ${limit})`] : []),
  ];
  if (mistakes.length > 0) {
    throw UserError.fromMistakes(`the init container ${name} cannot wait:`, mistakes);
  }
  const limits = limit === undefined ? [] : [{ name: "WAIT_SECONDS", value: String(limit) }];
  return {
    name,
    image,
    command: ["sh", `${scriptDirectory}/wait-for.sh`, ...services.map(target)],
    ...(env.length + limits.length > 0 ? { env: [...env, ...limits] } : {}),
    securityContext: restrictedContainer,
    volumeMounts: [scriptMount],
    resources: scriptResources,
  };
}

function target({ host, path, port }: Awaited): pulumi.Input<string> {
  if (path !== undefined) {
    return interpolated(["http://", host, ...(port === undefined ? [] : [":", port]), path]);
  }
  return port === undefined ? interpolated(["dns://", host]) : interpolated(["tcp://", host, ":", port]);
}

/** Plain where every part is. */
function interpolated(parts: readonly pulumi.Input<string | number>[]): pulumi.Input<string> {
  const plain = parts.every((part) => typeof part === "string" || typeof part === "number");
  return plain ? parts.join("") : pulumi.concat(...(parts as pulumi.Input<string>[]));
}

/** Where an init container of `preparedContent` writes. */
export const workDirectory = "/prepared";

/** Content that is there before the pod's containers start. */
export interface PreparedContent {
  /** For the pod's volumes: it lives and ends with the pod. */
  volume: Volume;
  /** For the pod's init containers. */
  initContainer: Container;
  /** For the containers that read the content; they cannot change it. */
  mount: VolumeMount;
}

export interface ContentArgs {
  /** Image of the init container. */
  image: pulumi.Input<string>;
  /** What it runs: a program that puts files into `workDirectory`, or `fetch(url, file)`. */
  command: pulumi.Input<string>[];
  /** Where the readers see the files. */
  mountPath: string;
  /** Default 64Mi; a pod whose content is larger is evicted. */
  sizeLimit?: string;
}

/** An init container that prepares content for the other containers of its pod on a volume that they share. */
export function preparedContent(name: string, { command, image, mountPath, sizeLimit }: ContentArgs): PreparedContent {
  const volume = `${name}-content`;
  return {
    volume: { name: volume, emptyDir: { sizeLimit: sizeLimit ?? "64Mi" } },
    initContainer: {
      name,
      image,
      command,
      securityContext: restrictedContainer,
      volumeMounts: [{ name: volume, mountPath: workDirectory }, scriptMount],
      resources: scriptResources,
    },
    mount: { name: volume, mountPath, readOnly: true },
  };
}

/**
 * Command of an init container that gets a file over HTTP, whole or not at all. The pod needs the script `fetch.sh` on its volume `scripts`.
 *
 * @param file its name below `workDirectory`
 */
export function fetch(url: pulumi.Input<string>, file: string): pulumi.Input<string>[] {
  return ["sh", `${scriptDirectory}/fetch.sh`, url, `${workDirectory}/${file}`];
}
