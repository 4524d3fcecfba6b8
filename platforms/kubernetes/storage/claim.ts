import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { AppMetadata } from "../labels";

/** Disk space asked of the cluster. */
export interface ClaimSettings {
  /** Size as a quantity, for example `20Gi`. Growing it later works where the StorageClass allows expansion. */
  size: string;
  /** StorageClass. Default: the cluster's. */
  storageClass?: string | undefined;
  /**
   * Have an init container give an empty volume to the app's user, as root: for a class that ignores fsGroup. Needs a namespace that enforces `baseline` at most.
   * Default false.
   */
  volumePermissions?: boolean | undefined;
}

/**
 * Arguments of a claim that one pod at a time writes to. The engine does not wait for it to be bound: most classes bind a claim only
 * once a pod asks for it.
 *
 * @param volumeName binds the claim to this volume and no other
 */
export function claimArgs(
  metadata: AppMetadata,
  { size, storageClass }: ClaimSettings,
  volumeName?: pulumi.Input<string>,
): k8s.core.v1.PersistentVolumeClaimArgs {
  return {
    metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } },
    spec: {
      accessModes: ["ReadWriteOnce"],
      ...(storageClass ? { storageClassName: storageClass } : {}),
      ...(volumeName ? { volumeName } : {}),
      resources: { requests: { storage: size } },
    },
  };
}
