import { say } from "../terminal/progress";
import type { TryInContainer } from "./contents/container";
import { verify } from "./contents/trial";
import type { BackupJob } from "./create";
import { isReadOnly } from "./format/files";
import { StoreFailure } from "./store/remote/rclone";
import { findBackup, readBackups, type Backup } from "./store/stack-folder";

/**
 * Reads a backup back as a whole, loads its databases, says what came of it, and notes that in the store, as far as that can be written.
 *
 * @param id its name. Default: the newest
 * @param trial where its databases are loaded; undefined: they are not
 * @throws UserError for one that cannot be restored, with what is wrong
 */
export async function readBack(
  { key, stack, store }: Omit<BackupJob, "platform">,
  id: string | undefined,
  trial: TryInContainer | undefined,
): Promise<Backup> {
  const { folder } = store;
  const newest = id ?? (await readBackups(folder, stack, key)).backups[0]?.id;
  const backup = await findBackup(folder, stack, newest, key);
  try {
    await store.fetch(backup);
    await verify(backup, backup.folder, key, trial);
  } finally {
    store.forgetFetched();
  }
  if (!trial) {
    say(
      `The files of backup ${backup.id} are whole, and this key proves and opens them.${backup.verifiedAt ? "" : " Its databases were never loaded into a server"}`,
    );
    return backup;
  }
  say(`Backup ${backup.id} can be restored.`);
  try {
    await store.noteVerification(backup, new Date(), key);
  } catch (error) {
    if (!isReadOnly(error) && !(error instanceof StoreFailure)) {
      throw store.trouble(error, "The backup is whole, which cannot be noted.");
    }
    say(`That cannot be noted: ${store.place}/${backup.id} cannot be written.`);
  }
  return backup;
}
