import * as fs from "node:fs";
import { UserError } from "../../errors";

/**
 * Reads a file with a secret in it, which is its owner's alone.
 *
 * @param missing what is said where there is none
 * @param exposed what is said, before the command that mends it, where others can read it
 * @throws UserError for a file that is not there, or that others can read
 */
export function readPrivateFile(file: string, { exposed, missing }: { missing: string; exposed: string }): string {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (!stat?.isFile()) {
    throw new UserError(missing);
  }
  if ((stat.mode & 0o077) !== 0) {
    throw new UserError(`${exposed}: chmod 600 ${file}`);
  }
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    throw new UserError(`${file} cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
}
