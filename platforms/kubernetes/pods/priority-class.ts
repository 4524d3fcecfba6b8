import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { KubernetesConfig } from "../../../config/schema";
import { clusterLabels } from "../labels";

/** Above pods without a class, which have 0; far below what the cluster itself needs, two thousand million. */
const sitePriority = 1000;

/**
 * The priority of a stack's sites. A PriorityClass belongs to the whole cluster, so each stack has one of its own, named after its
 * namespace: `ghost-dev-priority` in namespace `ghost-dev`. Or the one that the configuration names, which is left alone.
 *
 * @returns its name
 */
export function sitePriorityClass(
  { namespace, priorityClass }: KubernetesConfig,
  options: pulumi.CustomResourceOptions,
): pulumi.Input<string> {
  if (priorityClass !== undefined) {
    return priorityClass;
  }
  const name = `${namespace}-priority`;
  return new k8s.scheduling.v1.PriorityClass(
    name,
    {
      metadata: { name, labels: clusterLabels(namespace) },
      value: sitePriority,
      description: `Ghost sites of the stack in namespace ${namespace}`,
      // Ahead in the queue and late to be evicted, but no site pushes out what runs: that might be its own database.
      preemptionPolicy: "Never",
    },
    options,
  ).metadata.name;
}
