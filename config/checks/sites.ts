import { isIP } from "node:net";
import { sitesOf } from "../apps";
import { quantityToBytes } from "../quantity";
import type { ParsedStack, SiteConfig } from "../schema";

/** What cannot be with a Ghost site. */
export function siteMistakes(key: string, site: SiteConfig): string[] {
  const mistakes: string[] = [];
  const url = new URL(site.url);
  if (site.replicas !== 1) {
    mistakes.push(
      `${key}.replicas: must be 1 (got ${site.replicas}). Ghost supports one running instance a site; two would corrupt its caches and its scheduled jobs. Put a cache in front of it, or give the instance more memory`,
    );
  }
  if (url.protocol === "https:" && (isIP(url.hostname.replace(/^\[|\]$/g, "")) !== 0 || url.hostname === "localhost")) {
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
  if (quantityToBytes(site.memory) < quantityToBytes("384Mi")) {
    mistakes.push(
      `${key}.memory: must be 384Mi or more (got ${site.memory}). Below that an image upload gets Ghost killed`,
    );
  }
  return mistakes;
}

/** Two sites at one address. */
export function duplicateUrls(config: ParsedStack): string[] {
  const seen = new Map<string, string>();
  const mistakes: string[] = [];
  for (const [key, { url }] of sitesOf(config)) {
    const address = new URL(url).href.replace(/\/$/, "");
    const other = seen.get(address);
    if (other) {
      mistakes.push(`${key}.url: ${url} is also the address of ${other}. Give each site its own`);
    }
    seen.set(address, key);
  }
  return mistakes;
}
