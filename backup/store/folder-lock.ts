import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../../errors";
import { codeOf, folderTrouble, isReadOnly } from "../format/files";
import { holderIn, holderOf, lifeOf, wordsFor, type Holder } from "./holder";

/*
 * One command at a time works on the backups of a stack, also from another machine that mounts the folder. The lock is a file that says who
 * holds it and changes every few seconds. Another machine's clock is never compared with ours: we look whether the file changes. Whether a
 * holder lives is yes, no or unknown, and only on "no" its lock is taken.
 */

const lockName = ".lock";

/** Seconds of the lock's life; tests take others. */
export interface LockTimes {
  /** Between two changes of the file. */
  beat: number;
  /** That it is watched for a change. */
  watch: number;
}
const defaultTimes: LockTimes = { beat: 5, watch: 30 };

/** A lock that is held. */
export interface FolderLock {
  /** @throws UserError where it is not ours any more: somebody has removed it */
  mustHold: () => void;
  release: () => void;
}

/**
 * Takes the lock of a stack's backups.
 *
 * @param options.readOnly whether the command can do without where nothing can be written: it only reads
 * @returns undefined where nothing can be written
 * @throws UserError when another command holds it, or may hold it
 */
export async function lockFolder(
  folder: string,
  command: string,
  options: { readOnly?: boolean; times?: LockTimes } = {},
): Promise<FolderLock | undefined> {
  const times = options.times ?? defaultTimes;
  const file = path.join(folder, lockName);
  const own = holderOf(command);
  for (let attempt = 0; attempt < 5; attempt += 1) {
    let isWritable: boolean;
    try {
      return held(file, own, times);
    } catch (error) {
      isWritable = !(options.readOnly && isReadOnly(error));
      if (isWritable && codeOf(error) !== "EEXIST") {
        throw folderTrouble(error, folder);
      }
    }
    const stale = await staleLock(file, own, times);
    if (!isWritable) {
      return undefined;
    }
    if (stale !== undefined) {
      setAside(file, stale, own);
    }
  }
  throw new UserError(`The lock ${file} changes hands all the time. Run this again in a minute`);
}

/**
 * Does some work that changes the backups, under the lock.
 *
 * @throws UserError where the folder is missing, cannot be written, or is in use
 */
export async function underLock<Result>(
  folder: string,
  command: string,
  work: (lock: FolderLock) => Promise<Result>,
): Promise<Result> {
  const lock = await lockFolder(folder, command);
  if (!lock) {
    throw new UserError(`${folder} cannot be locked`);
  }
  try {
    return await work(lock);
  } finally {
    lock.release();
  }
}

/** Makes the file, whole from its first moment, and keeps it alive. */
function held(file: string, own: Holder, times: LockTimes): FolderLock {
  const descriptor = created(file, own);
  let beats = 0;
  let isLost = false;
  const isOurs = () => !isLost && holderIn(textOf(file) ?? "")?.token === own.token;
  const timer = setInterval(() => {
    beats += 1;
    try {
      // Into the file that is open: one that has come into its place is not ours to write.
      fs.writeSync(descriptor, textFor(own, beats), 0);
    } catch {
      // Told by whatever is written next.
    }
  }, times.beat * 1000);
  timer.unref();
  const release = () => {
    process.off("exit", release);
    clearInterval(timer);
    try {
      if (isOurs()) {
        fs.rmSync(file, { force: true });
      }
      fs.closeSync(descriptor);
    } catch {
      // A folder that has gone away; the lock stays, and says who held it.
    }
    isLost = true;
  };
  process.on("exit", release);
  return {
    mustHold: () => {
      if (!isOurs()) {
        throw new UserError(
          `The lock ${file} is not ours any more: somebody has removed it. This ends here, before anything more is changed; see that no other command works on these backups, then run it again`,
        );
      }
    },
    release,
  };
}

/** @throws Error with the code EEXIST where there is a lock */
function created(file: string, own: Holder): number {
  const prepared = `${file}.${own.token}`;
  fs.writeFileSync(prepared, textFor(own, 0), { mode: 0o644, flag: "wx" });
  try {
    fs.linkSync(prepared, file);
  } catch (error) {
    if (codeOf(error) === "EEXIST" || codeOf(error) === "ENOENT") {
      throw error;
    }
    // No links on this file system.
    fs.writeFileSync(file, textFor(own, 0), { mode: 0o644, flag: "wx" });
  } finally {
    fs.rmSync(prepared, { force: true });
  }
  return fs.openSync(file, "r+");
}

/**
 * What a lock says whose holder has ended; undefined where there is no lock any more.
 *
 * @throws UserError when somebody holds it, or may hold it
 */
async function staleLock(file: string, own: Holder, times: LockTimes): Promise<string | undefined> {
  const first = textOf(file);
  if (first === undefined) {
    return undefined;
  }
  const holder = holderIn(first);
  const life = holder ? lifeOf(holder, own) : "unknown";
  if (life === "ended") {
    return first;
  }
  const deadline = performance.now() + times.watch * 1000;
  while (life !== "alive" && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(1000, times.watch * 100)));
    const now = textOf(file);
    if (now === undefined) {
      return undefined;
    }
    if (now !== first) {
      throw inUse(file, holderIn(now) ?? holder);
    }
  }
  if (life === "restarted") {
    return first;
  }
  throw life === "alive" ? inUse(file, holder) : mayBeInUse(file, holder, times);
}

function inUse(file: string, holder: Holder | undefined): UserError {
  return new UserError(
    `The backups in ${path.dirname(file)} are in use by ${holder ? wordsFor(holder) : "another command"}. Wait until it is through, then run this again`,
  );
}

function mayBeInUse(file: string, holder: Holder | undefined, { watch }: LockTimes): UserError {
  return new UserError(
    `The backups in ${path.dirname(file)} are locked by ${holder ? wordsFor(holder) : "something that does not say its name"}, and the lock has not changed for ${watch} s. Whether it still works there cannot be known from here. Look at that machine; when you are sure that nothing works on these backups, remove the lock and run this again:\n  rm ${file}`,
  );
}

/** Takes away the lock of a process that has ended; one that has come in between is put back. */
function setAside(file: string, stale: string, own: Holder): void {
  const aside = `${file}.${own.token}.stale`;
  try {
    fs.renameSync(file, aside);
  } catch (error) {
    if (codeOf(error) === "ENOENT") {
      return;
    }
    throw folderTrouble(error, path.dirname(file));
  }
  if (textOf(aside) !== stale) {
    try {
      fs.linkSync(aside, file);
    } catch {
      // Whoever has come since has it.
    }
  }
  fs.rmSync(aside, { force: true });
}

function textFor(own: Holder, beats: number): string {
  // Of one length, so that a change is one write over what was there.
  return `${JSON.stringify({ ...own, beats: String(beats).padStart(12, "0") })}\n`;
}

/** What a lock says; undefined where there is none. @throws UserError where that cannot be read */
function textOf(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") {
      return undefined;
    }
    throw new UserError(
      `Whether somebody works on these backups cannot be known: ${file} cannot be read (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}
