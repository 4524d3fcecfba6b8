import type * as pulumi from "@pulumi/pulumi";
import { portOf } from "../../config/values/url-port";
import type { KubernetesChildren } from "../../platforms/kubernetes/children";
import {
  redirectRouteArgs,
  serviceRouteArgs,
  type ParentRef,
  type RouteSettings,
} from "../../platforms/kubernetes/network/http-route";
import { ingressArgs, type IngressSettings } from "../../platforms/kubernetes/network/ingress";
import type { SiteEdge } from "../edge/kubernetes";
import type { SiteSettings } from "./settings";

/** What stands in front of a site on Kubernetes. */
export interface FrontDoor {
  /** Publishes the site over an Ingress, on the hosts of `url` and `adminUrl`. Absent: the Service only. */
  ingress?: IngressSettings | undefined;
  /** Publishes the site by a Gateway, on these hosts. Absent: the Service only. */
  route?: RouteSettings | undefined;
  /** More hosts of the site, from which its route, or the edge behind its Ingress, leads readers to that of `url`. Default: none. */
  aliases?: readonly string[] | undefined;
  /** Stands before the site: whatever publishes that leads there. Absent: to the site itself. */
  edge?: SiteEdge | undefined;
}

/**
 * Publishes a site on Kubernetes over an Ingress or by a Gateway, as its settings say.
 *
 * @param own its Service
 */
export function publish(
  children: KubernetesChildren,
  args: FrontDoor & SiteSettings,
  own: pulumi.Output<string>,
): void {
  const { adminUrl, aliases = [], edge, ingress, route, url } = args;
  const service = edge?.service ?? own;
  const { hostname, pathname, port, protocol } = new URL(url);
  const hosts = [...new Set([hostname, ...(adminUrl === undefined ? [] : [new URL(adminUrl).hostname])])];
  const site = { hosts, path: pathname, service, port: 80 };
  if (ingress) {
    const all = [...hosts, ...(edge ? aliases : [])];
    children.make("ingress", "", ingressArgs(children.metadata(""), ingress, { ...site, hosts: all }));
  }
  if (!route) {
    return;
  }
  const { annotations, parentRefs, redirectFrom = [] } = route;
  const redirect = (role: string, from: readonly ParentRef[], of: readonly string[], to: { hostname?: string }) => {
    // A Gateway fills in the port of its listener where none is said, which behind a load balancer is not the one readers know.
    const there = { scheme: protocol.slice(0, -1), port: portOf({ port, protocol }), ...to };
    children.make("httpRoute", role, redirectRouteArgs(children.metadata(role), annotations, from, of, there));
  };
  children.make("httpRoute", "", serviceRouteArgs(children.metadata(""), route, site));
  if (aliases.length > 0) {
    redirect("aliases", [...parentRefs, ...redirectFrom], aliases, { hostname });
  }
  if (redirectFrom.length > 0) {
    redirect("to-https", redirectFrom, hosts, {});
  }
}
