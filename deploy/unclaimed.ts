import type { OwnedSite, OwnerQuestion } from "../components/app";
import type { DockerEngine } from "../engines/docker-engine";
import { containerOn } from "../engines/swarm-objects";
import type { KubernetesCluster } from "../engines/kubernetes-cluster";
import { CommandError } from "../errors";
import type { KubernetesStack, SwarmStack } from "../home/stack";
import { swarmStackName } from "../platforms/swarm/stack";
import { appsOf } from "../stacks/apps";
import type { Deployment } from "./deploy-stack";

/** For an answer from inside a container, in seconds. */
const limit = 30;

/** A stack whose sites can be asked. */
export type AskedStack =
  | Pick<KubernetesStack, "platform" | "config" | "cluster">
  | Pick<SwarmStack, "platform" | "config" | "engine" | "swarmName">;

/** Sites of a stack that is up, and that whoever visits them first will own. One that cannot be asked is none of them, nor is one of this machine alone. */
export async function unclaimedSites(stack: AskedStack): Promise<OwnedSite[]> {
  const sites = appsOf(stack.config)
    .flatMap((app) => app.owners?.(stack.config) ?? [])
    .filter(({ signIn }) => new URL(signIn).hostname !== "localhost");
  const answers = await Promise.all(sites.map(({ question }) => answerOf(stack, question)));
  return sites.filter((_, index) => answers[index] === "nobody");
}

/** The same in words, for the end of a start. */
export async function unclaimedLines(deployment: Deployment): Promise<string[]> {
  const { stack } = deployment;
  const sites = await unclaimedSites(
    deployment.platform === "kubernetes"
      ? deployment
      : { platform: "swarm", config: deployment.config, engine: deployment.docker, swarmName: swarmStackName(stack) },
  );
  return sites.flatMap(({ key, name, signIn }) => [
    "",
    `NOBODY OWNS site ${name}: whoever visits ${signIn} first will. Go there now,`,
    `or take the site away, and name its owner in ${key} of Pulumi.${stack}.yaml.`,
  ]);
}

async function answerOf(stack: AskedStack, question: OwnerQuestion): Promise<string | undefined> {
  try {
    const { stdout } =
      stack.platform === "kubernetes"
        ? await inPod(stack.cluster, question)
        : await inTask(stack.engine, stack.swarmName, question);
    return stdout.trim();
  } catch (error) {
    if (error instanceof CommandError) {
      return undefined;
    }
    throw error;
  }
}

function inPod(cluster: KubernetesCluster, { app, command, container }: OwnerQuestion) {
  return cluster.kubectl(["exec", `deployment/${app}`, "--container", container, "--", ...command], { timeout: limit });
}

/** Of a task that runs on another machine than the engine's, nobody is asked. */
async function inTask(
  engine: DockerEngine,
  swarmName: string,
  { app, command }: OwnerQuestion,
): Promise<{ stdout: string }> {
  const container = await containerOn(engine, `${swarmName}_${app}`);
  return container === undefined ? { stdout: "" } : engine.docker(["exec", container, ...command], { timeout: limit });
}
