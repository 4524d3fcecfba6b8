import { isIP } from "node:net";
import * as path from "node:path";
import { hasInbox, type Apps } from "./apps";
import { readAuthority } from "./files/authority-file";
import { readPasswordFile } from "./files/secret-text";
import type { EdgeConfig, ParsedStack } from "./schema";

/** The files that an edge names, or what is wrong with them, by key. */
export interface ReadEdge {
  /** Root of the authority, in PEM form. */
  ca?: string | undefined;
  /** MAC key of the external account. */
  macKey?: string | undefined;
  mistakes: string[];
}

/**
 * Reads and checks the files of an edge.
 *
 * @param directory folder that relative paths are read from
 */
export function readEdge({ acme, certificates }: EdgeConfig, directory: string): ReadEdge {
  const mistakes: string[] = [];
  const { caFile, externalAccount } = acme;
  if (certificates === "internal") {
    return { mistakes };
  }
  const ca = caFile === undefined ? {} : readAuthority(path.resolve(directory, caFile));
  if (ca.trouble !== undefined) {
    mistakes.push(`edge.acme.caFile: ${caFile ?? ""} ${ca.trouble}`);
  }
  const key =
    externalAccount === undefined ? {} : readPasswordFile(path.resolve(directory, externalAccount.macKeyFile));
  const trouble =
    key.trouble ??
    (key.password === undefined || /^[A-Za-z0-9_-]+=*$/.test(key.password)
      ? undefined
      : "is no MAC key: an authority gives one of letters, digits, hyphens and underscores");
  if (trouble !== undefined) {
    mistakes.push(`edge.acme.externalAccount.macKeyFile: ${externalAccount?.macKeyFile ?? ""} ${trouble}`);
  }
  return { ca: ca.text, macKey: key.password, mistakes };
}

/** Whether the host of an address is an IP address, as a URL has it: of IPv6 in brackets. */
export function isAddress(hostname: string): boolean {
  return isIP(hostname.replace(/^\[|\]$/g, "")) !== 0;
}

/** Whether the edge makes the certificate of a host itself, because no authority issues one. */
export function isLocalName(host: string): boolean {
  return isIP(host) !== 0 || /(^|\.)(localhost|local|internal|home\.arpa)$/.test(host);
}

/** Public authorities issue for 45 days or more, and Caddy renews when a third of them is left. */
export const renewalLimit = 7 * 24 * 3600;

/**
 * Seconds before the end of a certificate from which on it should have been renewed; undefined where nobody here knows how long certificates hold: a private
 * authority's may end within hours, and the edge's own do.
 */
export function renewedBefore({ acme, certificates }: Pick<EdgeConfig, "acme" | "certificates">): number | undefined {
  return certificates === "acme" && acme.caFile === undefined ? renewalLimit : undefined;
}

/** The pages of a stack that are no sites and have a host, behind its edge or published on Kubernetes, by the key that names it. */
export function hostPages(config: Apps & Pick<ParsedStack, "edge" | "monitoring">): Record<string, string> {
  const { edge, mailpit, monitoring } = config;
  const pages = {
    ...(hasInbox(config) ? { mailpit } : {}),
    ...(monitoring?.dashboards ? { monitoring } : {}),
  };
  return Object.fromEntries(
    Object.entries(pages).flatMap(([key, { host, ingress, route }]) =>
      host !== undefined && (edge ?? ingress ?? route) ? [[`${key}.host`, host]] : [],
    ),
  );
}

/** Address of a page that is no site, at its host behind the edge. */
export function pageUrl({ httpsPort }: Pick<EdgeConfig, "httpsPort">, host: string): string {
  return `https://${host}${httpsPort === 443 ? "" : `:${httpsPort}`}`;
}
