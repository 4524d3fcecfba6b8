import type { PublishedAddress } from "../../components/app";
import { ask, publishedAddresses } from "../../deploy/wait/published-addresses";
import { nodeAddresses } from "../../machines/swarm-place";
import type { SwarmStack } from "../../home/stack";
import { appOf, isRunning, wantedTasks, type Snapshot } from "../../engines/swarm-tasks";

/** A published address that is not well, though what is behind it runs. */
export interface WrongAnswer extends PublishedAddress {
  /** What each host said that was asked. */
  answers: string[];
}

/** Asks what `npm start` waits for: each published address whose service runs all of its tasks. */
export async function wrongAnswers(stack: SwarmStack, snapshot: Snapshot): Promise<WrongAnswer[]> {
  const addresses = publishedAddresses(stack.config).filter(({ app }) => runs(app, snapshot, stack.swarmName));
  if (addresses.length === 0) {
    return [];
  }
  const hosts = await nodeAddresses(stack.engine);
  const asked = await Promise.all(
    addresses.map(async (address) => ({ ...address, answers: [], ...(await ask(address, hosts)) })),
  );
  return asked.filter((address) => !("host" in address));
}

function runs(app: string, { nodes, services, tasks }: Snapshot, swarmName: string): boolean {
  const service = services.find((candidate) => appOf(candidate, swarmName) === app);
  const running = tasks.filter((task) => task.ServiceID === service?.ID && isRunning(task)).length;
  return service !== undefined && running > 0 && running >= wantedTasks(service, nodes);
}
