import { basesOf } from "./binlog/point";
import type { Base } from "./binlog/chain";
import type { Segment } from "./binlog/read-statement";
import { sealedEnd, statementEnd } from "./format/statement";
import { readSegments } from "./binlog/stored";
import type { BackupKey } from "./format/key";
import { readBackups, type Backup } from "./store/stack-folder";
import type { Store } from "./store/store";

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
export async function isGood(store: Store, backup: Backup): Promise<boolean> {
  return backup.proven && backup.verifiedAt !== undefined && (await store.isWhole(backup));
}

/**
 * Removes what retention lets go, and what interrupted runs have left. Looks at the files of those that stay: only good copies count.
 *
 * @param store that of one stack, whose lock is held
 */
export async function prune(store: Store, stack: string, keep: number, key: BackupKey): Promise<Retention> {
  const { backups, notProven } = await readBackups(store.folder, stack, key);
  const judged = [];
  for (const backup of backups) {
    judged.push({ id: backup.id, good: await isGood(store, backup) });
  }
  const result = retention(judged, keep);
  try {
    for (const id of result.removed) {
      await store.remove(id);
    }
    await store.removeLeftovers();
    const left = backups.filter(({ id }) => !result.removed.includes(id));
    await pruneArchive(store, stack, key, basesOf(left));
  } catch (error) {
    throw store.trouble(error, "The backups that are to be kept are as before.");
  }
  return { ...result, notProven };
}

/** Segments from before the oldest full backup that is left are looked at for so long still: clocks may differ. */
const spareMicroseconds = 24 * 3600e6;

/**
 * Segments of the archive of binary logs that no restore needs: those that are older than every full backup. Where there is none that a restore could begin
 * with, all stay.
 */
export function unneeded(segments: readonly Segment[], bases: readonly Base[]): Segment[] {
  const [oldest] = [...bases].sort((left, right) => left.createdAt.localeCompare(right.createdAt));
  if (!oldest) {
    return [];
  }
  const before = Date.parse(oldest.createdAt) * 1000;
  return segments.filter(
    ({ holds, until }) => until < before - spareMicroseconds || (until < before && oldest.gtids.includes(holds)),
  );
}

async function pruneArchive(store: Store, stack: string, key: BackupKey, bases: readonly Base[]): Promise<void> {
  if (store.archive.names().length === 0) {
    return;
  }
  const { segments } = await readSegments(store.archive, stack, key);
  const names = unneeded(segments, bases).flatMap(({ id, sealed }) => [
    // Without its statement a segment counts for nothing.
    `${id}${statementEnd}`,
    ...(sealed ? [`${id}${sealedEnd}`] : []),
  ]);
  await store.mustHold();
  await store.archive.remove(names);
}
