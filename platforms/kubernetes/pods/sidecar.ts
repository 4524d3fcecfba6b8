import type { types } from "@pulumi/kubernetes";

type Container = types.input.core.v1.Container;

/**
 * A native sidecar: stands among the init containers, in order, runs from then on beside the pod's own containers, and is stopped after
 * them. Kubernetes restarts it by itself, whatever ends it, without a restart of the others. Kubernetes 1.29 or newer.
 */
export function sidecar(container: Omit<Container, "restartPolicy" | "lifecycle">): Container {
  return { ...container, restartPolicy: "Always" };
}
