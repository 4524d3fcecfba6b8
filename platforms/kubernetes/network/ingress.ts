import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { AppMetadata } from "../labels";

/** How an app is published by the cluster's Ingress controller. */
export interface IngressSettings {
  /** Ingress class. Default: the cluster's default class. */
  className?: string | undefined;
  /** TLS Secret in the same namespace. Default: `<Ingress>-tls` with an issuer, else none: plain http. */
  tlsSecret?: string | undefined;
  /** Issuer of cert-manager that fills the Secret. Absent: somebody else does. */
  issuer?: { kind: "ClusterIssuer" | "Issuer"; name: string } | undefined;
  /** Annotations for the controller. */
  annotations?: Record<string, string> | undefined;
}

/** What cert-manager looks for. */
export const issuerAnnotations = {
  ClusterIssuer: "cert-manager.io/cluster-issuer",
  Issuer: "cert-manager.io/issuer",
} as const;

/**
 * Arguments of an Ingress that sends everything for some hosts, below a path, to a Service. The engine does not wait for its address: a
 * controller may take minutes, or be absent, and the app works all the same.
 */
export function ingressArgs(
  metadata: AppMetadata,
  settings: IngressSettings,
  route: { hosts: readonly string[]; path: string; service: pulumi.Input<string>; port: number },
): k8s.networking.v1.IngressArgs {
  const { className, annotations, issuer } = settings;
  const secretName = settings.tlsSecret ?? (issuer ? `${metadata.name}-tls` : undefined);
  return {
    metadata: {
      ...metadata,
      annotations: {
        ...annotations,
        ...(issuer ? { [issuerAnnotations[issuer.kind]]: issuer.name } : {}),
        "pulumi.com/skipAwait": "true",
      },
    },
    spec: {
      ...(className ? { ingressClassName: className } : {}),
      ...(secretName ? { tls: [{ hosts: [...route.hosts], secretName }] } : {}),
      rules: route.hosts.map((host) => ({
        host,
        http: {
          paths: pathsBelow(route.path).map((place) => ({
            ...place,
            backend: { service: { name: route.service, port: { number: route.port } } },
          })),
        },
      })),
    },
  };
}

/**
 * The path itself and what is below it. Kubernetes takes `/news` as a prefix of whole parts; controllers that compare characters (Traefik does,
 * unless told otherwise) would send `/newsletter` there, too, and for `/news/` would not know `/news`. Said in this way, all agree.
 */
function pathsBelow(path: string): { path: string; pathType: string }[] {
  const base = path.replace(/\/+$/, "");
  const below = { path: `${base}/`, pathType: "Prefix" };
  return base === "" ? [below] : [{ path: base, pathType: "Exact" }, below];
}
