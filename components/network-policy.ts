import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { transformed, type Transform } from "./transform";

/** What a component's arguments say about its NetworkPolicy. */
export interface NetworkPolicyChoice {
  networkPolicy?: boolean | undefined;
  transform?: { networkPolicy?: Transform<k8s.networking.v1.NetworkPolicyArgs> } | undefined;
}

/** Makes the NetworkPolicy of a component, unless its arguments want none. */
export function networkPolicy(
  name: string,
  args: NetworkPolicyChoice,
  policy: k8s.networking.v1.NetworkPolicyArgs,
  options: pulumi.CustomResourceOptions,
): void {
  if (args.networkPolicy ?? true) {
    new k8s.networking.v1.NetworkPolicy(...transformed(args.transform?.networkPolicy, name, policy, { ...options }));
  }
}
