import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** How an app is published by the cluster's Ingress controller. */
export interface IngressSettings {
  /** Ingress class. Default: the cluster's default class. */
  className?: string | undefined;
  /** TLS Secret in the same namespace. Absent: plain http. */
  tlsSecret?: string | undefined;
  /** Annotations for the controller. */
  annotations?: Record<string, string> | undefined;
}

/**
 * Arguments of an Ingress that sends everything for a host, below a path, to a Service. The engine does not wait for its address: a
 * controller may take minutes, or be absent, and the app works all the same.
 */
export function ingressArgs(
  metadata: { name: string; namespace: pulumi.Input<string>; labels: Record<string, string> },
  settings: IngressSettings,
  route: { host: string; path: string; service: pulumi.Input<string>; port: number },
): k8s.networking.v1.IngressArgs {
  const { className, tlsSecret, annotations } = settings;
  return {
    metadata: { ...metadata, annotations: { ...annotations, "pulumi.com/skipAwait": "true" } },
    spec: {
      ...(className ? { ingressClassName: className } : {}),
      ...(tlsSecret ? { tls: [{ hosts: [route.host], secretName: tlsSecret }] } : {}),
      rules: [
        {
          host: route.host,
          http: {
            paths: pathsBelow(route.path).map((place) => ({
              ...place,
              backend: { service: { name: route.service, port: { number: route.port } } },
            })),
          },
        },
      ],
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
