import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { KubernetesChildren } from "../children";
import type { AppMetadata } from "../labels";

/** How pods have a volume: written to from one node, from many, or by one pod alone. */
export type AccessMode = "ReadWriteOnce" | "ReadWriteMany" | "ReadWriteOncePod";

/** What is said of a volume whoever made its claim. */
interface VolumeUse {
  /**
   * Have an init container give an empty volume to the app's user, as root: for a class that ignores fsGroup. Needs a namespace that enforces `baseline` at most.
   * Default false.
   */
  volumePermissions?: boolean | undefined;
}

/** Disk space asked of the cluster. */
export interface NewClaim extends VolumeUse {
  /** Size as a quantity, for example `20Gi`. Growing it later works where the StorageClass allows expansion. */
  size: string;
  /** StorageClass. Default: the cluster's. */
  storageClass?: string | undefined;
  /** Default: `ReadWriteOnce`. */
  accessModes?: readonly AccessMode[] | undefined;
}

/** A claim of somebody else's: it is mounted, and never made, changed, labelled or deleted. */
export interface ExistingClaim extends VolumeUse {
  /** Its name, in the app's namespace. */
  existingClaim: string;
}

/** Where an app keeps its data. */
export type ClaimSettings = NewClaim | ExistingClaim;

/** Annotation of a Deployment or StatefulSet: the claim of somebody else's on which its data is, for tools that read what runs. */
const existingClaimAnnotation = "ghost-platform/existing-claim";

/** Name of the claim of somebody else's that is named; undefined where one is to be made. */
export function existingClaim(storage: object): string | undefined {
  return (storage as Partial<ExistingClaim>).existingClaim;
}

/** The claim of somebody else's on which the data of a Deployment or StatefulSet is; undefined where it is on one of the stack's own. */
export function existingClaimOf({
  metadata,
}: {
  metadata: { annotations?: Record<string, string> };
}): string | undefined {
  return metadata.annotations?.[existingClaimAnnotation];
}

/** What an app's data is on. */
export interface DataClaim {
  name: pulumi.Input<string>;
  /** Undefined for somebody else's. */
  made?: k8s.core.v1.PersistentVolumeClaim;
  /** Annotations of the Deployment or StatefulSet whose pod mounts it. */
  annotations?: Record<string, string>;
}

/**
 * The claim of an app's data: somebody else's that is named, or one that is made.
 *
 * @param retain whether one that is made stays when the component is destroyed
 * @param metadata of one that is made. Default: that of the role
 * @param volumeName see `claimArgs`
 */
export function dataClaim(
  children: KubernetesChildren,
  role: string,
  storage: ClaimSettings,
  {
    metadata = children.metadata(role),
    retain,
    volumeName,
  }: { retain: boolean; metadata?: AppMetadata; volumeName?: pulumi.Input<string> },
): DataClaim {
  const name = existingClaim(storage);
  if (name !== undefined) {
    return { name, annotations: { [existingClaimAnnotation]: name } };
  }
  const args = claimArgs(metadata, storage as NewClaim, volumeName);
  const made = children.make("claim", role, args, { retainOnDelete: retain });
  return { name: made.metadata.name, made };
}

/** Metadata of the Deployment or StatefulSet whose pod mounts a claim. */
export function ofWorkload(metadata: AppMetadata, { annotations }: DataClaim): k8s.types.input.meta.v1.ObjectMeta {
  return { ...metadata, ...(annotations ? { annotations } : {}) };
}

/**
 * Arguments of a claim that one pod at a time writes to. The engine does not wait for it to be bound: most classes bind a claim only
 * once a pod asks for it.
 *
 * @param volumeName binds the claim to this volume and no other
 */
export function claimArgs(
  metadata: AppMetadata,
  { accessModes = ["ReadWriteOnce"], size, storageClass }: NewClaim,
  volumeName?: pulumi.Input<string>,
): k8s.core.v1.PersistentVolumeClaimArgs {
  return {
    metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } },
    spec: {
      accessModes: [...accessModes],
      ...(storageClass ? { storageClassName: storageClass } : {}),
      ...(volumeName ? { volumeName } : {}),
      resources: { requests: { storage: size } },
    },
  };
}
