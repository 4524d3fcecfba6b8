import { activityPubMistakes } from "../activitypub";
import { sitesOf } from "../apps";
import { defaults } from "../defaults";
import { durationMistakes } from "../values/duration";
import { overlap } from "../values/networks";
import { hostPages, isAddress, isLocalName, readEdge } from "../edge";
import type { EdgeConfig, ParsedStack } from "../schema";

/** What cannot be with an edge. */
export function edgeMistakes(config: ParsedStack): string[] {
  const { edge } = config;
  if (!edge) {
    return [];
  }
  return [
    ...durationMistakes(
      "edge",
      { wait: edge.wait },
      {
        wait: ["1s", "10m", "what is before a reader gives up sooner, and nobody waits longer"],
      },
    ),
    ...(config.platform === "swarm" ? ownHttpsMistakes(edge, config) : []),
    ...proxyMistakes(edge, config),
    ...schemeMistakes(config),
    ...Object.entries(config.sites).flatMap(([name, site]) =>
      activityPubMistakes(site, config).map((wrong) => `sites.${name}.activityPub: ${wrong}`),
    ),
  ];
}

function ownHttpsMistakes(edge: EdgeConfig, config: ParsedStack): string[] {
  return [
    ...readEdge(edge, process.cwd()).mistakes,
    ...authorityMistakes(edge, config),
    ...addressesOf(config).flatMap(([key, url]) => addressMistakes(key, url, edge)),
  ];
}

/** Who comes from the network of a proxy is taken for the proxy, and somebody else's word for who he is. */
function proxyMistakes(edge: EdgeConfig, { platform, sites }: ParsedStack): string[] {
  const { trustedProxies = platform === "kubernetes" ? defaults.edge.trustedProxies : [] } = edge;
  return Object.entries(sites).flatMap(([name, { adminFrom }]) =>
    adminFrom.flatMap((network, index) => {
      const proxies = trustedProxies.find((other) => overlap(network, other));
      return proxies === undefined
        ? []
        : [
            `sites.${name}.adminFrom.${index}: ${network} is among edge.trustedProxies (${proxies}), and no reader is seen to come from there. ${platform === "kubernetes" ? "Name in edge.trustedProxies the network of the cluster's pods alone" : "Name there the networks of the proxies alone"}`,
          ];
    }),
  );
}

/** By key the hosts that https ends for. */
function secureHosts(config: ParsedStack): [key: string, host: string][] {
  const urls = addressesOf(config);
  return [
    ...urls
      .filter(([, { protocol }]) => protocol === "https:")
      .map(([key, url]) => [key, url.hostname] as [string, string]),
    ...sitesOf(config).flatMap(([key, { aliases, url }]) =>
      url.startsWith("https:")
        ? aliases.map((host, index) => [`${key}.aliases.${index}`, host] as [string, string])
        : [],
    ),
    ...Object.entries(hostPages(config)),
  ];
}

/** By key the addresses at which sites answer, and the admin of a Ghost. */
function addressesOf(config: ParsedStack): [key: string, url: URL][] {
  return [
    ...sitesOf(config).map(([key, { url }]) => [`${key}.url`, new URL(url)] as [string, URL]),
    ...Object.entries(config.sites).flatMap(([name, { adminUrl }]) =>
      adminUrl === undefined ? [] : [[`sites.${name}.adminUrl`, new URL(adminUrl)] as [string, URL]],
    ),
  ];
}

function authorityMistakes({ acme, certificates, email }: EdgeConfig, config: ParsedStack): string[] {
  if (certificates === "internal") {
    return [];
  }
  const hosts = secureHosts(config).filter(([, host]) => !isLocalName(host));
  const isPublic = acme.caFile === undefined;
  return [
    ...(acme.directory === undefined && acme.caFile !== undefined
      ? ["edge.acme.directory: missing. A private authority (edge.acme.caFile) has a directory of its own"]
      : []),
    ...(acme.directory === undefined && acme.externalAccount !== undefined
      ? ["edge.acme.directory: missing. An external account is one at an authority: name its directory"]
      : []),
    ...(isPublic && email === undefined && hosts.length > 0
      ? [
          "edge.email: missing. A public authority writes there when something is wrong with a certificate. Name yours, or set edge.certificates to internal",
        ]
      : []),
    ...(isPublic ? hosts.filter(([, host]) => !isPublicName(host)) : []).map(
      ([key, host]) =>
        `${key}: no public authority issues a certificate for ${host}. Use a name of the public DNS, or set edge.certificates to internal, or name your own authority in edge.acme`,
    ),
  ];
}

/** Names that nobody can own have no dot, or end with what is reserved for use inside. */
function isPublicName(host: string): boolean {
  return host.includes(".") && !/\.(test|example|invalid|lan|intranet|localdomain|home|corp|private|onion)$/.test(host);
}

function addressMistakes(key: string, { hostname, port, protocol }: URL, edge: EdgeConfig): string[] {
  const [name, published] =
    protocol === "https:" ? (["httpsPort", edge.httpsPort] as const) : (["httpPort", edge.httpPort] as const);
  return [
    ...(port !== "" && Number(port) !== published
      ? [
          `${key}: must have the port of edge.${name}, ${published}, or none (got ${port}): the edge alone publishes ports`,
        ]
      : []),
    ...(protocol === "https:" && isAddress(hostname)
      ? [
          `${key}: https needs a host name (got the address ${hostname.replace(/^\[|\]$/g, "")}). Use a DNS name, or http`,
        ]
      : []),
  ];
}

/** A host is reached with https, or without. */
function schemeMistakes(config: ParsedStack): string[] {
  const secure = new Map(secureHosts(config).map(([key, host]) => [host, key]));
  return addressesOf(config).flatMap(([key, { hostname, protocol }]) => {
    const other = protocol === "http:" ? secure.get(hostname) : undefined;
    return other === undefined
      ? []
      : [`${key}: ${hostname} is reached with https (${other}), and so is everything there. Begin it with https://`];
  });
}

/** Hosts that have two owners. One belongs to one alone: an alias, which only leads elsewhere, and the admin of a Ghost. Below the host of a site there may be others. */
export function hostMistakes(config: ParsedStack): string[] {
  const aliases = sitesOf(config).flatMap(([key, site]) =>
    site.aliases.map((host, index) => [`${key}.aliases.${index}`, host] as const),
  );
  const admins = addressesOf(config).filter(([key]) => key.endsWith(".adminUrl"));
  const urls = addressesOf(config).filter(([key]) => !key.endsWith(".adminUrl"));
  const owners = new Map<string, string>();
  for (const [key, host] of [
    ...urls.map(([key, { hostname }]) => [key, hostname] as const),
    ...Object.entries(hostPages(config)),
  ]) {
    owners.set(host, owners.get(host) ?? key);
  }
  return [...admins.map(([key, { hostname }]) => [key, hostname] as const), ...aliases].flatMap(([key, host]) => {
    const other = owners.get(host);
    owners.set(host, other ?? key);
    return other === undefined ? [] : [`${key}: ${host} is also the host of ${other}. Give each its own`];
  });
}
