import {
  clientLabel,
  toNames,
  toPods,
  type ClusterNetwork,
  type Connections,
} from "../../platforms/kubernetes/network/network-policy";
import type { KubernetesChildren } from "../../platforms/kubernetes/children";
import { mysqlPort } from "./server-options";

/** Connections of a database server of any topology: from other members and from its clients, which are labelled as such; to other members, which it finds by name, alone. */
export function serverConnections(
  { labels, objectName }: KubernetesChildren,
  { nameService }: ClusterNetwork,
): Connections {
  return {
    takes: [{ port: mysqlPort, pods: [labels, clientLabel(objectName)] }],
    opens: [...toNames(nameService), toPods(mysqlPort, [labels])],
  };
}
