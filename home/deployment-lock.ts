import * as path from "node:path";
import { UserError } from "../errors";
import { attempted } from "../files/files";
import { tryLock } from "../files/lock.cjs";
import { machineDirectory } from "./project";

/**
 * Keeps other commands of this project from changing a stack, until it is let go or this process ends.
 *
 * @returns lets it go
 * @throws UserError when another one is at it
 */
export function lockStack(stack: string): () => void {
  return lockOrRefuse(`${stack}.lock`, `Stack ${stack} is being deployed or destroyed`);
}

/**
 * Keeps other commands of this project from a piece of work, until it is let go or this process ends.
 *
 * @param name of the lock's file in this machine's folder
 * @param what goes on where it is taken, the beginning of a sentence
 * @returns lets it go
 * @throws UserError when another process is at it
 */
export function lockOrRefuse(name: string, what: string): () => void {
  const file = path.join(machineDirectory, name);
  const lock = attempted("taken", file, () => tryLock(file));
  if (!lock.held) {
    throw new UserError(
      `${what} by another run (process ${lock.by}). Wait until it is through. If that process is none of this project (ps -fp ${lock.by}), delete ${file}`,
    );
  }
  return lock.release;
}
