import { UserError } from "../../errors";
import { publishedHost } from "../../platforms/swarm/cluster";
import { isOnMesh } from "../../platforms/swarm/stack";
import type { SwarmStack } from "../../home/stack";
import { containerEngines } from "./container-engines";
import { appOf, isRunning, readSnapshot, type Node, type Task } from "../../engines/swarm-tasks";

/**
 * A file in the running container of an app. It is how a secret is read back: a swarm gives none to anybody but the containers that have it.
 *
 * @param app service without the stack's name
 * @param what the app in words, for messages
 * @throws UserError where it does not run, or runs on a machine that the stack does not name
 */
export async function readTaskFile(stack: SwarmStack, app: string, file: string, what: string): Promise<string> {
  const { node, task } = await runningTask(stack, app);
  const container = task?.Status.ContainerStatus?.ContainerID;
  if (!container) {
    throw new UserError(
      `${what} of stack ${stack.name} does not run, and a swarm gives no secret back. See why: npm run ops -- diagnose --stack ${stack.name}`,
    );
  }
  const holder = (await containerEngines(stack))(container);
  if (!holder) {
    throw new UserError(
      `${what} runs on node ${node?.Description?.Hostname ?? ""}. There: docker exec ${container.slice(0, 12)} cat ${file}`,
    );
  }
  const { stdout } = await holder.docker(["exec", container, "cat", file]);
  return stdout;
}

/**
 * The host at which a port that an app publishes answers from here. Where ports are published on the task's node, it is that node's address;
 * a swarm of one node, and one with a routing mesh, answers where its engine is.
 */
export async function publishedHostOf(stack: SwarmStack, app: string): Promise<string> {
  const { swarm } = stack.config;
  const { node } = swarm.singleNode || isOnMesh(swarm) ? {} : await runningTask(stack, app);
  return node?.Status?.Addr ?? publishedHost(swarm.host);
}

/** The task of an app that runs, and its node. */
async function runningTask({ engine, swarmName }: SwarmStack, app: string): Promise<{ task?: Task; node?: Node }> {
  const { nodes, services, tasks } = await readSnapshot(engine, swarmName);
  const service = services.find((candidate) => appOf(candidate, swarmName) === app);
  const task = tasks.find((candidate) => candidate.ServiceID === service?.ID && isRunning(candidate));
  const node = nodes.find(({ ID }) => ID === task?.NodeID);
  return { ...(task ? { task } : {}), ...(node ? { node } : {}) };
}
