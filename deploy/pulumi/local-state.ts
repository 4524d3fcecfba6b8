import * as os from "node:os";
import * as path from "node:path";
import { z } from "zod";
import { UserError } from "../../errors";
import { entriesOf, makeFolder, readText } from "../../files/files";
import { interruption } from "../../terminal/interruption";
import { processAge, processStart } from "../../files/process-start.cjs";
import { step } from "../../terminal/progress";
import { machineDirectory } from "../../home/project";

/** Longer than the engine waits for any object of ours. */
const engineLimitSeconds = 20 * 60;
/** How far two clocks of one machine may be apart: a lock's time is that of the wall, a process's start is counted from the machine's. */
const clockToleranceMilliseconds = 10_000;

/** The folder in which this project keeps the state of its stacks for somebody who is logged in to no backend. */
export function stateDirectory(): string {
  const directory = path.join(machineDirectory, "state");
  makeFolder(directory);
  return directory;
}

/** Where the engine keeps the state of a stack in that folder. */
export function stateFile(project: string, stack: string): string {
  return path.join(machineDirectory, "state", ".pulumi", "stacks", project, `${stack}.json`);
}

/** A lock of the engine on a stack in that folder. */
export interface EngineLock {
  file: string;
  /** Process that took it; absent where the file does not say. */
  pid?: number;
  /** Whether that process still works; `unknown` where this machine cannot tell. */
  holder: "works" | "gone" | "unknown";
}

const lockSchema = z.object({
  pid: z.int(),
  hostname: z.string().optional(),
  timestamp: z.iso.datetime({ offset: true }).optional(),
});

/** The locks of a stack in that folder. */
export function localLocks(project: string, stack: string): EngineLock[] {
  const directory = path.join(stateDirectory(), ".pulumi", "locks", "organization", project, stack);
  return entriesOf(directory)
    .filter((name) => name.endsWith(".json"))
    .flatMap((name): EngineLock[] => {
      const file = path.join(directory, name);
      const text = readText(file);
      // The engine may take it off at any moment.
      return text === undefined ? [] : [{ file, ...holderOf(text) }];
    });
}

function holderOf(text: string): Omit<EngineLock, "file"> {
  const lock = lockSchema.safeParse(parsed(text));
  if (!lock.success) {
    return { holder: "unknown" };
  }
  const { hostname, pid, timestamp } = lock.data;
  if (hostname !== undefined && hostname !== os.hostname()) {
    return { pid, holder: "unknown" };
  }
  const { state } = processStart(pid);
  if (state === "gone") {
    return { pid, holder: "gone" };
  }
  const age = processAge(pid);
  if (age === undefined) {
    // Between the two questions it may have ended.
    return { pid, holder: processStart(pid).state === "gone" ? "gone" : "unknown" };
  }
  // A stranger that got the number was started after the lock was taken. The clock may have been set since, so an engine counts as the holder.
  const older = timestamp !== undefined && age.startedAt <= Date.parse(timestamp) + clockToleranceMilliseconds;
  return { pid, holder: older || age.program.startsWith("pulumi") ? "works" : "gone" };
}

/**
 * Waits for an engine that still works though the command that started it was killed. Until it ends it writes the state, and who reads that
 * meanwhile may find half of it.
 *
 * @throws UserError where it does not end, and for a lock of which nobody can say whether its holder works
 */
export async function earlierEngineEnded(project: string, stack: string): Promise<void> {
  const working = workingEngines(project, stack);
  if (working.length > 0) {
    await step(`Wait for the engine of an earlier run (process ${working.join(", ")})`, () => ended(project, stack));
  }
}

/**
 * Processes that hold a lock of a stack.
 *
 * @throws UserError for a lock of which nobody can say whether its holder works
 */
export function workingEngines(project: string, stack: string): number[] {
  const locks = localLocks(project, stack);
  const unknown = locks.filter(({ holder }) => holder === "unknown");
  if (unknown.length > 0) {
    throw UserError.fromMistakes(
      `The state of stack ${stack} is locked, and this machine cannot tell whether the engine that locked it still works. Look for it where it ran (pgrep -a pulumi). When none works on this stack, delete the lock, and run this again:`,
      unknown.map(({ file, pid }) => `${file}${pid === undefined ? ", which is damaged" : ` (process ${pid})`}`),
    );
  }
  return locks.flatMap(({ holder, pid }) => (holder === "works" && pid !== undefined ? [pid] : []));
}

/**
 * Refuses a state that was cut off while it was written, as by a power loss, of which the engine says no more than that. What it saved before is
 * beside it; what was done since, the next deployment reads from the platform.
 *
 * @throws UserError with the newest copy that is whole, and how it is put in place
 */
export function refuseCutOff(project: string, stack: string): void {
  const file = stateFile(project, stack);
  const text = readText(file);
  if (text === undefined || isWhole(text)) {
    return;
  }
  const backups = path.join(machineDirectory, "state", ".pulumi", "backups", project, stack);
  // Their names have the time in them.
  const earlier = entriesOf(backups)
    .filter((name) => name.endsWith(".json"))
    .reverse();
  const copies = [`${file}.bak`, ...earlier.map((name) => path.join(backups, name))];
  const copy = copies.find((candidate) => isWhole(readText(candidate) ?? ""));
  const cut = `The state of stack ${stack} was cut off while it was written, as by a power loss (${file})`;
  throw new UserError(
    copy === undefined
      ? `${cut}, and no copy of it is whole. Put ${machineDirectory} back from a backup, then run this again`
      : `${cut}. Go on with the newest whole copy, then run this again:\n  cp ${copy} ${file}`,
  );
}

function isWhole(text: string): boolean {
  const value = parsed(text);
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function ended(project: string, stack: string): Promise<void> {
  const deadline = Date.now() + engineLimitSeconds * 1000;
  for (;;) {
    interruption.throwIfInterrupted();
    const working = workingEngines(project, stack);
    if (working.length === 0) {
      return;
    }
    if (Date.now() > deadline) {
      throw new UserError(
        `It does not end. Look at what it does (ps -fp ${working.join(",")}), end it (kill ${working.join(" ")}), and run this again`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
