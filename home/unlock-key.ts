import * as path from "node:path";
import * as readline from "node:readline";
import { machineDirectory } from "./project";
import { UserError } from "../errors";
import { readText, removePath, writeContent } from "../files/files";

/** Where the key stands that unlocks the managers of a stack's swarm: on this machine, for its owner only. */
export function unlockKeyFile(stack: string): string {
  return path.join(machineDirectory, "unlock-keys", stack);
}

const keyForm = /^SWMKEY-1-[A-Za-z0-9+/]+$/;

/**
 * The key; undefined where this machine has none.
 *
 * @throws UserError for a file that holds no key
 */
export function readUnlockKey(stack: string): string | undefined {
  const file = unlockKeyFile(stack);
  const key = readText(file)?.trim();
  if (key !== undefined && !keyForm.test(key)) {
    throw new UserError(
      `${file}, the key that unlocks the managers of stack ${stack}, is damaged. Put it back from a backup or your own copy; a manager that is not locked tells it (docker swarm unlock-key). To hand it over: npm run cluster -- unlock --stack ${stack}`,
    );
  }
  return key;
}

/** Keeps the key, in one step; undefined removes it. */
export function keepUnlockKey(stack: string, key: string | undefined): void {
  const file = unlockKeyFile(stack);
  if (key === undefined) {
    removePath(file);
  } else {
    writeContent(file, `${key}\n`);
  }
}

/**
 * Takes the key from standard input and keeps it.
 *
 * @throws UserError for what is no key
 */
export async function handOver(stack: string): Promise<void> {
  if (process.stdin.isTTY) {
    process.stderr.write("Key (SWMKEY-1-…), then Enter: ");
  }
  const lines = readline.createInterface({ input: process.stdin });
  for await (const line of lines) {
    lines.close();
    if (!keyForm.test(line.trim())) {
      throw new UserError("That is no key of a swarm: it begins with SWMKEY-1- and is on one line");
    }
    keepUnlockKey(stack, line.trim());
    return;
  }
  throw new UserError("No key was given on standard input");
}
