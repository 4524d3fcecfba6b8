import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ClusterNetwork } from "../platforms/kubernetes/network-policy";
import { transformed, type Transform } from "./transform";

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
  networkPolicy?: NetworkPolicyArgument;
  transform?: { networkPolicy?: Transform<k8s.networking.v1.NetworkPolicyArgs> } | undefined;
}

/** Makes the NetworkPolicy of a component, unless its arguments want none. */
export function networkPolicy(
  name: string,
  args: NetworkPolicyChoice,
  policy: k8s.networking.v1.NetworkPolicyArgs,
  options: pulumi.CustomResourceOptions,
): void {
  if (args.networkPolicy !== false) {
    new k8s.networking.v1.NetworkPolicy(...transformed(args.transform?.networkPolicy, name, policy, { ...options }));
  }
}
