import * as fs from "node:fs";
import * as path from "node:path";
import { isMap } from "../../config/files/machine";
import { readRawStackFile, stackNames } from "../../config/files/stack-file";
import { UserError } from "../../errors";
import { projectDirectory } from "../../home/project";
import { say } from "../../terminal/progress";
import type { StoredArchive } from "./archive";
import { lockFolder, underLock } from "./folder-lock";
import { withRemoteStore, type Access } from "./remote/open";
import { parseTarget, targetForm, type Target } from "../../config/backups/backup-target";
import { backupDirectory, makeStackFolder, stackFolder } from "./stack-folder";
import { FolderStore, type Store } from "./store";

/** Where the backups of all stacks are: a folder of this machine, or remote storage. */
export type Place = { directory: string } | { target: Target };

/**
 * Where a stack's backups are: as the person says; else as `backup.target` of the stack file does; else in this machine's own folder.
 *
 * @throws UserError for what is no such place
 */
export function placeOf(stack: string, named: { directory?: string | undefined; target?: string | undefined }): Place {
  if (named.directory !== undefined && named.target !== undefined) {
    throw new UserError("--directory is a folder, and --target remote storage: name one of them");
  }
  if (named.directory !== undefined) {
    return { directory: path.resolve(named.directory) };
  }
  const target = named.target ?? backupSettings(stack).target;
  return target === undefined ? { directory: backupDirectory } : { target: parseTarget(target) };
}

/** What a stack file says of backups. Of one with other mistakes, too: its backups can be looked at nevertheless. */
export function backupSettings(stack: string): { target?: string; keep?: number; verify?: string } {
  if (!stackNames(projectDirectory).includes(stack)) {
    return {};
  }
  const { backup } = readRawStackFile(projectDirectory, stack);
  const { keep, target, verify } = isMap(backup) ? backup : {};
  if (target !== undefined && typeof target !== "string") {
    throw new UserError(`backup.target ${targetForm}`);
  }
  if (keep !== undefined && !(typeof keep === "number" && Number.isInteger(keep) && keep >= 1)) {
    throw new UserError("backup.keep: must be a number of backups, 1 or more");
  }
  return {
    ...(target === undefined ? {} : { target }),
    ...(keep === undefined ? {} : { keep }),
    ...(typeof verify === "string" ? { verify } : {}),
  };
}

/**
 * Does some work on a stack's backups, under their lock where the use needs one.
 *
 * @throws UserError where they are not there or in use, before anything is touched
 */
export async function withStore(
  place: Place,
  stack: string,
  options: Omit<Access, "folder">,
  work: (store: Store) => Promise<void>,
): Promise<void> {
  // Also of a stack whose name could be a path.
  const folder = stackFolder("directory" in place ? place.directory : backupDirectory, stack);
  if ("target" in place) {
    await withRemoteStore(place.target, stack, options, work);
    return;
  }
  if (options.bandwidth !== undefined) {
    throw new UserError("--bwlimit is for remote storage, and these backups are in a folder: leave it out");
  }
  switch (options.use) {
    case "look":
      await work(new FolderStore(folder, undefined));
      return;
    case "read":
      await readUnderLock(folder, options.command, work);
      return;
    case "make":
      makeStackFolder(folder);
      break;
    case "change":
      break;
  }
  await underLock(folder, options.command, (lock) => work(new FolderStore(folder, lock)));
}

/**
 * Does some work with the archive of binary logs of a stack: that beside the backups; where they are copies in a folder, that of the stack file's target.
 *
 * @throws UserError where that does not answer
 */
export async function withArchive(
  store: Store,
  stack: string,
  options: Pick<Access, "bandwidth" | "command">,
  work: (archive: StoredArchive) => Promise<void>,
): Promise<void> {
  const { target } = backupSettings(stack);
  if (!(store instanceof FolderStore) || store.archive.names().length > 0 || target === undefined) {
    await work(store.archive);
    return;
  }
  await withRemoteStore(parseTarget(target), stack, { ...options, use: "look" }, ({ archive }) => work(archive));
}

/** Does some work that only reads the backups, under the lock where there can be one. */
async function readUnderLock(folder: string, command: string, work: (store: Store) => Promise<void>): Promise<void> {
  if (!fs.existsSync(folder)) {
    throw new UserError(
      `There is no backup here: ${folder} does not exist. Name the folder that holds it with --directory`,
    );
  }
  const lock = await lockFolder(folder, command, { readOnly: true });
  if (!lock) {
    say(`${folder} cannot be written and so not be locked. See that nobody lets go of backups there meanwhile.`);
  }
  try {
    await work(new FolderStore(folder, lock));
  } finally {
    lock?.release();
  }
}
