import { UserError } from "../../errors";
import type { SwarmStack } from "../stack";
import { appOf, isRunning, nodeName, readSnapshot } from "./tasks";

/**
 * A file in the running container of an app. It is how a secret is read back: a swarm gives none to anybody but the containers that have it.
 *
 * @param app service without the stack's name
 * @param what the app in words, for messages
 * @throws UserError where it does not run, or runs on another node
 */
export async function readTaskFile(
  { engine, name, swarmName }: SwarmStack,
  app: string,
  file: string,
  what: string,
): Promise<string> {
  const { nodes, services, tasks } = await readSnapshot(engine, swarmName);
  const service = services.find((candidate) => appOf(candidate, swarmName) === app);
  const task = tasks.find((candidate) => candidate.ServiceID === service?.ID && isRunning(candidate));
  const container = task?.Status.ContainerStatus?.ContainerID;
  if (!container) {
    throw new UserError(
      `${what} of stack ${name} does not run, and a swarm gives no secret back. See why: npm run ops -- diagnose --stack ${name}`,
    );
  }
  const here = await engine.lines(["ps", "--quiet", "--no-trunc"]);
  if (!here.includes(container)) {
    throw new UserError(
      `${what} runs on node ${nodeName(task.NodeID, nodes) ?? ""}. There: docker exec ${container.slice(0, 12)} cat ${file}`,
    );
  }
  const { stdout } = await engine.docker(["exec", container, "cat", file]);
  return stdout;
}
