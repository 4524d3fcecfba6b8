import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../errors";
import { interruption } from "./interruption";
import { step } from "./progress";
import { machineDirectory } from "./project";

/** Longer than the engine waits for any object of ours. */
const engineLimitSeconds = 20 * 60;

/** The folder in which this project keeps the state of its stacks for somebody who is logged in to no backend. */
export function stateDirectory(): string {
  const directory = path.join(machineDirectory, "state");
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  return directory;
}

/** Where the engine keeps the state of a stack in that folder. */
export function stateFile(project: string, stack: string): string {
  return path.join(machineDirectory, "state", ".pulumi", "stacks", project, `${stack}.json`);
}

/** Processes that hold a lock of a stack in that state; they may have ended since. */
export function localLocks(project: string, stack: string): number[] {
  const directory = path.join(stateDirectory(), ".pulumi", "locks", "organization", project, stack);
  const files = fs.existsSync(directory) ? fs.readdirSync(directory).filter((name) => name.endsWith(".json")) : [];
  return files.map((name) => {
    const lock = JSON.parse(fs.readFileSync(path.join(directory, name), "utf8")) as { pid: number };
    return lock.pid;
  });
}

/**
 * Waits for an engine that still works though the command that started it was killed. Until it ends it writes the state, and who reads that
 * meanwhile may find half of it.
 *
 * @throws UserError where it does not end
 */
export async function earlierEngineEnded(project: string, stack: string): Promise<void> {
  const alive = localLocks(project, stack).filter(isAlive);
  if (alive.length > 0) {
    await step(`Wait for the engine of an earlier run (process ${alive.join(", ")})`, () => ended(alive));
  }
}

/**
 * Refuses a state that was cut off while it was written, as by a power loss, of which the engine says no more than that. What it saved before is
 * beside it; what was done since, the next deployment reads from the platform.
 *
 * @throws UserError with the newest copy that is whole, and how it is put in place
 */
export function refuseCutOff(project: string, stack: string): void {
  const own = path.join(stateDirectory(), ".pulumi");
  const file = stateFile(project, stack);
  if (!fs.existsSync(file) || isWhole(file)) {
    return;
  }
  const backups = path.join(own, "backups", project, stack);
  const earlier = fs.existsSync(backups) ? fs.readdirSync(backups).filter((name) => name.endsWith(".json")) : [];
  // Their names have the time in them.
  const copies = [
    `${file}.bak`,
    ...earlier
      .sort()
      .reverse()
      .map((name) => path.join(backups, name)),
  ];
  const copy = copies.find((candidate) => fs.existsSync(candidate) && isWhole(candidate));
  const cut = `The state of stack ${stack} was cut off while it was written, as by a power loss (${file})`;
  throw new UserError(
    copy === undefined
      ? `${cut}, and no copy of it is whole. Put ${machineDirectory} back from a backup, then run this again`
      : `${cut}. Go on with the newest whole copy, then run this again:\n  cp ${copy} ${file}`,
  );
}

function isWhole(file: string): boolean {
  try {
    JSON.parse(fs.readFileSync(file, "utf8"));
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return false;
    }
    throw error;
  }
}

async function ended(processes: readonly number[]): Promise<void> {
  const deadline = Date.now() + engineLimitSeconds * 1000;
  while (processes.some(isAlive)) {
    interruption.throwIfInterrupted();
    if (Date.now() > deadline) {
      throw new UserError(`It does not end. End it (kill ${processes.join(" ")}), and run this again`);
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
