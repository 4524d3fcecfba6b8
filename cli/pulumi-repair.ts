import { UserError } from "../errors";
import { interruption } from "./interruption";
import { say, step } from "./progress";
import { shortName } from "./pulumi-progress";
import { localLocks, stateOf, type OpenedStack, type PendingResource } from "./pulumi-workspace";

/** Longer than the engine waits for any object of ours. */
const engineLimitSeconds = 20 * 60;

/** Deletes an object that an interrupted run may have made, unless it holds data. Deletes nothing where there is none. */
export type Discard = (resource: PendingResource) => Promise<void>;

/**
 * Puts in order what a killed run has left of a stack: its lock, and objects that are in no state. They are deleted, to be made anew.
 * A state that others share is left to them: there the lock may be somebody's who is at work.
 *
 * @param refresh reads the state anew from the platform, without what was being made
 */
export async function repair(opened: OpenedStack, discard: Discard, refresh: () => Promise<void>): Promise<void> {
  if (opened.isLocal) {
    await unlock(opened);
  }
  const { pendingOperations: pending } = await stateOf(opened.stack);
  if (pending.length === 0) {
    return;
  }
  say(
    "An earlier run was interrupted at these; this looks at what is there, and goes on:",
    ...pending.map(({ resource, type }) => `  ${type} ${shortName(resource.urn)}`),
  );
  for (const { resource, type } of pending) {
    if (type === "creating") {
      await discard(resource);
    }
  }
  await refresh();
}

/** Takes the lock of a killed engine off; waits for one that still runs, though the command that started it was killed. */
export async function unlock(opened: OpenedStack): Promise<void> {
  const holders = localLocks(opened);
  if (holders.length === 0) {
    return;
  }
  const alive = holders.filter(isAlive);
  if (alive.length > 0) {
    await step(`Wait for the engine of an earlier run (process ${alive.join(", ")})`, () => ended(alive));
  }
  if (localLocks(opened).length > 0) {
    say("An earlier run was killed and has left the stack locked. This takes the lock off and goes on.");
    await opened.stack.cancel();
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
