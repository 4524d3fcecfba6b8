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
