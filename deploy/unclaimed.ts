import type { OwnerQuestion } from "../components/app";
import type { DockerEngine } from "../engines/docker-engine";
import { containerOn } from "../engines/swarm-objects";
import type { KubernetesCluster } from "../engines/kubernetes-cluster";
import { CommandError } from "../errors";
import { swarmStackName } from "../platforms/swarm/stack";
import { appsOf } from "../stacks/apps";
import type { Deployment } from "./deploy-stack";

/** For an answer from inside a container, in seconds. */
const limit = 30;

/** Sites of a stack that is up, and that whoever visits them first will own, in words. Where that cannot be asked, nothing is said. */
export async function unclaimedLines(deployment: Deployment): Promise<string[]> {
  const { config, stack } = deployment;
  const sites = appsOf(config)
    .flatMap((app) => app.owners?.(config) ?? [])
    .filter(({ signIn }) => new URL(signIn).hostname !== "localhost");
  const lines = await Promise.all(
    sites.map(async ({ key, name, question, signIn }) =>
      (await answerOf(deployment, question)) === "nobody"
        ? [
            "",
            `NOBODY OWNS site ${name}: whoever visits ${signIn} first will. Go there now,`,
            `or take the site away, and name its owner in ${key} of Pulumi.${stack}.yaml.`,
          ]
        : [],
    ),
  );
  return lines.flat();
}

async function answerOf(deployment: Deployment, question: OwnerQuestion): Promise<string | undefined> {
  try {
    const { stdout } =
      deployment.platform === "kubernetes"
        ? await inPod(deployment.cluster, question)
        : await inTask(deployment.docker, swarmStackName(deployment.stack), question);
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
