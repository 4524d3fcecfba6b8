import * as path from "node:path";
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { SecretReference } from "../../platforms/kubernetes/files/secret-reference";
import { environmentOf } from "../../platforms/kubernetes/pods/environment";
import { containerResources, type ResourceSettings } from "../../platforms/kubernetes/pods/pod";
import { execProbe } from "../../platforms/kubernetes/pods/probes";
import { restrictedContainer } from "../../platforms/kubernetes/pods/security";
import { configDirectory } from "./settings";
import { healthCommand, programs, type Part, type PartSettings } from "./parts";

type Container = k8s.types.input.core.v1.Container;
type Volume = k8s.types.input.core.v1.Volume;
type VolumeMount = k8s.types.input.core.v1.VolumeMount;

type Files = Pick<PartSettings, "files">;

/** What Kubernetes alone says of a part's container. */
interface Run {
  image: pulumi.Input<string>;
  /** Volumes beside those of its files. */
  mounts?: VolumeMount[];
  /** A port that others than its pod reach, by the name of a Service's. */
  port?: { name: string; number: number };
  /** What a person says of it. */
  resources?: ResourceSettings | undefined;
}

/** The container of a part, with the files of its pod. */
export function partContainer(
  part: Part,
  { command, environment, files, health, memory }: PartSettings,
  { image, mounts = [], port, resources }: Run,
): Container {
  return {
    name: programs[part],
    image,
    ...(command ? { command } : {}),
    ...(environment ? { env: environmentOf(environment) } : {}),
    securityContext: restrictedContainer,
    ...(port ? { ports: [{ name: port.name, containerPort: port.number }] } : {}),
    resources: containerResources({ cpu: "20m", memory: "48Mi" }, memory, resources),
    volumeMounts: [...fileMounts(Object.keys(files)), ...mounts],
    // It listens for its own pod alone, where the kubelet is not.
    readinessProbe: execProbe(healthCommand(health), { period: 5, timeout: 5 }),
    livenessProbe: execProbe(healthCommand(health), { period: 20, timeout: 10, failures: 6, delay: 60 }),
  };
}

/** The files of parts by their names, as a ConfigMap holds them. */
export function fileTexts(parts: readonly Files[]): Record<string, pulumi.Input<string>> {
  return Object.fromEntries(
    parts.flatMap(({ files }) => Object.entries(files).map(([file, text]) => [path.posix.basename(file), text])),
  );
}

/** The volumes of a pod with the files of its parts. */
export function fileVolumes(configMap: pulumi.Input<string>, parts: readonly Files[]): Volume[] {
  const files = parts.flatMap((part) => Object.keys(part.files));
  return rootsOf(files).map((root) => ({
    name: volumeName(root),
    configMap: {
      name: configMap,
      items: files
        .filter((file) => rootOf(file) === root)
        .map((file) => ({ key: path.posix.basename(file), path: path.posix.relative(root, file) })),
    },
  }));
}

/** Where a container has them. */
export function fileMounts(files: readonly string[]): VolumeMount[] {
  return rootsOf(files).map((root) => ({ name: volumeName(root), mountPath: root, readOnly: true }));
}

function rootsOf(files: readonly string[]): string[] {
  return [...new Set(files.map(rootOf))];
}

/** Where the volume of a file is mounted: no volume is mounted in another. */
function rootOf(file: string): string {
  return file.startsWith(`${configDirectory}/`) ? configDirectory : path.posix.dirname(file);
}

function volumeName(root: string): string {
  return `files${root.replaceAll("/", "-")}`;
}

/** A file from a Secret: its volume, and where a container has it. */
export function secretFile(
  name: string,
  { key, name: secretName }: SecretReference,
  file: string,
): { volume: Volume; mount: VolumeMount } {
  return {
    volume: { name, secret: { secretName, items: [{ key, path: path.posix.basename(file) }], defaultMode: 0o440 } },
    mount: { name, mountPath: path.posix.dirname(file), readOnly: true },
  };
}
