import { z } from "zod";
import { defaults } from "../defaults";
import { objectName } from "../values/names";
import { only, onlyEach } from "./only";
import { driverOptions, driverPattern, noneTwice, quantity } from "./values";

/** The volume of a service on a swarm. */
export const volumeKeys = onlyEach("swarm", {
  driver: z
    .string()
    .regex(
      driverPattern,
      "must be the name of a volume driver such as local: letters, digits and the signs _ . : / @ -",
    )
    .optional()
    .describe("Volume driver. Default: local."),
  driverOptions: driverOptions
    .optional()
    .describe(
      "Options of the volume driver, for example type, o and device for NFS. No secrets: everybody who may look at a volume reads them. A directory of a node is one of its own, such as /srv/blog.",
    ),
  copyFromImage: z
    .boolean()
    .optional()
    .describe(
      "Whether a new volume takes over what the image has at its place, with owner and mode. Default: true; false for what the local driver mounts from a server, which may refuse it, and for a shared directory.",
    ),
});

/** What `shared` adds for apps that share a directory between nodes. */
export const sharedKey = {
  shared: only(
    "swarm",
    z
      .boolean()
      .default(false)
      .describe(
        "Whether the directory that `driverOptions` name (type none, o bind, device) is the same on every node, because each node mounts the same storage there, such as GlusterFS. `npm start` tries that on the machines of `swarm.nodes`.",
      ),
  ),
};

/** The claim of a pod, of so much space. */
export const claimKeys = (size: string, least: string, why: string) =>
  onlyEach("kubernetes", {
    ...onlyEach("ownClaim", {
      size: quantity("disk space", least, why)
        .default(size)
        .describe("Size of the claim. A Swarm volume has no size limit."),
      storageClass: objectName("a StorageClass").optional().describe("StorageClass. Default: the cluster's."),
      accessModes: z
        .array(z.enum(["ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"]))
        .min(1, "must name at least one")
        .refine(noneTwice, "must name none twice")
        .refine(
          (modes) => modes.length === 1 || !modes.includes("ReadWriteOncePod"),
          "must name no other beside ReadWriteOncePod: Kubernetes takes it alone",
        )
        .optional()
        .describe(
          "How the volume may be mounted: from one node, from many, or by one pod alone. The app is one pod all the same. Default: ReadWriteOnce.",
        ),
    }),
    existingClaim: objectName("a PersistentVolumeClaim")
      .optional()
      .describe(
        "A claim of the stack's namespace that is there: it is mounted, and never made, changed, labelled or deleted. Backups have what is on it.",
      ),
    volumePermissions: z
      .boolean()
      .optional()
      .describe(
        "Whether an init container gives an empty volume to the app's user, as root: for a class that ignores fsGroup, as many of NFS do. Needs `kubernetes.podSecurity` baseline. Default: false; true for `hostPath` and `nfs`, unless you give them to that user yourself.",
      ),
  });

const absolutePath = (what: string) =>
  z.string().regex(/^\/(?!.*\/\.\.?(\/|$))[^\p{Cc}:]*$/u, `must be the absolute path of ${what}, without ".." in it`);

export const mailpitStorage = z
  .strictObject({
    ...claimKeys(defaults.mailpit.storage, "8Mi", "the inbox keeps its database there"),
    ...volumeKeys,
    ...sharedKey,
    ...onlyEach(
      "kubernetes",
      onlyEach("ownClaim", {
        hostPath: absolutePath("a directory of the node")
          .optional()
          .describe(
            "Keep the mail in this directory of the node, such as /srv/mail and none of the system's, through a PersistentVolume of class `manual`.",
          ),
        nfs: z
          .strictObject({
            server: z
              .string()
              .regex(/^[A-Za-z0-9][A-Za-z0-9.:-]*$/, "must be the host name or address of a server")
              .describe("Host name or address of the NFS server."),
            path: absolutePath("an exported directory").describe("Exported directory."),
          })
          .optional()
          .describe("Keep the mail on this NFS export, through a PersistentVolume of class `manual`."),
      }),
    ),
  })
  .prefault({})
  .describe("Where the mail is kept.");
