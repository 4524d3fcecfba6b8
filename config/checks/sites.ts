import { isIP } from "node:net";
import { hasInbox, sitesOf } from "../apps";
import { edgePages } from "../edge";
import { settingMistakes } from "../ghost-settings";
import type { ParsedStack, SiteConfig, WordPressConfig } from "../schema";

/** What cannot be with a Ghost site. */
export function siteMistakes(key: string, site: SiteConfig, hasMail: boolean, hasEdge: boolean): string[] {
  const mistakes = settingMistakes(key, site.settings, hasMail);
  const url = new URL(site.url);
  if (
    !hasEdge &&
    url.protocol === "https:" &&
    (isIP(url.hostname.replace(/^\[|\]$/g, "")) !== 0 || url.hostname === "localhost")
  ) {
    mistakes.push(
      `${key}.url: https needs a host name that a certificate can be issued for (got ${url.hostname}). Use the site's DNS name, or http`,
    );
  }
  if (site.ingress?.tlsSecret && url.protocol !== "https:") {
    mistakes.push(
      `${key}.url: must begin with https:// when ${key}.ingress.tlsSecret is set, or Ghost makes http links`,
    );
  }
  if (site.ingress && isIP(url.hostname.replace(/^\[|\]$/g, "")) !== 0) {
    mistakes.push(`${key}.url: an Ingress routes by host name (got the address ${url.hostname}). Use a DNS name`);
  }
  return mistakes;
}

/** Where WordPress and its Apache have something else than a site; a proxy in front has, too. */
const takenPaths = /^\/(wp-[^/]*|\.[^/]*|[^/]*\.php|icons|server-status|nginx-health)(\/|$)/;

/** What cannot be with a WordPress site. */
export function wordpressMistakes(key: string, { url }: WordPressConfig): string[] {
  const [, taken] = takenPaths.exec(new URL(url).pathname) ?? [];
  return taken === undefined
    ? []
    : [`${key}.url: its path cannot begin with /${taken}, which the program or its web server has itself. Use another`];
}

/**
 * Two at one address. A host is the same in capitals and in either writing of its other letters; whether TLS ends before a site says nothing
 * about which site is meant, and a port that the scheme implies is as good as none. Behind an edge ports tell nobody apart.
 */
export function duplicateUrls(config: ParsedStack): string[] {
  const seen = new Map<string, string>();
  const { edge, mailpit } = config;
  const inbox = hasInbox(config) && mailpit.ingress && mailpit.host !== undefined ? [mailpit.host] : [];
  const addresses = [
    ...sitesOf(config).map(([key, { url }]) => [key, `${key}.url`, url] as const),
    ...inbox.map((host) => ["mailpit", "mailpit.host", `http://${host}`] as const),
    ...Object.entries(edgePages(config)).map(([key, host]) => [key, key, `https://${host}`] as const),
  ];
  return addresses.flatMap(([owner, key, url]) => {
    const { host, hostname, pathname } = new URL(url);
    const address = `${edge ? hostname : host}${pathname.replace(/\/+$/, "")}`;
    const other = seen.get(address);
    seen.set(address, other ?? owner);
    return other === undefined ? [] : [`${key}: ${url} is also the address of ${other}. Give each its own`];
  });
}
