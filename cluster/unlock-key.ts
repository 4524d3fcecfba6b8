import * as fs from "node:fs";
import * as path from "node:path";
import * as readline from "node:readline";
import { machineDirectory } from "../cli/project";
import { UserError } from "../errors";

/** Where the key stands that unlocks the managers of a stack's swarm: on this machine, for its owner only. */
export function unlockKeyFile(stack: string): string {
  return path.join(machineDirectory, "unlock-keys", stack);
}

/** The key; undefined where this machine has none. */
export function readUnlockKey(stack: string): string | undefined {
  const file = unlockKeyFile(stack);
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8").trim() : undefined;
}

/** Keeps the key, in one step; undefined removes it. */
export function keepUnlockKey(stack: string, key: string | undefined): void {
  const file = unlockKeyFile(stack);
  if (key === undefined) {
    fs.rmSync(file, { force: true });
    return;
  }
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const written = `${file}.${process.pid}`;
  fs.writeFileSync(written, `${key}\n`, { mode: 0o600 });
  fs.renameSync(written, file);
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
    if (!/^SWMKEY-1-[A-Za-z0-9+/]+$/.test(line.trim())) {
      throw new UserError("That is no key of a swarm: it begins with SWMKEY-1- and is on one line");
    }
    keepUnlockKey(stack, line.trim());
    return;
  }
  throw new UserError("No key was given on standard input");
}
