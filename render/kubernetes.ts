import { yamlText } from "../files/yaml-text";
import { isAfterRollout } from "../platforms/kubernetes/pods/after-rollout";
import { deploymentAfter } from "../platforms/kubernetes/pods/image-pull";
import type { RenderedFile } from "./rendered-file";
import type { CollectedResource } from "./resources";

/** An object as the API server takes it. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; [field: string]: unknown };
  [field: string]: unknown;
}

/** Folder of the manifests below the output directory. */
export const manifestDirectory = "manifests";
/** Folder of those to apply, and to wait for, before the Deployments of the first change; absent where there are none. */
export const beforeDeploymentDirectory = "manifests-before-deployment";
/** Folder of those to apply once the workloads of the first are ready; absent where there are none. */
export const afterRolloutDirectory = "manifests-after-rollout";

/** The order in which objects are applied: what others refer to comes first. Kinds that are not listed come between the two halves. */
const first = [
  "PriorityClass",
  "StorageClass",
  "Namespace",
  "ServiceAccount",
  "Role",
  "RoleBinding",
  "Secret",
  "ConfigMap",
  "PersistentVolume",
  "PersistentVolumeClaim",
  "Service",
];
const last = ["StatefulSet", "Deployment", "DaemonSet", "Job", "CronJob", "Ingress", "HTTPRoute"];

/** The objects of a collected program, in the order to apply them. */
export function kubernetesManifests(resources: readonly CollectedResource[]): Manifest[] {
  return resources
    .filter(({ type }) => type.startsWith("kubernetes:"))
    .map(manifest)
    .sort(inOrder);
}

/** One file an object; its number is the order to apply it in. */
export function manifestFiles(manifests: readonly Manifest[]): RenderedFile[] {
  const digits = String(manifests.length).length;
  return manifests.map((object, index) => ({
    path: `${directoryOf(object)}/${String(index + 1).padStart(Math.max(2, digits), "0")}-${object.kind.toLowerCase()}-${object.metadata.name}.yaml`,
    content: yamlText(object),
    secret: object.kind === "Secret",
  }));
}

function directoryOf({ metadata }: Manifest): string {
  if (deploymentAfter(metadata) !== undefined) {
    return beforeDeploymentDirectory;
  }
  return isAfterRollout(metadata) ? afterRolloutDirectory : manifestDirectory;
}

function manifest({ inputs, name }: CollectedResource): Manifest {
  const { apiVersion, kind, metadata, stringData, ...rest } = inputs as {
    apiVersion: string;
    kind: string;
    metadata?: Record<string, unknown>;
    stringData?: Record<string, string>;
    data?: Record<string, string>;
  };
  return {
    apiVersion,
    kind,
    metadata: plainMetadata(name, metadata ?? {}),
    ...rest,
    // Server-side apply merges stringData into data and forgets which keys it set; data alone can be applied again and again.
    ...(stringData ? { data: { ...rest.data, ...encoded(stringData) } } : {}),
  };
}

/** Metadata without what speaks to the Pulumi engine, and with the name that it would give. */
function plainMetadata(name: string, metadata: Record<string, unknown>): Manifest["metadata"] {
  const { annotations, ...rest } = metadata as { annotations?: Record<string, string> };
  const kept = Object.entries(annotations ?? {}).filter(([key]) => !key.startsWith("pulumi.com/"));
  return { name, ...rest, ...(kept.length > 0 ? { annotations: Object.fromEntries(kept) } : {}) };
}

function encoded(data: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "utf8").toString("base64")]),
  );
}

function inOrder(left: Manifest, right: Manifest): number {
  return (
    rank(left.kind) - rank(right.kind) ||
    compare(left.kind, right.kind) ||
    compare(left.metadata.name, right.metadata.name)
  );
}

function rank(kind: string): number {
  const early = first.indexOf(kind);
  if (early >= 0) {
    return early;
  }
  const late = last.indexOf(kind);
  return late >= 0 ? first.length + 1 + late : first.length;
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
