import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** A port, and the pods at the other end of its connections. */
export interface Peers {
  port: number;
  /** Labels of pods in the same namespace, any of which admits. Absent: everybody, from anywhere. */
  pods?: readonly Record<string, string>[];
}

/** Which connections the pods of an app take and open; all others are refused. */
export interface Connections {
  takes: readonly Peers[];
  /** Absent: any. Names can be looked up in any case. */
  opens?: readonly Peers[];
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
  metadata: { name: string; namespace: pulumi.Input<string>; labels: Record<string, string> },
  selector: Record<string, string>,
  { opens, takes }: Connections,
): k8s.networking.v1.NetworkPolicyArgs {
  return {
    metadata,
    spec: {
      podSelector: { matchLabels: selector },
      policyTypes: opens ? ["Ingress", "Egress"] : ["Ingress"],
      ingress: takes.map(({ pods, port }) => ({ ports: [{ port }], ...(pods ? { from: peers(pods) } : {}) })),
      ...(opens
        ? {
            egress: [
              nameLookups,
              ...opens.map(({ pods, port }) => ({ ports: [{ port }], ...(pods ? { to: peers(pods) } : {}) })),
            ],
          }
        : {}),
    },
  };
}

const nameLookups = {
  ports: [
    { port: 53, protocol: "UDP" },
    { port: 53, protocol: "TCP" },
  ],
};

function peers(pods: readonly Record<string, string>[]) {
  return pods.map((matchLabels) => ({ podSelector: { matchLabels } }));
}
