import { stackConfiguration } from "../home/stack-configuration";
import type { SwarmStackConfig } from "../config/schema";
import { UserError } from "../errors";
import type { ClusterOfStack } from "./carry-out";

/** A stack on Swarm. */
export function swarmConfiguration(stack: string): SwarmStackConfig {
  const config = stackConfiguration(stack);
  if (config.platform !== "swarm") {
    throw new UserError(`Stack ${stack} is on Kubernetes; this command is for stacks on Docker Swarm`);
  }
  return config;
}

/** The machines that a stack names, as a cluster; undefined where it names none. */
export function clusterOf(stack: string, { swarm }: SwarmStackConfig): ClusterOfStack | undefined {
  return swarm.nodes && { stack, wanted: { stack, nodes: swarm.nodes, autolock: swarm.autolock } };
}

/**
 * The cluster of a stack.
 *
 * @throws UserError for mistakes in the stack file, and where it names no machines
 */
export function openCluster(stack: string): ClusterOfStack {
  const cluster = clusterOf(stack, swarmConfiguration(stack));
  if (!cluster) {
    throw new UserError(
      `Stack ${stack} names no machines: its swarm is made by others, or by npm start on one engine. Name them under swarm.nodes (docs/swarm-cluster.md)`,
    );
  }
  return cluster;
}
