import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { restrictedPod } from "./security";

type PodSpec = types.input.core.v1.PodSpec;
type PodTemplateSpec = types.input.core.v1.PodTemplateSpec;

/**
 * The template every pod of this project is made from: one user without privileges, no access to the cluster's API, no variables of
 * neighbouring Services (images read names such as MYSQL_PORT), and a restart when its configuration changes.
 *
 * @param configurationHash `contentHash` of everything the pod mounts and reads at its start
 */
export function podTemplate(
  labels: Record<string, string>,
  user: number,
  configurationHash: pulumi.Input<string>,
  spec: Omit<PodSpec, "securityContext">,
): PodTemplateSpec {
  return {
    metadata: { labels, annotations: { "ghost-platform/configuration": configurationHash } },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: restrictedPod(user),
      ...spec,
    },
  };
}
