import { sitesOf } from "../../config/apps";
import { pageUrl } from "../../config/edge";
import { publishedPort } from "../../config/swarm/published-port";
import type { EdgeConfig, StackConfig, SwarmStackConfig } from "../../config/schema";
import { localAddress, type PublishedAddress } from "../app";
import type { WatchedPage } from "../watched-pages";
import { hostAsked, type HealthRequest } from "../health-request";

/** Where a site is asked from outside: behind the stack's edge, else at a port of its own; nowhere where it has none. */
export function siteAddresses(
  { edge }: Pick<SwarmStackConfig, "edge">,
  address: Pick<PublishedAddress, "what" | "app" | "request">,
  site: { url: string; port?: number | undefined },
): PublishedAddress[] {
  const at = { ...address, url: site.url };
  const port = publishedPort(site);
  return edge ? [behindEdge(edge, at)] : port === undefined ? [] : [{ ...at, port }];
}

/** What the parts of a stack have in common that have a page and are no site. */
interface Page {
  host?: string | undefined;
  port: number;
}

/** The same of a page that is no site: behind an edge it needs a host. */
export function pageAddresses(
  { edge }: Pick<SwarmStackConfig, "edge">,
  what: string,
  app: string,
  { host, port }: Page,
  path: string,
): PublishedAddress[] {
  if (!edge) {
    return [localAddress(what, app, port, path)];
  }
  if (host === undefined) {
    return [];
  }
  const url = pageUrl(edge, host);
  return [
    behindEdge(edge, { what, app, url, request: { path, headers: { Host: new URL(url).host }, statuses: [200] } }),
  ];
}

/**
 * What a person is told of where such a page is.
 *
 * @param key of its app in the configuration
 */
export function shownPage({ edge }: Pick<SwarmStackConfig, "edge">, key: string, { host, port }: Page): string {
  if (!edge) {
    return `http://localhost:${port}/`;
  }
  return host === undefined
    ? `inside the stack alone; ${key}.host in the stack file shows it behind the edge`
    : `${pageUrl(edge, host)}/`;
}

/**
 * Where the monitoring asks for a site: through the edge, as readers do, else at its own service.
 *
 * @param service and port, for example `http://ghost-blog:2368`
 */
export function watchedTarget(
  { edge, platform }: Pick<StackConfig, "edge" | "platform">,
  url: string,
  request: HealthRequest,
  service: string,
): Pick<WatchedPage, "target" | "serverName"> {
  if (!edge) {
    return { target: `${service}${request.path}` };
  }
  if (platform === "kubernetes") {
    return { target: `http://edge${request.path}` };
  }
  return new URL(url).protocol === "https:"
    ? { target: `https://edge:${edge.httpsPort}${request.path}`, serverName: hostAsked(request) }
    : { target: `http://edge:${edge.httpPort}${request.path}` };
}

/** Hosts of sites at which nobody asks them whether they are well: that the edge answers there says that they have their certificates. */
export function otherHosts(config: SwarmStackConfig): PublishedAddress[] {
  const { edge } = config;
  if (!edge) {
    return [];
  }
  return sitesOf(config).flatMap(([, site]) => {
    const url = new URL(site.url);
    const hasAdmin = "adminUrl" in site && site.adminUrl !== undefined;
    const hosts = [...(hasAdmin ? [url.hostname] : []), ...site.aliases];
    return hosts.map((host) => {
      const there = new URL(url);
      there.hostname = host;
      const request: HealthRequest = { path: url.pathname, headers: { Host: there.host }, statuses: [] };
      return behindEdge(edge, { what: `host ${host}`, app: "edge", url: there.href, request });
    });
  });
}

function behindEdge(
  { httpPort, httpsPort }: EdgeConfig,
  address: Omit<PublishedAddress, "port" | "secure">,
): PublishedAddress {
  const secure = new URL(address.url).protocol === "https:";
  return { ...address, port: secure ? httpsPort : httpPort, secure };
}
