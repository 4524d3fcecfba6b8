import { isIP } from "node:net";
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { AppMetadata } from "../labels";
import { defaultNameService, linkLocalNetworks, privateNetworks } from "../../../config/values/networks";

type EgressRule = k8s.types.input.networking.v1.NetworkPolicyEgressRule;
type Peer = k8s.types.input.networking.v1.NetworkPolicyPeer;

/** A port, and the pods at the other end of its connections. */
export interface Peers {
  port: number;
  /** All pods of another namespace. */
  namespace?: string;
  /** Labels of pods in the same namespace, any of which admits. Absent, without a namespace: everybody, from anywhere. */
  pods?: readonly pulumi.Input<Record<string, string>>[];
}

/** Which connections the pods of an app take and open; all others are refused. */
export interface Connections {
  takes: readonly Peers[];
  opens: readonly EgressRule[];
}

/** Who answers for names in a cluster. */
export interface NameService {
  /** Namespace of its pods. Default: see `defaultNameService`, as of the others. */
  namespace?: string | undefined;
  /** Labels of its pods. */
  labels?: Record<string, string> | undefined;
  /** Port on which its pods listen, whatever the Service's is. */
  port?: number | undefined;
  /** Addresses outside pods that are asked on port 53. */
  addresses?: readonly string[] | undefined;
}

/** What a cluster is like, so far as connections go. */
export interface ClusterNetwork {
  nameService?: NameService | undefined;
  /** Namespace of the Ingress controller. Absent: not known. */
  ingressNamespace?: string | undefined;
  /** Private networks that sites may reach, in CIDR form. Default: none. */
  reachableNetworks?: readonly string[] | undefined;
}

/**
 * Label by which a pod may be a client of a server: for `mysql`, `ghost-platform/mysql-client: "true"`. Its own apps have it from the server's endpoint,
 * and somebody else's pod gets it by hand.
 */
export function clientLabel(server: string): Record<string, string> {
  return { [`ghost-platform/${server}-client`]: "true" };
}

/**
 * Arguments of a NetworkPolicy. A cluster whose network does not carry policies out ignores it. What comes from the node itself, such as
 * probes and port-forwards, is not its concern.
 *
 * @param selector labels of the app's own pods
 */
export function networkPolicyArgs(
  metadata: AppMetadata,
  selector: Record<string, string>,
  { opens, takes }: Connections,
): k8s.networking.v1.NetworkPolicyArgs {
  return {
    metadata,
    spec: {
      podSelector: { matchLabels: selector },
      policyTypes: ["Ingress", "Egress"],
      ingress: takes.map(({ namespace, pods, port }) => ({
        ports: [{ port }],
        ...(pods ? { from: pods.map((matchLabels) => ({ podSelector: { matchLabels } })) } : {}),
        ...(namespace === undefined ? {} : { from: [inNamespace(namespace)] }),
      })),
      egress: [...opens],
    },
  };
}

/** To pods of the same namespace. @param pods their labels, any of which admits */
export function toPods(port: number, pods: readonly Record<string, string>[]): EgressRule {
  return { ports: [{ port }], to: pods.map((matchLabels) => ({ podSelector: { matchLabels } })) };
}

/** To every pod of the same namespace: those say themselves whom they let in. */
export const toNeighbours: EgressRule = { to: [{ podSelector: {} }] };

/** To the cluster's name service, and no other. */
export function toNames(nameService: NameService = {}): EgressRule[] {
  const { addresses = defaultNameService.addresses, port = defaultNameService.port } = nameService;
  const { labels = defaultNameService.labels, namespace = defaultNameService.namespace } = nameService;
  const rule = (at: number, to: Peer[]) => ({
    ports: [
      { port: at, protocol: "UDP" },
      { port: at, protocol: "TCP" },
    ],
    to,
  });
  const pods = { ...inNamespace(namespace), podSelector: { matchLabels: labels } };
  return [rule(port, [pods]), ...(addresses.length > 0 ? [rule(53, addresses.map(toAddress))] : [])];
}

function toAddress(address: string): Peer {
  return { ipBlock: { cidr: `${address}/${isIP(address) === 6 ? 128 : 32}` } };
}

/** Pods of one namespace. */
export function inNamespace(namespace: string): Peer {
  return { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } };
}

/** Every address of the internet: neither private, nor one of the machine's own link, where clouds hand out the machine's rights. */
export const internet: Peer[] = everywhereBut([...privateNetworks, ...linkLocalNetworks]);

/** Every pod and every address but those of the machine's own link. */
export const anywhere: Peer[] = [{ namespaceSelector: {} }, ...everywhereBut(linkLocalNetworks)];

function everywhereBut(networks: readonly string[]): Peer[] {
  return ([4, 6] as const).map((family) => ({
    ipBlock: {
      cidr: family === 4 ? "0.0.0.0/0" : "::/0",
      except: networks.filter((network) => isIP(network.split("/")[0] ?? "") === family),
    },
  }));
}

/**
 * To a server by its name, wherever it is. The port is that of the server itself. A Service of the cluster may have another one than its pods: all ports of
 * the namespace that its name says are open.
 *
 * @param host absent or known later: any
 */
export function toServer(
  host: pulumi.Input<string>,
  ports: readonly number[],
  protocol: "TCP" | "UDP" = "TCP",
): EgressRule[] {
  const rule = { ports: ports.map((port) => ({ port, protocol })), to: anywhere };
  const service = typeof host === "string" ? serviceIn(host) : undefined;
  return [rule, ...(service === undefined ? [] : [{ to: [service] }])];
}

/** The pods behind a name of a Service: `smtp`, `smtp.mail`, `smtp.mail.svc.cluster.local`. */
function serviceIn(host: string): Peer | undefined {
  const [, namespace, third] = host.split(".");
  if (isIP(host) !== 0 || host === "localhost" || (third !== undefined && third !== "svc")) {
    return undefined;
  }
  return namespace === undefined ? { podSelector: {} } : inNamespace(namespace);
}
