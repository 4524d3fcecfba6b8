import type * as k8s from "@pulumi/kubernetes";
import type { AppMetadata } from "../labels";

/**
 * Arguments of a Deployment that is updated without a moment in which too few pods serve: a new pod is ready before an old one goes.
 *
 * @param labels what selects its pods; the template has them, and may have more
 */
export function rollingDeployment(
  metadata: AppMetadata,
  labels: Record<string, string>,
  replicas: number,
  template: k8s.types.input.core.v1.PodTemplateSpec,
): k8s.apps.v1.DeploymentArgs {
  return {
    metadata,
    spec: {
      replicas,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      selector: { matchLabels: labels },
      template,
    },
  };
}

/**
 * Where the next pod of such a Deployment comes up when each has the same claim: on the node of the present one if it can, for most volumes are on one node at a
 * time. Not by all means: of a node that is lost its pods go, and the volume after them.
 *
 * @param labels of its pods
 */
export function besideItself(labels: Record<string, string>): k8s.types.input.core.v1.Affinity {
  const term = { labelSelector: { matchLabels: labels }, topologyKey: "kubernetes.io/hostname" };
  return { podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term }] } };
}
