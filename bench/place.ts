import * as path from "node:path";
import { DockerEngine } from "../engines/docker-engine";
import { KubernetesCluster, type ClusterAddress } from "../engines/kubernetes-cluster";
import { CommandError, UserError } from "../errors";
import { nodeAddresses } from "../machines/swarm-place";
import type { RawConfig } from "../config/files/machine";
import { neededImages } from "../stacks/images";
import { parseStackConfig } from "../config/parse";
import { runningEngines } from "../sandbox/engine";
import { imageNames, type ImageName } from "../sandbox/images";
import { runningNode } from "../sandbox/kubernetes";

/** Name of the stack that is measured; on Kubernetes it lives in namespace `ghost-bench`. */
export const benchStack = "bench";
export const benchNamespace = `ghost-${benchStack}`;
/** Ports on a Swarm node, beside those of a stack that may run there. */
const ports = { site: 2390, inbox: 8090 };

/** Where the person wants to measure; what is left out is the sandbox's. */
export interface Wanted {
  context?: string;
  kubeconfig?: string;
  host?: string;
}

/** A cluster to measure on, and the stack for it: one site, the defaults otherwise. */
export interface BenchCluster {
  cluster: KubernetesCluster;
  address: ClusterAddress;
  config: RawConfig;
}

/**
 * The cluster to measure on: the one the person names, else the sandbox's node with the images built for it.
 *
 * @throws UserError where there is none, or it does not answer
 */
export async function benchCluster({ context, kubeconfig }: Wanted): Promise<BenchCluster> {
  const node = context ? undefined : await runningNode();
  if (!context && !node) {
    throw new UserError(
      "There is no cluster to measure on. Start the sandbox's node (npm run sandbox -- kubernetes up), or name a cluster: --context NAME",
    );
  }
  if (node) {
    process.env["PATH"] = `${path.dirname(node.kubectl)}${path.delimiter}${process.env["PATH"] ?? ""}`;
  }
  const address = node
    ? { context: node.context, kubeconfig: node.kubeconfig }
    : { context: context ?? "", kubeconfig };
  const cluster = new KubernetesCluster(address, benchNamespace);
  await cluster.mustAnswer();
  const config = {
    platform: "kubernetes",
    retainData: false,
    kubernetes: { ...address, namespace: benchNamespace },
    mysql: { storage: { size: "2Gi" } },
    sites: { blog: { url: `http://localhost:${ports.site}`, storage: { size: "1Gi" } } },
  };
  return { cluster, address, config: node ? withImagesBuiltHere(config) : config };
}

/** A swarm to measure on, and the stack for it. */
export interface BenchSwarm {
  engine: DockerEngine;
  config: RawConfig;
  /** Where the site is to answer. */
  url: string;
}

/**
 * The swarm to measure on: the engine the person names, else the sandbox's first one; with the images built here where it has them.
 *
 * @throws UserError where there is none, or it is no manager
 */
export async function benchSwarm({ host }: Wanted): Promise<BenchSwarm> {
  const chosen = host ?? (await runningEngines())[0]?.host;
  if (!chosen) {
    throw new UserError(
      "There is no Docker Engine to measure on. Start the sandbox's (npm run sandbox -- engine up), or name one: --host unix:///var/run/docker.sock",
    );
  }
  const engine = new DockerEngine(chosen);
  const manager = await engine.swarmState().catch((error: unknown) => {
    throw error instanceof CommandError ? new UserError(`${chosen} does not answer: ${error.message}`) : error;
  });
  if (!manager.isManager) {
    throw new UserError(
      `The Docker Engine at ${chosen} is no manager of a swarm. Make it one: docker --host ${chosen} swarm init`,
    );
  }
  const config = {
    platform: "swarm",
    retainData: false,
    swarm: { host: chosen },
    mailpit: { port: ports.inbox },
    sites: { blog: { url: `http://localhost:${ports.site}` } },
  };
  const address = (await nodeAddresses(engine)).pop() ?? "127.0.0.1";
  return {
    engine,
    config: (await engine.hasImage(imageNames.ghost)) ? withImagesBuiltHere(config) : config,
    url: `http://${address}:${ports.site}/`,
  };
}

/** A stack with the images that are built here in place of those it would run. */
export function withImagesBuiltHere(config: RawConfig): RawConfig {
  const built = neededImages(parseStackConfig(config)).filter(({ name }) => name in imageNames);
  return { ...config, images: Object.fromEntries(built.map(({ name }) => [name, imageNames[name as ImageName]])) };
}
