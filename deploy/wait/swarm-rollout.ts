import { UserError } from "../../errors";
import type { DockerEngine } from "../../engines/docker-engine";
import { interruption } from "../../terminal/interruption";
import type { Report } from "../../terminal/progress";
import { Patience, waitingServices } from "./waiting-services";

/**
 * Waits until every service of a stack runs as many tasks as it should; what is unhealthy does not count.
 *
 * @param deadline when to give up, as `Date.now()` tells the time
 * @throws UserError with what the tasks say, when that takes too long or cannot come
 */
export async function servicesRunning(
  engine: DockerEngine,
  name: string,
  deadline: number,
  report: Report,
): Promise<void> {
  const patience = new Patience();
  for (;;) {
    interruption.throwIfInterrupted();
    const waiting = await waitingServices(engine, name);
    if (waiting.length === 0) {
      return;
    }
    report(waiting.map(({ name: service, state }) => `${service}: ${state}`).join(", "));
    const errors = waiting.flatMap(({ error, name: service }) => (error === "" ? [] : [`${service}: ${error}`]));
    if (patience.isOver(errors.length > 0) || Date.now() > deadline) {
      throw UserError.fromMistakes(
        `Not every service of stack ${name} comes up. See \`docker service logs NAME\`. The tasks say:`,
        errors.length > 0
          ? errors
          : waiting.map(({ name: service, replicas }) => `${service}: ${replicas} tasks run, no error told`),
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
