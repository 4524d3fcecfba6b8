import type { KubernetesStackConfig, SwarmStackConfig } from "../config/schema";
import { mergeConfig } from "../config/machine";
import { readRawStackFile } from "../config/stack-file";
import { lockStack } from "../home/deployment-lock";
import { projectDirectory } from "../home/project";
import { stackSettings, type StackSettings } from "../home/stack-configuration";
import { deployOnKubernetes, type KubernetesDeployment } from "./deploy-kubernetes";
import { deployOnSwarm, type SwarmDeployment } from "./deploy-swarm";
import { settingsFor, type DeployRequest } from "./request";

/** A stack that is up. */
export type Deployment = KubernetesDeployment | SwarmDeployment;

/**
 * Deploys a stack and waits until everything answers. Run again, it changes nothing.
 *
 * @throws UserError that lists every mistake, before anything is touched; or says why the stack does not come up
 */
export async function deployStack(request: DeployRequest): Promise<Deployment> {
  const { stack, where = {} } = request;
  const raw = readRawStackFile(projectDirectory, stack);
  const said = await settingsFor(raw, where);
  const settings = stackSettings(stack, mergeConfig(raw, said));
  const release = lockStack(stack);
  try {
    return settings.config.platform === "kubernetes"
      ? await deployOnKubernetes(request, settings as StackSettings<KubernetesStackConfig>, said)
      : await deployOnSwarm(request, settings as StackSettings<SwarmStackConfig>, said);
  } finally {
    release();
  }
}
