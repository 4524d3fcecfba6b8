import type { types } from "@pulumi/kubernetes";
import { nodeDirectoryMistake } from "../../../config/swarm/node-directory";
import { UserError } from "../../../errors";
import type { NewClaim } from "./claim";

/** The class of volumes that are given by hand, as the documentation of Kubernetes names it. */
export const manualClass = "manual";

/**
 * Spec of a volume on one directory of a node, or on an NFS export. Kept when its claim goes: what is in it is somebody's.
 *
 * @throws UserError for a directory that is the system's
 */
export function manualVolumeSpec(
  { accessModes = ["ReadWriteOnce"], size }: Pick<NewClaim, "accessModes" | "size">,
  source: { hostPath: string } | { nfs: { server: string; path: string } },
): types.input.core.v1.PersistentVolumeSpec {
  const mistake = "hostPath" in source ? nodeDirectoryMistake(source.hostPath) : undefined;
  if (mistake !== undefined) {
    throw new UserError(`hostPath: ${mistake}`);
  }
  return {
    accessModes: [...accessModes],
    capacity: { storage: size },
    storageClassName: manualClass,
    persistentVolumeReclaimPolicy: "Retain",
    ...("hostPath" in source
      ? { hostPath: { path: source.hostPath, type: "DirectoryOrCreate" } }
      : { nfs: source.nfs }),
  };
}
