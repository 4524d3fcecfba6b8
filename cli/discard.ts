import type { DockerEngine } from "./docker-engine";
import type { KubernetesCluster } from "./kubernetes-cluster";
import type { Discard } from "./pulumi-repair";
import { deleteObject } from "./rendered-kubernetes";
import { removeObject } from "./rendered-swarm";

/** Deletes half-made objects of a cluster. */
export function discardFromCluster(cluster: KubernetesCluster): Discard {
  return async ({ inputs }) => {
    const { apiVersion, kind, metadata } = inputs as {
      apiVersion?: string;
      kind?: string;
      metadata?: { name?: string };
    };
    if (apiVersion && kind && metadata?.name) {
      await deleteObject(cluster, { apiVersion, kind, name: metadata.name });
    }
  };
}

/** Removes half-made objects of a swarm; never a volume. */
export function discardFromSwarm(engine: DockerEngine): Discard {
  const kinds = {
    "docker:index/service:Service": "service",
    "docker:index/network:Network": "network",
    "docker:index/secret:Secret": "secret",
    "docker:index/serviceConfig:ServiceConfig": "config",
  } as const;
  return async ({ inputs, type }) => {
    const kind = type in kinds ? kinds[type as keyof typeof kinds] : undefined;
    if (kind && typeof inputs["name"] === "string") {
      await removeObject(engine, kind, inputs["name"]);
    }
  };
}
