import * as path from "node:path";
import { folderTrouble } from "./files";
import type { FolderLock } from "./folder-lock";
import type { BackupKey } from "./key";
import { damage } from "./seal";
import { readBackups, removeBackup, removeLeftovers, type Backup } from "./stack-folder";

/** What is kept and what goes. */
export interface Retention {
  removed: string[];
  kept: string[];
  /** Not verified, or damaged: they count for nothing, and go only once there are enough good ones that are newer. */
  notGood: string[];
  /** None that this key proves: they count for nothing, and never go by themselves. */
  notProven: { id: string; why: string }[];
}

/**
 * Which backups may go: those older than the newest `keep` good ones. Age means nothing, so the last good copy stays however old it is.
 *
 * @param backups in the order in which they were made, the newest first, each with whether it has been verified and is still as it was written
 */
export function retention(
  backups: readonly { id: string; good: boolean }[],
  keep: number,
): Omit<Retention, "notProven"> {
  const result = { removed: [] as string[], kept: [] as string[], notGood: [] as string[] };
  for (const backup of backups) {
    if (result.kept.length >= keep) {
      result.removed.push(backup.id);
    } else if (backup.good) {
      result.kept.push(backup.id);
    } else {
      result.notGood.push(backup.id);
    }
  }
  return result;
}

/** Whether a backup is proven, has been verified, and all its files are as they were written. */
export async function isGood({ folder, parts, proven, verifiedAt }: Backup): Promise<boolean> {
  if (!proven || verifiedAt === undefined) {
    return false;
  }
  for (const part of parts) {
    if (await damage(path.join(folder, part.file), part)) {
      return false;
    }
  }
  return true;
}

/**
 * Removes what retention lets go, and what interrupted runs have left. Reads the files of those that stay: only good copies count.
 *
 * @param folder that of one stack, whose lock is held
 */
export async function prune(
  folder: string,
  stack: string,
  keep: number,
  key: BackupKey,
  lock: FolderLock,
): Promise<Retention> {
  const { backups, notProven } = await readBackups(folder, stack, key);
  const judged = [];
  for (const backup of backups) {
    judged.push({ id: backup.id, good: await isGood(backup) });
  }
  const result = retention(judged, keep);
  try {
    for (const id of result.removed) {
      lock.mustHold();
      removeBackup(folder, id);
    }
    lock.mustHold();
    removeLeftovers(folder);
  } catch (error) {
    throw folderTrouble(error, folder, "The backups that are to be kept are as before.");
  }
  return { ...result, notProven };
}
