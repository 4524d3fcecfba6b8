import * as path from "node:path";
import { UserError } from "../errors";
import { tryLock } from "./lock.cjs";
import { machineDirectory } from "./project";

/**
 * Keeps other commands of this project from changing a stack until this process ends.
 *
 * @throws UserError when another one is at it
 */
export function lockStack(stack: string): void {
  const lock = tryLock(path.join(machineDirectory, `${stack}.lock`));
  if (!lock.held) {
    throw new UserError(
      `Stack ${stack} is being deployed or destroyed by another run (process ${lock.by}). Wait until it is through`,
    );
  }
}
