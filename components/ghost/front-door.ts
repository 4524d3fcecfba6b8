import type * as pulumi from "@pulumi/pulumi";
import type { KubernetesChildren } from "../../platforms/kubernetes/children";
import type { RouteSettings } from "../../platforms/kubernetes/network/http-route";
import { ingressArgs, type IngressSettings } from "../../platforms/kubernetes/network/ingress";
import { publishByRoute } from "../../platforms/kubernetes/network/publish";
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
  const address = new URL(url);
  const hosts = [...new Set([address.hostname, ...(adminUrl === undefined ? [] : [new URL(adminUrl).hostname])])];
  const site = { hosts, path: address.pathname, role: "", service, port: 80 };
  if (ingress) {
    const all = [...hosts, ...(edge ? aliases : [])];
    children.make("ingress", "", ingressArgs(children.metadata(""), ingress, { ...site, hosts: all }));
  }
  if (route) {
    publishByRoute(children, route, site, address, aliases);
  }
}
