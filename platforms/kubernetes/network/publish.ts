import type * as pulumi from "@pulumi/pulumi";
import { portOf } from "../../../config/values/url-port";
import type { KubernetesChildren } from "../children";
import { redirectRouteArgs, serviceRouteArgs, type ParentRef, type RouteSettings } from "./http-route";
import { ingressArgs, type IngressSettings } from "./ingress";

/** How a page is published on a host of its own: by an Ingress or by a Gateway. */
export interface PublishedPage {
  host: string;
  ingress?: IngressSettings | undefined;
  /** Led to at https, unless all its listeners are named by port 80. */
  route?: RouteSettings | undefined;
}

/** How settings say that a page is published; undefined where they do not. */
export function publishedPage({ host, ingress, route }: Partial<PublishedPage>): PublishedPage | undefined {
  return host !== undefined && (ingress ?? route) ? { host, ingress, route } : undefined;
}

/** The address of a page, as settings say; undefined where they publish none. */
export function publishedAddress(settings: Partial<PublishedPage>): string | undefined {
  const page = publishedPage(settings);
  return page && addressOf(page);
}

function addressOf({ host, ingress, route }: PublishedPage): string {
  const isPlain = route ? route.parentRefs.every(({ port }) => port === 80) : !(ingress?.issuer ?? ingress?.tlsSecret);
  return `http${isPlain ? "" : "s"}://${host}/`;
}

/** What of a component is published. */
export interface Published {
  /** Its role among what the component has. */
  role: string;
  /** Labels of what publishes it. Default: the component's. */
  labels?: Record<string, string>;
  service: pulumi.Input<string>;
  port: number;
}

/** Publishes a page of a component. */
export function publishPage(children: KubernetesChildren, page: PublishedPage, what: Published): void {
  const { host, ingress, route } = page;
  const place = { ...what, hosts: [host], path: "/" };
  if (ingress) {
    children.make("ingress", what.role, ingressArgs(metadataOf(children, what, what.role), ingress, place));
  }
  if (route) {
    publishByRoute(children, route, place, new URL(addressOf(page)));
  }
}

/**
 * The routes by which a Gateway leads to a Service.
 *
 * @param url where readers are led from plain http, and from other hosts
 * @param aliases those other hosts
 */
export function publishByRoute(
  children: KubernetesChildren,
  route: RouteSettings,
  place: Published & { hosts: readonly string[]; path: string },
  { hostname, port, protocol }: Pick<URL, "hostname" | "port" | "protocol">,
  aliases: readonly string[] = [],
): void {
  const { annotations, parentRefs, redirectFrom = [] } = route;
  const redirect = (what: string, from: readonly ParentRef[], hosts: readonly string[], to: { hostname?: string }) => {
    const role = place.role === "" ? what : `${place.role}-${what}`;
    // A Gateway fills in the port of its listener where none is said, which behind a load balancer is not the one readers know.
    const there = { scheme: protocol.slice(0, -1), port: portOf({ port, protocol }), ...to };
    const metadata = metadataOf(children, place, role);
    children.make("httpRoute", role, redirectRouteArgs(metadata, annotations, from, hosts, there));
  };
  children.make("httpRoute", place.role, serviceRouteArgs(metadataOf(children, place, place.role), route, place));
  if (aliases.length > 0) {
    redirect("aliases", [...parentRefs, ...redirectFrom], aliases, { hostname });
  }
  if (redirectFrom.length > 0) {
    redirect("to-https", redirectFrom, place.hosts, {});
  }
}

function metadataOf(children: KubernetesChildren, { labels = children.labels }: Published, role: string) {
  return { ...children.metadata(role), labels };
}
