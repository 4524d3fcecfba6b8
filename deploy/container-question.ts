import type { ContainerQuestion } from "../components/app";
import type { DockerEngine } from "../engines/docker-engine";
import { containerOn } from "../engines/swarm-objects";
import type { KubernetesCluster } from "../engines/kubernetes-cluster";
import { CommandError } from "../errors";
import type { KubernetesStack, SwarmStack } from "../home/stack";

/** For an answer from inside a container, in seconds. */
const limit = 30;

/** A stack whose containers can be asked. */
export type AskedStack =
  | Pick<KubernetesStack, "platform" | "config" | "cluster">
  | Pick<SwarmStack, "platform" | "config" | "engine" | "swarmName">;

/** The answer to a question, without the white space around it; undefined where nobody could be asked. */
export async function answerOf(stack: AskedStack, question: ContainerQuestion): Promise<string | undefined> {
  try {
    const { stdout } =
      stack.platform === "kubernetes"
        ? await inPod(stack.cluster, question)
        : await inTask(stack.engine, stack.swarmName, question);
    return stdout.trim() || undefined;
  } catch (error) {
    if (error instanceof CommandError) {
      return undefined;
    }
    throw error;
  }
}

function inPod(cluster: KubernetesCluster, { app, command, container }: ContainerQuestion) {
  return cluster.kubectl(["exec", `deployment/${app}`, "--container", container, "--", ...command], { timeout: limit });
}

/** Of a task that runs on another machine than the engine's, nobody is asked. */
async function inTask(
  engine: DockerEngine,
  swarmName: string,
  { app, command }: ContainerQuestion,
): Promise<{ stdout: string }> {
  const container = await containerOn(engine, `${swarmName}_${app}`);
  return container === undefined ? { stdout: "" } : engine.docker(["exec", container, ...command], { timeout: limit });
}
