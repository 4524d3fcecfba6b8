import type { Claim } from "../components/app";
import type { DockerEngine } from "../engines/docker-engine";
import type { KubernetesCluster } from "../engines/kubernetes-cluster";
import { CommandError } from "../errors";
import { swarmStackName } from "../platforms/swarm/stack";
import { appsOf } from "../stacks/apps";
import type { Deployment } from "./deploy-stack";

/** For an answer from inside a container, in seconds. */
const limit = 30;

/** What of a stack that is up belongs to whoever visits it first, in words. Where that cannot be asked, nothing is said. */
export async function unclaimedLines(deployment: Deployment): Promise<string[]> {
  const { config, stack } = deployment;
  const claims = appsOf(config).flatMap((app) => app.claims?.(config) ?? []);
  const lines = await Promise.all(
    claims.map(async (claim) =>
      (await answerOf(deployment, claim)) === claim.open ? ["", ...claim.warning(stack)] : [],
    ),
  );
  return lines.flat();
}

async function answerOf(deployment: Deployment, claim: Claim): Promise<string | undefined> {
  try {
    const { stdout } =
      deployment.platform === "kubernetes"
        ? await inPod(deployment.cluster, claim)
        : await inTask(deployment.docker, swarmStackName(deployment.stack), claim);
    return stdout.trim();
  } catch (error) {
    if (error instanceof CommandError) {
      return undefined;
    }
    throw error;
  }
}

function inPod(cluster: KubernetesCluster, { app, command, container }: Claim) {
  return cluster.kubectl(["exec", `deployment/${app}`, "--container", container, "--", ...command], { timeout: limit });
}

/** Of a task that runs on another machine than the engine's, nobody is asked. */
async function inTask(engine: DockerEngine, swarmName: string, { app, command }: Claim): Promise<{ stdout: string }> {
  const label = `label=com.docker.swarm.service.name=${swarmName}_${app}`;
  const [container] = await engine.lines(["ps", "--quiet", "--filter", label]);
  return container === undefined ? { stdout: "" } : engine.docker(["exec", container, ...command], { timeout: limit });
}
