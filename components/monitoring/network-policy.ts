import { toNeighbours, type Connections } from "../../platforms/kubernetes/network/network-policy";
import { clusterNetwork, toPublished } from "../network-policy";
import type { MonitoringArgs } from "./args-kubernetes";

/** To what is watched: pods of the stack, which say themselves whom they let in, and the addresses of sites, for their certificates. */
export function toPages({ certificates = [], networkPolicy }: MonitoringArgs): Connections["opens"] {
  const { ingressNamespace } = clusterNetwork(networkPolicy);
  const published = certificates.flatMap(({ address }) => toPublished(address, ingressNamespace));
  const each = new Map(published.map((rule) => [JSON.stringify(rule), rule]));
  return [toNeighbours, ...each.values()];
}
