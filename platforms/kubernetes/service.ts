import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/**
 * Arguments of a Service inside the cluster. The engine does not wait for its endpoints: that costs some ten seconds a Service, and
 * readiness is what Deployments and StatefulSets are awaited for.
 */
export function serviceArgs(
  metadata: { name: string; namespace: pulumi.Input<string>; labels: Record<string, string> },
  selector: Record<string, string>,
  ports: Record<string, number>,
  options: { headless?: boolean } = {},
): k8s.core.v1.ServiceArgs {
  return {
    metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } },
    spec: {
      ...(options.headless ? { clusterIP: "None" } : {}),
      selector,
      ports: Object.entries(ports).map(([name, port]) => ({ name, port, targetPort: name })),
    },
  };
}
