import * as fs from "node:fs";
import { UserError } from "../../errors";

/*
 * The folder of the backups is another's word: whoever writes there may have put a link or a device where a file should be.
 */

/**
 * Opens a file for reading that is a file, and no link.
 *
 * @throws UserError that goes on after the file's name: `is missing`
 */
export async function openRegular(file: string): Promise<fs.promises.FileHandle> {
  let handle: fs.promises.FileHandle;
  try {
    // Without waiting for the other end of what may be a pipe.
    const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = fs.constants;
    handle = await fs.promises.open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    throw new UserError(words(error) ?? `cannot be read (${String(error)})`);
  }
  if (!(await handle.stat()).isFile()) {
    await handle.close();
    throw new UserError("is no file");
  }
  return handle;
}

/** No text of ours has more bytes. */
export const longestText = 64 * 2 ** 20;

/**
 * The text of a small file.
 *
 * @throws UserError that goes on after the file's name
 */
export async function readText(file: string): Promise<string> {
  const handle = await openRegular(file);
  try {
    if ((await handle.stat()).size > longestText) {
      throw new UserError("is too large");
    }
    return await handle.readFile("utf8");
  } finally {
    await handle.close();
  }
}

function words(error: unknown): string | undefined {
  switch (codeOf(error)) {
    case "ENOENT":
      return "is missing";
    case "ELOOP":
      return "is a link, and nothing here follows links";
    case "EACCES":
    case "EPERM":
      return "may not be read by this user";
    case "ENOTDIR":
      return "is missing: a part of its path is no folder";
    case "EISDIR":
      return "is no file";
    default:
      return undefined;
  }
}

/** The code of an error of the file system, such as `ENOSPC`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Whether a place cannot be written, by its mount or its rights. */
export function isReadOnly(error: unknown): boolean {
  return ["EROFS", "EACCES", "EPERM"].includes(codeOf(error) ?? "");
}

/**
 * An error of the file system on the folder of the backups, in words; any other error as it is.
 *
 * @param done what became of what was begun, in a sentence
 */
export function folderTrouble(error: unknown, folder: string, done = "Nothing was changed."): unknown {
  switch (codeOf(error)) {
    case "ENOSPC":
    case "EDQUOT":
      return new UserError(`The disk of ${folder} is full. ${done} Make room, or name another folder with --directory`);
    case "EROFS":
      return new UserError(
        `${folder} is mounted read-only. ${done} Mount it for writing, or name another folder with --directory`,
      );
    case "EACCES":
    case "EPERM":
      return new UserError(
        `This user may not write in ${folder}. ${done} Give it the right, or name another folder with --directory`,
      );
    case "ENOENT":
      return new UserError(`${folder} does not exist. ${done} Name the folder of the backups with --directory`);
    case "ENOTDIR":
    case "EEXIST":
      return new UserError(
        `${folder} is no folder, or a part of its path is none. ${done} Name another with --directory`,
      );
    case "EIO":
    case "ESTALE":
    case "EHOSTDOWN":
    case "ETIMEDOUT":
      return new UserError(
        `${folder} cannot be reached any more (${String(error)}). ${done} Look at its disk or mount, then run this again`,
      );
    default:
      return error;
  }
}
