import type { KubernetesStackConfig, SwarmStackConfig } from "../config/schema";
import { mergeConfig, type RawConfig } from "../config/files/machine";
import { readRawStackFile } from "../config/files/stack-file";
import { lockStack } from "../home/deployment-lock";
import { projectDirectory } from "../home/project";
import { mustNotBeUpgrading } from "../home/upgrade-journal";
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
  const settings = await settingsOf(request);
  const release = lockStack(request.stack);
  try {
    mustNotBeUpgrading(request.stack);
    return await deployed(request, settings);
  } finally {
    release();
  }
}

/** The same for who holds the stack's lock already, because the deployment is a step of something larger. */
export async function deployLocked(request: DeployRequest): Promise<Deployment> {
  return deployed(request, await settingsOf(request));
}

interface Settings {
  settings: StackSettings;
  said: RawConfig;
}

async function settingsOf({ stack, where = {} }: DeployRequest): Promise<Settings> {
  const raw = readRawStackFile(projectDirectory, stack);
  const said = await settingsFor(raw, where);
  return { settings: stackSettings(stack, mergeConfig(raw, said)), said };
}

async function deployed(request: DeployRequest, { said, settings }: Settings): Promise<Deployment> {
  return settings.config.platform === "kubernetes"
    ? deployOnKubernetes(request, settings as StackSettings<KubernetesStackConfig>, said)
    : deployOnSwarm(request, settings as StackSettings<SwarmStackConfig>, said);
}
