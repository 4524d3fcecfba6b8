import { earlierEngineEnded, localLocks } from "./local-state";
import { say } from "../../terminal/progress";
import { shortName } from "./progress";
import { stateOf, type OpenedStack, type StateResource } from "./workspace";

/** What a stack's state names, looked at where it is. */
export interface StateOnPlatform {
  /**
   * Refuses to go on where something else has the name of an object of the state: the engine deletes and changes by name.
   *
   * @throws UserError that names it
   */
  refuseForeign(resources: readonly StateResource[]): Promise<void>;
  /** Deletes an object that an interrupted run may have made, unless it holds data. Deletes nothing where there is none. */
  discard(resource: StateResource): Promise<void>;
}

/**
 * Puts in order what a killed run has left of a stack: its lock, and objects that are in no state. They are deleted, to be made anew.
 * A state that others share is left to them: there the lock may be somebody's who is at work. What has become somebody else's is refused.
 *
 * @param refresh reads the state anew from the platform, without what was being made
 */
export async function repair(
  opened: OpenedStack,
  platform: StateOnPlatform,
  refresh: () => Promise<void>,
): Promise<void> {
  if (opened.backend === "local") {
    await unlock(opened);
  }
  const { pendingOperations: pending, resources } = await stateOf(opened.stack);
  await platform.refuseForeign([...resources, ...pending.map(({ resource }) => resource)]);
  if (pending.length === 0) {
    return;
  }
  say(
    "An earlier run was interrupted at these; this looks at what is there, and goes on:",
    ...pending.map(({ resource, type }) => `  ${type} ${shortName(resource.urn)}`),
  );
  for (const { resource, type } of pending) {
    if (type === "creating") {
      await platform.discard(resource);
    }
  }
  await refresh();
}

/** Takes the lock of a killed engine off; one that still works is waited for. */
export async function unlock({ project, stack }: OpenedStack): Promise<void> {
  await earlierEngineEnded(project, stack.name);
  if (localLocks(project, stack.name).length > 0) {
    say("An earlier run was killed and has left the stack locked. This takes the lock off and goes on.");
    await stack.cancel();
  }
}
