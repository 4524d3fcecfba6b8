import * as path from "node:path";
import type { RawConfig } from "../config/files/machine";
import { defaultDockerHost } from "../config/swarm/swarm-nodes";
import { currentDockerHost } from "../engines/docker-engine";
import type { EngineName } from "../home/deployments";

/** What is asked of a deployment. */
export interface DeployRequest {
  stack: string;
  /** Where to, in so far as the person says it now; remembered for this machine. */
  where?: Target;
  /** What is to deploy it. Default: what has deployed it, else what is there. */
  engine?: EngineName | undefined;
  /** Seconds until everything must answer; what is deployed then stays. Default: 15 minutes. */
  timeout?: number;
  /** Install Docker Engine or make a swarm without asking. Default: false. */
  yes?: boolean | undefined;
  /** Whether images built here may run in place of official ones that cannot be had. Default: for addresses of this machine alone. */
  buildImages?: boolean | undefined;
}

/** A place to deploy to. */
export interface Target {
  /** Of the kubeconfig. */
  context?: string | undefined;
  /** File with the context. */
  kubeconfig?: string | undefined;
  /** Address of a Docker Engine. */
  host?: string | undefined;
}

/** Images may have to be pulled on every node, a database initialised, another migrated. */
export const defaultTimeoutSeconds = 15 * 60;

/**
 * The settings of this machine that say where a stack goes.
 *
 * @param raw what its file says
 */
export async function settingsFor(raw: RawConfig, { context, host, kubeconfig }: Target): Promise<RawConfig> {
  if (raw["platform"] === "kubernetes") {
    const cluster = {
      ...(context ? { context } : {}),
      ...(kubeconfig ? { kubeconfig: path.resolve(kubeconfig) } : {}),
    };
    return Object.keys(cluster).length > 0 ? { kubernetes: cluster } : {};
  }
  const swarm = raw["swarm"] as { host?: unknown; nodes?: unknown } | null | undefined;
  const docker = host ?? ((swarm?.host ?? swarm?.nodes) ? undefined : await currentDockerHost());
  return docker && docker !== defaultDockerHost ? { swarm: { host: docker } } : {};
}
