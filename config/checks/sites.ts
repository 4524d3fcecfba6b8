import { sitesOf } from "../apps";
import { hostPages, isAddress } from "../edge";
import { secretSettingMistakes, settingMistakes } from "../ghost-settings";
import { readSecretSettings } from "../secret-settings";
import type { ParsedStack, SiteConfig, WordPressConfig } from "../schema";
import { circleMistakes } from "./routes";

/** What cannot be with a Ghost site. */
export function siteMistakes(
  key: string,
  site: SiteConfig,
  hasMail: boolean,
  { edge, platform }: Pick<ParsedStack, "edge" | "platform">,
): string[] {
  const hasEdge = edge !== undefined;
  const mistakes = [
    ...settingMistakes(key, site.settings, hasMail),
    ...secretSettingMistakes(key, site, hasMail),
    ...readSecretSettings(key, site, process.cwd()).mistakes,
  ];
  const url = new URL(site.url);
  if (
    !(hasEdge && platform === "swarm") &&
    url.protocol === "https:" &&
    (isAddress(url.hostname) || url.hostname === "localhost")
  ) {
    mistakes.push(
      `${key}.url: https needs a host name that a certificate can be issued for (got ${url.hostname}). Use the site's DNS name, or http`,
    );
  }
  return [
    ...mistakes,
    ...ingressMistakes(key, site, url),
    ...routeMistakes(key, site, url),
    ...adminMistakes(key, site, hasEdge),
  ];
}

function ingressMistakes(key: string, { ingress }: SiteConfig, { hostname, protocol }: URL): string[] {
  const secret = (["issuer", "tlsSecret"] as const).find((name) => ingress?.[name] !== undefined);
  return [
    ...(secret !== undefined && protocol !== "https:"
      ? [`${key}.url: must begin with https:// when ${key}.ingress.${secret} is set, or Ghost makes http links`]
      : []),
    ...(ingress && isAddress(hostname)
      ? [`${key}.url: an Ingress routes by host name (got the address ${hostname}). Use a DNS name`]
      : []),
  ];
}

function routeMistakes(key: string, { ingress, route }: SiteConfig, { hostname, protocol }: URL): string[] {
  if (!route) {
    return [];
  }
  return [
    ...(ingress
      ? [`${key}.route: an Ingress publishes the site already. Keep one of ${key}.ingress and ${key}.route`]
      : []),
    ...(isAddress(hostname)
      ? [`${key}.url: a route leads by host name (got the address ${hostname}). Use a DNS name`]
      : []),
    ...(route.redirectFrom.length > 0 && protocol !== "https:"
      ? [
          `${key}.route.redirectFrom: leads readers to https, and ${key}.url begins with http://. Begin it with https://, or remove the key`,
        ]
      : []),
    ...circleMistakes(`${key}.route`, route),
  ];
}

function adminMistakes(key: string, { adminUrl, settings, url }: SiteConfig, hasEdge: boolean): string[] {
  const elsewhere =
    "admin__url" in settings && (hasEdge || adminUrl !== undefined)
      ? [
          `${key}.settings.admin__url: what stands in front of the site would know nothing of it. Say it in ${key}.adminUrl`,
        ]
      : [];
  if (adminUrl === undefined) {
    return elsewhere;
  }
  const [admin, site] = [new URL(adminUrl), new URL(url)];
  return [
    ...elsewhere,
    ...(admin.pathname !== "/"
      ? [`${key}.adminUrl: must have no path (got ${adminUrl}): Ghost puts that of ${key}.url behind it`]
      : []),
    ...(admin.protocol !== site.protocol
      ? [
          `${key}.adminUrl: must begin with ${site.protocol}// as ${key}.url does (got ${adminUrl}): Ghost asks for both the same way`,
        ]
      : []),
    ...(isAddress(admin.hostname)
      ? [`${key}.adminUrl: needs a host name (got the address ${admin.hostname}). Use a DNS name`]
      : []),
  ];
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
  const { edge } = config;
  const addresses = [
    ...sitesOf(config).map(([key, { url }]) => [key, `${key}.url`, url] as const),
    ...Object.entries(hostPages(config)).map(
      ([key, host]) => [key, key, `${edge ? "https" : "http"}://${host}`] as const,
    ),
  ];
  return addresses.flatMap(([owner, key, url]) => {
    const { host, hostname, pathname } = new URL(url);
    const address = `${edge ? hostname : host}${pathname.replace(/\/+$/, "")}`;
    const other = seen.get(address);
    seen.set(address, other ?? owner);
    return other === undefined ? [] : [`${key}: ${url} is also the address of ${other}. Give each its own`];
  });
}
