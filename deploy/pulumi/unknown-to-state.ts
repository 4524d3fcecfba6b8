import { UserError } from "../../errors";
import { ownedBy } from "../../platforms/kubernetes/ownership";
import { deployedBy } from "../../home/deployments";
import type { DockerEngine } from "../../engines/docker-engine";
import type { KubernetesCluster } from "../../engines/kubernetes-cluster";
import type { PulumiEngine } from "./cli";
import { machineDirectory } from "../../home/project";
import { findStack, namesResources } from "./workspace";
import { owned } from "../before/swarm-ownership";

/** What of a stack runs where it is to be deployed, and how a person takes that down and keeps the data. */
export interface RunningStack {
  /** Where, in words: "namespace ghost-dev of my-cluster". */
  place: string;
  /** Names of its workloads or services. */
  names: string[];
  /** The command that removes them and leaves the data. */
  removal: string;
}

/** The workloads of a stack in its namespace. */
export async function runningOnCluster(cluster: KubernetesCluster, owner: string): Promise<RunningStack> {
  const kinds = "deployments,statefulsets,services,secrets,networkpolicies";
  return {
    place: `namespace ${cluster.namespace} of ${cluster.address.context}`,
    names: await cluster.lines(["get", "deployments,statefulsets", "--selector", ownedBy(owner), "--output", "name"]),
    removal: cluster.commandLine("delete", kinds, "--selector", ownedBy(owner)),
  };
}

/** The services of a stack on a swarm. */
export async function runningOnSwarm(engine: DockerEngine, swarmName: string): Promise<RunningStack> {
  return {
    place: engine.host,
    names: await owned(engine, "service", swarmName),
    removal: `docker --host ${engine.host} stack rm ${swarmName}`,
  };
}

/**
 * Refuses to deploy a stack with Pulumi that runs already, when the state at hand knows nothing of it.
 *
 * @throws UserError
 */
export async function refuseUnknownToState(
  stack: string,
  engine: PulumiEngine,
  running: () => Promise<RunningStack>,
): Promise<void> {
  const found = await findStack(stack, engine);
  // A state that is there and was deployed from here is believed without another look.
  if (found && deployedBy(stack) === "pulumi") {
    return;
  }
  const { names, place, removal } = await running();
  if (names.length > 0 && !(found && (await namesResources(found)))) {
    throw new UserError(
      `Stack ${stack} runs on ${place} already (${names.join(", ")}) and the Pulumi state ${whereOf(engine)} knows nothing of it: it was deployed from elsewhere, or that state was lost. Deploy it from the checkout, or with the Pulumi backend, that has its state. Where that is lost, remove what runs, which keeps the data, and run this again; the database takes over the new passwords:\n  ${removal}`,
    );
  }
}

function whereOf({ backend }: PulumiEngine): string {
  return backend === "local" ? `in ${machineDirectory}` : `in ${backend.url}`;
}
