/*
 * What a backup reads of objects, as the API server tells them and as the program declares them.
 */

/** Where a container has a volume. */
export interface VolumeMount {
  name: string;
  mountPath: string;
  subPath?: string;
  readOnly?: boolean;
}

/** A container of a pod. */
export interface Container {
  name: string;
  image: string;
  command?: string[];
  env?: { name: string; value?: string }[];
  resources?: object;
  securityContext?: object;
  volumeMounts?: VolumeMount[];
}

interface Items {
  items?: { path: string }[];
}

/** A volume of a pod, by where it comes from. */
export interface PodVolume {
  name: string;
  persistentVolumeClaim?: { claimName: string };
  emptyDir?: object;
  secret?: Items;
  projected?: { sources?: { secret?: Items }[] };
}

/** What a pod is made of. */
export interface PodSpec {
  nodeName?: string;
  containers: Container[];
  initContainers?: Container[];
  volumes?: PodVolume[];
  securityContext?: object;
  [field: string]: unknown;
}

interface Metadata {
  name: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  deletionTimestamp?: string;
}

/** A pod that was made. */
export interface Pod {
  kind: "Pod";
  metadata: Metadata;
  spec: PodSpec;
  status?: { phase?: string; conditions?: { type: string; status: string }[] };
}

/** A claim on a volume. */
export interface Claim {
  kind: "PersistentVolumeClaim";
  metadata: Metadata;
  spec: { storageClassName?: string; volumeName?: string; resources?: { requests?: { storage?: string } } };
  status?: { phase?: string };
}

/** What makes pods. */
export interface Workload {
  kind: "Deployment" | "StatefulSet";
  metadata: Metadata;
  spec: {
    replicas?: number;
    selector: { matchLabels?: Record<string, string> };
    template: { metadata?: { annotations?: Record<string, string> }; spec: PodSpec };
    volumeClaimTemplates?: { metadata: { name: string } }[];
  };
}

/** The claims that a pod, or the pod of a template, mounts: names by that of its volume. */
export function claimsOf({ volumes = [] }: PodSpec): Map<string, string> {
  return new Map(
    volumes.flatMap(({ name, persistentVolumeClaim }) =>
      persistentVolumeClaim ? [[name, persistentVolumeClaim.claimName] as const] : [],
    ),
  );
}

/** The number of a StatefulSet's pod, from its name. */
export function ordinalOf(name: string): number {
  return Number(/-(\d+)$/.exec(name)?.[1] ?? 0);
}

/** Paths of the files in a container that are secrets, as far as its pod names them. */
export function secretFiles({ volumes = [] }: PodSpec, { volumeMounts = [] }: Container): string[] {
  return volumeMounts.flatMap(({ mountPath, name }) => {
    const volume = volumes.find((one) => one.name === name);
    const sources = [volume?.secret, ...(volume?.projected?.sources ?? []).map(({ secret }) => secret)];
    return sources.flatMap((source) => (source?.items ?? []).map(({ path }) => `${mountPath}/${path}`));
  });
}
