import { DockerEngine, engineTrouble } from "../engines/docker-engine";
import { KubernetesCluster, missingContext } from "../engines/kubernetes-cluster";
import { stackConfiguration } from "./stack-configuration";
import { unknownContext } from "../config/kubernetes/kubernetes-context";
import type { KubernetesStackConfig, SwarmStackConfig } from "../config/schema";
import { UserError } from "../errors";
import { swarmStackName } from "../platforms/swarm/stack";

/** A stack on a cluster that answers. */
export interface KubernetesStack {
  platform: "kubernetes";
  name: string;
  config: KubernetesStackConfig;
  cluster: KubernetesCluster;
}

/** A stack on a manager that answers. */
export interface SwarmStack {
  platform: "swarm";
  name: string;
  config: SwarmStackConfig;
  engine: DockerEngine;
  /** Name that `docker stack ls` shows. */
  swarmName: string;
}

export type Stack = KubernetesStack | SwarmStack;

/** The stack that `npm start` deploys when none is named. */
export const defaultStack = "swarm";

/**
 * A stack's configuration, and the cluster or engine on which it runs.
 *
 * @throws UserError for mistakes in the stack file, and where cluster or swarm do not answer
 */
export async function openStack(name: string): Promise<Stack> {
  const config = stackConfiguration(name);
  if (config.platform === "kubernetes") {
    if (config.kubernetes.context === unknownContext) {
      throw missingContext(name, config.kubernetes.kubeconfig);
    }
    const cluster = new KubernetesCluster(config.kubernetes, config.kubernetes.namespace);
    await cluster.mustAnswer();
    return { platform: "kubernetes", name, config, cluster };
  }
  const engine = await answeringManager(config);
  const { isManager, state } = await engine.swarmState();
  if (!isManager) {
    throw new UserError(notManager(name, engine.host, state));
  }
  return { platform: "swarm", name, config, engine, swarmName: swarmStackName(name) };
}

/**
 * The engine that deploys; where it does not answer, that of another manager that does.
 *
 * @throws UserError where none answers, with what keeps the first
 */
async function answeringManager({ swarm }: SwarmStackConfig): Promise<DockerEngine> {
  const engine = new DockerEngine(swarm.host);
  const trouble = await engine.trouble();
  if (!trouble) {
    return engine;
  }
  for (const { host, role } of Object.values(swarm.nodes ?? {})) {
    const other = new DockerEngine(host);
    if (role === "manager" && host !== swarm.host && !(await other.trouble())) {
      return other;
    }
  }
  throw engineTrouble(engine, trouble);
}

function notManager(name: string, host: string, state: string): string {
  if (state === "inactive") {
    return `The Docker Engine at ${host} is in no swarm, so stack ${name} is not deployed there. Deploy it: npm start -- --stack ${name}`;
  }
  if (state === "locked") {
    return `The swarm at ${host} is locked. Unlock it: docker --host ${host} swarm unlock`;
  }
  return `The Docker Engine at ${host} is no manager of its swarm (state ${state}), and only managers know its tasks. Name a manager as swarm.host`;
}

/** Where a stack runs, in words. */
export function place(stack: Stack): string {
  return stack.platform === "kubernetes"
    ? `${stack.cluster.address.context}, namespace ${stack.cluster.namespace}`
    : `${stack.engine.host}, swarm stack ${stack.swarmName}`;
}
