import type { Contents } from "../format/manifest";

/** What of a part is known before a pod runs. */
type Planned = Omit<Extract<Contents, { volume: unknown }>, "node">;

/** What a cluster's own backups are made of. */
export interface JobPlan {
  stack: string;
  /** Whom they are sealed for: `age1…`. */
  recipient: string;
  parts: readonly PlannedPart[];
}

/** @param from of a database the file with its dump, of other volumes the folder where they are mounted */
export interface PlannedPart {
  contents: Planned;
  from: string;
}

/** Where the containers of a pod find each other's work. */
export interface JobFiles {
  /** What each part is, as JSON. */
  plan: string;
  /** The script with which a volume is read. */
  pack: string;
  signingKey: string;
  /** Folders that the store has of the stack, a line each, as they were when the pod began. */
  names: string;
  /** Folder of the sealed parts. */
  parts: string;
  /** The rest of a backup: its manifest, its name, the sums of its parts. */
  manifest: string;
  id: string;
  sums: string;
}

/** In the pod; its scripts know these places, too. */
export const jobFiles: JobFiles = {
  plan: "/etc/ghost-platform/backup/plan.json",
  pack: "/etc/ghost-platform/backup/pack.sh",
  signingKey: "/run/secrets/backup/signing-key",
  names: "/backup/names",
  parts: "/backup/parts",
  manifest: "/backup/manifest.signed",
  id: "/backup/id",
  sums: "/backup/sums",
};
