import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { AppMetadata } from "../labels";

/** API group and version of a route. */
export const gatewayApi = "gateway.networking.k8s.io/v1";

/** A Gateway's listeners, as a route names them. */
export interface ParentRef {
  /** The Gateway. */
  name: string;
  /** Its namespace. Default: the route's. */
  namespace?: string | undefined;
  /** One of its listeners. Default: all. */
  sectionName?: string | undefined;
  /** Only listeners on this port. Default: any. */
  port?: number | undefined;
}

/** How an app is published by a Gateway. */
export interface RouteSettings {
  /** Listeners that serve it. */
  parentRefs: readonly ParentRef[];
  /** Listeners for plain http from which readers are led to https. Default: none. */
  redirectFrom?: readonly ParentRef[] | undefined;
  /** Annotations of the routes. */
  annotations?: Record<string, string> | undefined;
}

/** A route that sends everything for some hosts, below a path, to a Service. */
export function serviceRouteArgs(
  metadata: AppMetadata,
  { annotations, parentRefs }: RouteSettings,
  route: { hosts: readonly string[]; path: string; service: pulumi.Input<string>; port: number },
): k8s.apiextensions.CustomResourceArgs {
  const path = route.path.replace(/\/+$/, "") || "/";
  return httpRouteArgs(metadata, annotations, parentRefs, route.hosts, {
    matches: [{ path: { type: "PathPrefix", value: path } }],
    backendRefs: [{ name: route.service, port: route.port }],
  });
}

/** A route that leads readers of some hosts to the same page elsewhere, for good. */
export function redirectRouteArgs(
  metadata: AppMetadata,
  annotations: Record<string, string> | undefined,
  parentRefs: readonly ParentRef[],
  hosts: readonly string[],
  to: { scheme?: string; hostname?: string; port?: number },
): k8s.apiextensions.CustomResourceArgs {
  const requestRedirect = { ...to, statusCode: 301 };
  return httpRouteArgs(metadata, annotations, parentRefs, hosts, {
    filters: [{ type: "RequestRedirect", requestRedirect }],
  });
}

function httpRouteArgs(
  metadata: AppMetadata,
  annotations: Record<string, string> = {},
  parentRefs: readonly ParentRef[],
  hosts: readonly string[],
  rule: object,
): k8s.apiextensions.CustomResourceArgs {
  return {
    apiVersion: gatewayApi,
    kind: "HTTPRoute",
    metadata: { ...metadata, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
    spec: { parentRefs: [...parentRefs], hostnames: [...hosts], rules: [rule] },
  };
}
