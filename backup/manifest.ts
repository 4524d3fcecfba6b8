import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../errors";
import type { Sealed } from "./seal";

/** A volume, enough to make it again. */
export interface VolumeInfo {
  name: string;
  driver: string;
  options: Record<string, string>;
  labels: Record<string, string>;
}

/** What a part of a backup holds. */
export type Contents =
  /** The state of the swarm, as a manager keeps it: services, secrets, configs, nodes. */
  | {
      kind: "swarm";
      node: string;
      autolock: boolean;
      /** Where the state says that its manager listens. Absent in backups of before. */
      address?: string | undefined;
    }
  /** What this machine keeps about the stack: Pulumi's state or the rendered form, passwords, the key that unlocks managers. */
  | { kind: "deployment" }
  /** Files of a volume. */
  | { kind: "files"; service: string; node: string; image: string; target: string; volume: VolumeInfo }
  /** Databases, as SQL. `data` is the server's data directory, where its service names one. */
  | {
      kind: DatabaseKind;
      service: string;
      node: string;
      image: string;
      target: string;
      data?: string | undefined;
      volume: VolumeInfo;
    };

export type DatabaseKind = "mysql" | "postgresql";

/** A sealed file of a backup. */
export type Part = Contents & Sealed & { file: string };

/** What stands in `manifest.json`: nothing secret, so that a backup can be listed without its key. */
export interface Manifest {
  version: 1;
  stack: string;
  id: string;
  createdAt: string;
  /** When it was last read back as a whole, and its databases loaded into a server. Absent: never. */
  verifiedAt?: string;
  /** Seconds that making it took. */
  seconds: number;
  /** What is deliberately not in it. */
  without: string[];
  parts: Part[];
}

const manifestName = "manifest.json";
/** Prefix of a backup that is not complete. */
export const unfinished = ".unfinished-";

/** The name of a backup: when it was made. */
export function idOf(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d+/g, "");
}

export function writeManifest(folder: string, manifest: Manifest): void {
  const file = path.join(folder, manifestName);
  const fresh = `${file}.${process.pid}`;
  fs.writeFileSync(fresh, `${JSON.stringify(manifest, undefined, 2)}\n`, { mode: 0o600, flush: true });
  fs.renameSync(fresh, file);
}

/** The backups of a folder, newest first; those whose manifest cannot be read are named apart. */
export function readBackups(directory: string): { backups: Manifest[]; unreadable: string[] } {
  const backups: Manifest[] = [];
  const unreadable: string[] = [];
  const names = fs.existsSync(directory) ? fs.readdirSync(directory).filter((name) => /^\d{8}T\d{6}Z$/.test(name)) : [];
  for (const name of names.sort().reverse()) {
    try {
      backups.push(JSON.parse(fs.readFileSync(path.join(directory, name, manifestName), "utf8")) as Manifest);
    } catch {
      unreadable.push(name);
    }
  }
  return { backups, unreadable };
}

/**
 * A backup by its name; the newest that has been verified when none is named.
 *
 * @throws UserError when it is not there
 */
export function findBackup(directory: string, id: string | undefined): Manifest {
  const { backups, unreadable } = readBackups(directory);
  if (id !== undefined && unreadable.includes(id)) {
    throw new UserError(
      `${path.join(directory, id, manifestName)} cannot be read, so nothing is known about what is in it`,
    );
  }
  const found =
    id === undefined
      ? (backups.find(({ verifiedAt }) => verifiedAt) ?? backups[0])
      : backups.find((backup) => backup.id === id);
  if (!found) {
    throw new UserError(
      id === undefined
        ? `There is no backup in ${directory}`
        : `There is no backup ${id} in ${directory}. There are: ${backups.map((backup) => backup.id).join(", ") || "none"}`,
    );
  }
  return found;
}
