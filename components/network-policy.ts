import type * as k8s from "@pulumi/kubernetes";
import type { KubernetesChildren } from "../platforms/kubernetes/children";
import {
  networkPolicyArgs,
  type ClusterNetwork,
  type Connections,
} from "../platforms/kubernetes/network/network-policy";

/**
 * Refuse connections that are not an app's business, where the cluster's network carries NetworkPolicies out. Default true, for a cluster as most are; a map says
 * how this one differs.
 */
export type NetworkPolicyArgument = boolean | ClusterNetwork | undefined;

/** What an argument says of the cluster. */
export function clusterNetwork(argument: NetworkPolicyArgument): ClusterNetwork {
  return typeof argument === "object" ? argument : {};
}

/** What a component's arguments say about its NetworkPolicy. */
export interface NetworkPolicyChoice {
  /** See `NetworkPolicyArgument`. Default true. */
  networkPolicy?: NetworkPolicyArgument;
}

/** Makes the NetworkPolicy of a component, unless its arguments want none. */
export function networkPolicy(
  children: KubernetesChildren,
  { networkPolicy: wanted = true }: NetworkPolicyChoice,
  connections: Connections,
): k8s.networking.v1.NetworkPolicy | undefined {
  const args = networkPolicyArgs(children.metadata(""), children.labels, connections);
  return wanted !== false ? children.make("networkPolicy", "", args) : undefined;
}
