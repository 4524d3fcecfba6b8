import type * as k8s from "@pulumi/kubernetes";
import type { AppMetadata } from "../labels";

/**
 * Arguments of a Service inside the cluster. The engine does not wait for its endpoints: that costs some ten seconds a Service, and
 * readiness is what Deployments and StatefulSets are awaited for.
 *
 * @param options.headless names resolve to the pods themselves
 * @param options.notReady also to those that are not ready: for members that look for each other, and for clients of an app of one pod
 */
export function serviceArgs(
  metadata: AppMetadata,
  selector: Record<string, string>,
  ports: Record<string, number>,
  options: { headless?: boolean; notReady?: boolean } = {},
): k8s.core.v1.ServiceArgs {
  return {
    metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } },
    spec: {
      ...(options.headless ? { clusterIP: "None" } : {}),
      ...(options.notReady ? { publishNotReadyAddresses: true } : {}),
      selector,
      ports: Object.entries(ports).map(([name, port]) => ({ name, port, targetPort: name })),
    },
  };
}
