import { refuseForeign, type ObjectReference } from "../../platforms/kubernetes/ownership";
import type { DockerEngine } from "../../engines/docker-engine";
import type { KubernetesCluster } from "../../engines/kubernetes-cluster";
import { refuseForeignOnSwarm, removeOwned, swarmObjectsOf } from "../before/swarm-ownership";
import type { StateOnPlatform } from "./repair";
import type { StateResource } from "./workspace";
import { deleteObject } from "../rendered/kubernetes";

/** What a stack's state names of a cluster. */
export function stateOnCluster(cluster: KubernetesCluster, owner: string): StateOnPlatform {
  return {
    async refuseForeign(resources) {
      await refuseForeign(cluster, owner, resources.flatMap(objectOf));
    },
    async discard(resource) {
      for (const object of objectOf(resource)) {
        await deleteObject(cluster, owner, object);
      }
    },
  };
}

function objectOf({ inputs, type }: StateResource): ObjectReference[] {
  const { apiVersion, kind, metadata } = inputs as {
    apiVersion?: string;
    kind?: string;
    metadata?: { name?: string };
  };
  return type.startsWith("kubernetes:") && apiVersion && kind && metadata?.name
    ? [{ apiVersion, kind, name: metadata.name }]
    : [];
}

/**
 * What a stack's state names of a swarm. Half-made volumes stay: they may hold data.
 *
 * @param name of the stack in the swarm
 */
export function stateOnSwarm(engine: DockerEngine, name: string): StateOnPlatform {
  return {
    async refuseForeign(resources) {
      await refuseForeignOnSwarm(engine, name, swarmObjectsOf(resources));
    },
    async discard(resource) {
      for (const { kind, name: object } of swarmObjectsOf([resource])) {
        if (kind !== "volume") {
          await removeOwned(engine, name, kind, object);
        }
      }
    },
  };
}
