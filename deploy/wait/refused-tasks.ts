import { setTimeout as delay } from "node:timers/promises";
import { UserError, CommandError } from "../../errors";
import type { DockerEngine } from "../../engines/docker-engine";
import { owned, removeOwned } from "../before/swarm-ownership";
import { Patience, waitingServices, type WaitingService } from "./waiting-services";

const loginHint = ". Where its registry wants a login: docker login, and swarm.registryAuth: true";

/**
 * Watches the new services of a stack while the Pulumi engine deploys it and waits for them, which it would do for long where no node takes a
 * task: for an image that no node gets, a constraint that none meets, a port that is taken. Those are taken away again: nothing of them ever
 * ran, and the engine does not stop waiting for a service that is there.
 *
 * @param signal ends the watch
 * @param interval milliseconds between two looks
 * @throws UserError with what the swarm says of each, once it is clear that they do not come up
 */
export async function watchForRefusedTasks(
  engine: DockerEngine,
  stack: string,
  signal: AbortSignal,
  interval = 3000,
): Promise<void> {
  const before = await owned(engine, "service", stack);
  const patience = new Patience();
  while (!signal.aborted) {
    const refused = (await refusedServices(engine, stack)).filter(({ name }) => !before.includes(name));
    if (patience.isOver(refused.length > 0)) {
      for (const { name } of refused) {
        await removeOwned(engine, stack, "service", name);
      }
      throw UserError.fromMistakes(
        `The deployment was ended, because no node takes these of stack ${stack}, and they were taken away again:`,
        refused.map(({ error, name }) => `${name}: ${error}${/no such image/i.test(error) ? loginHint : ""}`),
      );
    }
    await delay(interval, undefined, { signal }).catch(() => undefined);
  }
}

/** Services of which nothing runs. None where the engine does not answer: who deploys will tell. */
async function refusedServices(engine: DockerEngine, stack: string): Promise<WaitingService[]> {
  try {
    return (await waitingServices(engine, stack)).filter(
      ({ refused, replicas }) => refused && replicas.startsWith("0/"),
    );
  } catch (error) {
    if (error instanceof CommandError) {
      return [];
    }
    throw error;
  }
}
