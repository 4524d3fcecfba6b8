import type * as k8s from "@pulumi/kubernetes";
import type { KubernetesChildren } from "../platforms/kubernetes/children";
import {
  anywhere,
  inNamespace,
  networkPolicyArgs,
  toServer,
  type ClusterNetwork,
  type Connections,
} from "../platforms/kubernetes/network/network-policy";
import type { DatabaseEndpoint } from "./endpoints";

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

/** To who is behind an endpoint: one that asks for labels is of this program, in the same namespace, and says itself whom it lets in. */
export function toEndpoint({
  clientLabels,
  host,
  port,
}: Pick<DatabaseEndpoint<unknown>, "clientLabels" | "host" | "port">): Connections["opens"] {
  return clientLabels ? [{ ports: [{ port }], to: [{ podSelector: {} }] }] : toServer(host, [port]);
}

/** Ports on which the pods of Ingress controllers listen. */
const webPorts = [80, 443, 8000, 8080, 8443];

/**
 * To the address at which an Ingress or a Gateway publishes something; none for one of the machine itself.
 *
 * @param ingressNamespace of its controller, where that is known
 */
export function toPublished(url: string | undefined, ingressNamespace: string | undefined): Connections["opens"] {
  if (
    url === undefined ||
    !URL.canParse(url) ||
    /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname)
  ) {
    return [];
  }
  if (ingressNamespace !== undefined) {
    return [{ to: [inNamespace(ingressNamespace)] }];
  }
  const { port } = new URL(url);
  const ports = [...new Set([...webPorts, ...(port === "" ? [] : [Number(port)])])];
  return [{ ports: ports.map((each) => ({ port: each, protocol: "TCP" })), to: anywhere }];
}
