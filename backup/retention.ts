import * as fs from "node:fs";
import * as path from "node:path";
import { readBackups, unfinished, type Manifest } from "./manifest";
import { damage } from "./seal";

/** What is kept and what goes. */
export interface Retention {
  removed: string[];
  kept: string[];
  /** Not verified, or damaged: they count for nothing, and go only once there are enough good ones that are newer. */
  notGood: string[];
}

/**
 * Which backups may go: those older than the newest `keep` good ones. Age means nothing, so the last good copy stays however old it is.
 *
 * @param backups newest first, each with whether it has been verified and is still as it was written
 */
export function retention(backups: readonly { id: string; good: boolean }[], keep: number): Retention {
  const result: Retention = { removed: [], kept: [], notGood: [] };
  let good = 0;
  for (const backup of backups) {
    if (good >= keep) {
      result.removed.push(backup.id);
    } else if (backup.good) {
      good += 1;
      result.kept.push(backup.id);
    } else {
      result.notGood.push(backup.id);
    }
  }
  return result;
}

/** Whether a backup has been verified, and all its files are as they were written. */
export async function isGood(directory: string, { id, parts, verifiedAt }: Manifest): Promise<boolean> {
  if (verifiedAt === undefined) {
    return false;
  }
  for (const part of parts) {
    if (await damage(path.join(directory, id, part.file), part)) {
      return false;
    }
  }
  return true;
}

/** Removes what retention lets go, and what interrupted runs have left. Reads the files of those that stay: only good copies count. */
export async function prune(directory: string, keep: number): Promise<Retention> {
  const { backups, unreadable } = readBackups(directory);
  const judged = [];
  for (const backup of backups) {
    judged.push({ id: backup.id, good: await isGood(directory, backup) });
  }
  const all = [...judged, ...unreadable.map((id) => ({ id, good: false }))].sort((left, right) =>
    right.id.localeCompare(left.id),
  );
  const result = retention(all, keep);
  for (const id of result.removed) {
    fs.rmSync(path.join(directory, id), { recursive: true, force: true });
  }
  removeUnfinished(directory);
  return result;
}

/** Removes what runs that were killed have left. */
export function removeUnfinished(directory: string): void {
  for (const name of fs.existsSync(directory) ? fs.readdirSync(directory) : []) {
    if (name.startsWith(unfinished)) {
      fs.rmSync(path.join(directory, name), { recursive: true, force: true });
    }
  }
}
