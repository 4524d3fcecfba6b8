import type { types } from "@pulumi/kubernetes";
import { UserError } from "../../../errors";
import { restrictedContainer } from "./security";

type Container = types.input.core.v1.Container;
type PodSpec = types.input.core.v1.PodSpec;
type Volume = types.input.core.v1.Volume;
type VolumeMount = types.input.core.v1.VolumeMount;

type NamedContainer = Container & { name: string };

/** Further containers and volumes of an app's own pod. */
export interface FurtherParts {
  volumes?: readonly (Volume & { name: string })[] | undefined;
  /** Of the app's own container. */
  volumeMounts?: readonly VolumeMount[] | undefined;
  /**
   * They run after the program's own, and before the app; with `restartPolicy: Always` they stay. What their security context does not say is as `restricted`
   * wants it, with a read-only root file system; so it is for `containers`.
   */
  initContainers?: readonly NamedContainer[] | undefined;
  containers?: readonly NamedContainer[] | undefined;
}

/** What an app says of its pod, as far as something may be added to it. The first container is the app's own. */
export type OwnPodSpec = Omit<PodSpec, "containers" | "initContainers" | "volumes"> & {
  containers: Container[];
  initContainers?: Container[];
  volumes?: Volume[];
};

/** Annotations of a pod, for tools that read what runs: names of the volumes that are none of the app's data, and of the containers that are none of the program's. */
const furtherVolumes = "ghost-platform/further-volumes";
const furtherContainers = "ghost-platform/further-containers";

/** Annotations of a pod with further parts. */
export function furtherAnnotations({
  containers = [],
  initContainers = [],
  volumes = [],
}: FurtherParts): Record<string, string> {
  const list = (annotation: string, parts: readonly { name: string }[]) =>
    parts.length > 0 ? { [annotation]: parts.map(({ name }) => name).join(",") } : {};
  return { ...list(furtherVolumes, volumes), ...list(furtherContainers, [...initContainers, ...containers]) };
}

/** Names of a pod's containers that are none of the program's. */
export function furtherContainersOf(annotations: Record<string, string> = {}): string[] {
  return annotations[furtherContainers]?.split(",") ?? [];
}

/** Names of a pod's volumes that are none of the app's data. */
export function furtherVolumesOf(annotations: Record<string, string> = {}): string[] {
  return annotations[furtherVolumes]?.split(",") ?? [];
}

/**
 * The pod with further parts in it.
 *
 * @throws UserError with every name and place that the pod has already
 */
export function withFurtherParts(spec: OwnPodSpec, further: FurtherParts): OwnPodSpec {
  const { containers = [], initContainers = [], volumeMounts = [], volumes = [] } = further;
  const [main, ...others] = spec.containers;
  if (!main || containers.length + initContainers.length + volumeMounts.length + volumes.length === 0) {
    return spec;
  }
  refuseTaken(spec, further);
  const mounts = [...((main.volumeMounts as VolumeMount[] | undefined) ?? []), ...volumeMounts];
  return {
    ...spec,
    ...(initContainers.length > 0
      ? { initContainers: [...(spec.initContainers ?? []), ...initContainers.map(restricted)] }
      : {}),
    containers: [
      ...(volumeMounts.length > 0 ? [{ ...main, volumeMounts: mounts }] : [main]),
      ...others,
      ...containers.map(restricted),
    ],
    ...(volumes.length > 0 ? { volumes: [...(spec.volumes ?? []), ...volumes] } : {}),
  };
}

function restricted(container: Container): Container {
  return {
    ...container,
    securityContext: { ...restrictedContainer, ...(container.securityContext as object | undefined) },
  };
}

function refuseTaken(
  spec: OwnPodSpec,
  { containers = [], initContainers = [], volumeMounts = [], volumes = [] }: FurtherParts,
) {
  const own = [...(spec.initContainers ?? []), ...spec.containers].map(({ name }) => name);
  const mounts = (spec.containers[0]?.volumeMounts as VolumeMount[] | undefined) ?? [];
  const taken = [
    ...twice(
      "containers",
      [...initContainers, ...containers].map(({ name }) => name),
      own,
    ),
    ...twice(
      "volumes",
      volumes.map(({ name }) => name),
      (spec.volumes ?? []).map(({ name }) => name),
    ),
    ...twice(
      "volumeMounts",
      volumeMounts.map(({ mountPath }) => mountPath),
      mounts.map(({ mountPath }) => mountPath),
    ),
  ];
  if (taken.length > 0) {
    throw UserError.fromMistakes("what is said of a pod cannot be added to it:", taken);
  }
}

function twice(what: string, further: readonly unknown[], own: readonly unknown[]): string[] {
  return further
    .filter((name, index) => typeof name === "string" && (own.includes(name) || further.indexOf(name) !== index))
    .map((name) => `pod.${what}: ${String(name)} is there already. Give yours another name or place`);
}
