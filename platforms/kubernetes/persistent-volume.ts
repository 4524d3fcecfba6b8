import type { types } from "@pulumi/kubernetes";

/** The class of volumes that are given by hand, as the documentation of Kubernetes names it. */
export const manualClass = "manual";

/** Spec of a volume on one directory of a node, or on an NFS export. Kept when its claim goes: what is in it is somebody's. */
export function manualVolumeSpec(
  size: string,
  source: { hostPath: string } | { nfs: { server: string; path: string } },
): types.input.core.v1.PersistentVolumeSpec {
  return {
    accessModes: ["ReadWriteOnce"],
    capacity: { storage: size },
    storageClassName: manualClass,
    persistentVolumeReclaimPolicy: "Retain",
    ...("hostPath" in source
      ? { hostPath: { path: source.hostPath, type: "DirectoryOrCreate" } }
      : { nfs: source.nfs }),
  };
}
