import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import {
  clientLabel,
  networkPolicyArgs,
  toNames,
  toPods,
  type ClusterNetwork,
} from "../../platforms/kubernetes/network-policy";
import { mysqlPort } from "./server-options";

/**
 * Connections of a database server of any topology: from other members and from its clients, which are labelled as such; to other members, which it finds by
 * name, alone.
 */
export function mysqlNetworkPolicy(
  metadata: { name: string; namespace: pulumi.Input<string>; labels: Record<string, string> },
  { nameService }: ClusterNetwork,
): k8s.networking.v1.NetworkPolicyArgs {
  const members = metadata.labels;
  return networkPolicyArgs(metadata, members, {
    takes: [{ port: mysqlPort, pods: [members, clientLabel(metadata.name)] }],
    opens: [...toNames(nameService), toPods(mysqlPort, [members])],
  });
}
