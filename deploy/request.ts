import * as path from "node:path";
import { writeMachineSettings, type RawConfig } from "../config/machine";
import type { StackConfig } from "../config/schema";
import { readRawStackFile } from "../config/stack-file";
import { defaultDockerHost } from "../config/swarm-nodes";
import { currentDockerHost } from "../engines/docker-engine";
import { UserError } from "../errors";
import type { EngineName } from "../home/deployments";
import { projectDirectory } from "../home/project";
import { withSettings, type StackSettings } from "../home/stack-configuration";

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

/** The settings of this machine that say where a stack goes. */
export async function settingsFor(stack: string, { context, host, kubeconfig }: Target): Promise<RawConfig> {
  const raw = readRawStackFile(projectDirectory, stack);
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

/** Keeps settings for this machine: the next run, and Pulumi's program, take them from there. */
export function remember(stack: string, settings: RawConfig): void {
  if (Object.keys(settings).length > 0) {
    writeMachineSettings(projectDirectory, stack, settings);
  }
}

/** Keeps what a deployment has found out, and goes on with it. */
export function learned<Config extends StackConfig>(
  settings: StackSettings<Config>,
  found: RawConfig,
): StackSettings<Config> {
  remember(settings.stack, found);
  return withSettings(settings, found);
}

/** Says of a stack that does not come up how to learn more. */
export async function explained<Value>(stack: string, wait: () => Promise<Value>): Promise<Value> {
  try {
    return await wait();
  } catch (error) {
    if (error instanceof UserError) {
      error.message += `\nWhy, in words: npm run ops -- diagnose --stack ${stack}. Once it is mended, npm start goes on from here.`;
    }
    throw error;
  }
}
