import { z } from "zod";
import { quantity } from "./values";

export const storageKeys = {
  storageClass: z.string().min(1).optional().describe("StorageClass. Default: the cluster's. Kubernetes only."),
  driver: z.string().min(1).optional().describe("Volume driver. Default: local. Swarm only."),
  driverOptions: z
    .record(z.string(), z.string())
    .optional()
    .describe("Options of the volume driver, for example type, o and device for NFS. Swarm only."),
  copyFromImage: z
    .boolean()
    .optional()
    .describe(
      "Whether a new volume takes over what the image has at its place, with owner and mode. Default: true; false for what the local driver mounts from a server, which may refuse it, and for a shared directory. Swarm only.",
    ),
};

const claimSize = (size: string) =>
  quantity("disk space").default(size).describe("Size of the claim on Kubernetes. A Swarm volume has no size limit.");

/** Storage of a server, which owns its directory alone: no directory that nodes share. */
export const storage = (size: string) => z.strictObject({ size: claimSize(size), ...storageKeys }).prefault({});

const sharedKey = {
  shared: z
    .boolean()
    .default(false)
    .describe(
      "Whether the directory that `driverOptions` name (type none, o bind, device) is the same on every node, because each node mounts the same storage there, such as GlusterFS. `npm start` tries that on the machines of `swarm.nodes`. Swarm only.",
    ),
};

export const fileStorage = (size: string) =>
  z.strictObject({ size: claimSize(size), ...storageKeys, ...sharedKey }).prefault({});

export const mailpitStorage = z
  .strictObject({
    size: claimSize("1Gi"),
    ...storageKeys,
    ...sharedKey,
    hostPath: z
      .string()
      .startsWith("/", "must be an absolute path on the node")
      .optional()
      .describe(
        "Keep the mail in this directory of the node, through a PersistentVolume of class `manual`. Kubernetes only.",
      ),
    nfs: z
      .strictObject({
        server: z.string().min(1).describe("Host name or address of the NFS server."),
        path: z.string().startsWith("/", "must be an absolute path").describe("Exported directory."),
      })
      .optional()
      .describe("Keep the mail on this NFS export, through a PersistentVolume of class `manual`. Kubernetes only."),
  })
  .prefault({})
  .describe("Where the mail is kept.");
