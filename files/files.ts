import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../errors";
import { fileErrorInWords } from "./in-words.cjs";

/*
 * The one way to files that belong to this project: what the file system refuses is a UserError with path, cause and remedy, and a file is
 * replaced in one step, so that whoever reads it finds the former or the new one.
 */

/** Rights of a file that its owner alone reads. */
export const ownerOnly = 0o600;

/** The text of a file; undefined where there is none. */
export function readText(file: string): string | undefined {
  return readBytes(file)?.toString("utf8");
}

/** The content of a file; undefined where there is none. */
export function readBytes(file: string): Buffer | undefined {
  return orAbsent(() => attempted("read", file, () => fs.readFileSync(file)));
}

/**
 * Puts a file in place in one step, and makes its folder.
 *
 * @param mode its rights. Default: for its owner only
 */
export function writeContent(file: string, content: string | Uint8Array, mode = ownerOnly): void {
  const fresh = `${file}.${process.pid}`;
  makeFolder(path.dirname(file));
  try {
    attempted("written", file, () => {
      fs.writeFileSync(fresh, content, { mode, flush: true });
      // The mask of the process may have taken rights away.
      fs.chmodSync(fresh, mode);
      fs.renameSync(fresh, file);
    });
  } catch (error) {
    fs.rmSync(fresh, { force: true });
    throw error;
  }
}

/** Makes a folder and those above it, for their owner only; leaves one that is there as it is. */
export function makeFolder(folder: string): void {
  attempted("made", folder, () => fs.mkdirSync(folder, { recursive: true, mode: 0o700 }));
}

/** Names of what is in a folder, sorted; none where there is no folder. */
export function entriesOf(folder: string): string[] {
  return (orAbsent(() => attempted("read", folder, () => fs.readdirSync(folder))) ?? []).sort();
}

/** Removes a file or a folder with all in it; does nothing where there is none. */
export function removePath(target: string): void {
  attempted("removed", target, () => fs.rmSync(target, { recursive: true, force: true }));
}

/** Whether there is a file or a folder. */
export function isThere(target: string): boolean {
  return orAbsent(() => attempted("read", target, () => fs.statSync(target))) !== undefined;
}

/**
 * Does something with files.
 *
 * @param doing what is done, as a participle: `read`, `written`
 * @param target the file or folder it is done with
 * @throws UserError for what the file system refuses
 */
export function attempted<Result>(doing: string, target: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    const words = fileErrorInWords(error, doing, target);
    throw words === undefined ? error : new UserError(words, { cause: error });
  }
}

/** Undefined where the work fails for a file that is not there. A folder above that is a file is no such case. */
function orAbsent<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof UserError && (error.cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}
