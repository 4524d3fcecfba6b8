import { durationSeconds } from "../../config/values/duration";
import { isLocalName } from "../../config/edge";

/** Where Caddy is asked whether it is well, inside its container. */
export const healthPort = 8079;
/** An id that no image has a user for. */
export const edgeUser = 65532;
/** Where the container finds what Caddy is configured with. */
export const caddyFile = "/etc/ghost-platform/Caddyfile";
export const authorityFile = "/etc/ghost-platform/acme-ca.pem";
/** A part of the configuration, with a secret in it. */
export const accountFile = "/run/secrets/edge/external-account";

/** Seconds in which nothing is read of a request's head until a connection is given up, and in which a kept one may be silent. */
const clientTimeouts = { read_header: "10s", idle: "2m" };
/** Between two tries to reach a site that is away. */
const tryInterval = "1s";
/** Below the five seconds after which Node.js, and Apache, close a connection that is silent. */
const keptUpstream = "4s";

/** What is told to readers where a site does not come back in time. */
const awayText = "Back in a moment. This site is being started again: try it again in some seconds.";
const closedText = "This part of the site is not open to your network.";
const noSiteText = "There is no such site here.";

/** What stands behind the edge at an address. */
export interface EdgeSite {
  /** Address readers use, with its path: `https://example.com/news`. A port is that at which readers reach the edge. */
  url: string;
  /** More hosts, from which readers are led to the same page at the host of `url`. Default: none. */
  aliases?: readonly string[];
  /** Service and port on the stack's networks: `ghost-blog:2368`. */
  upstream: string;
  /** Greatest body of a request, in bytes. Absent: any. */
  maxBody?: number | undefined;
  /** The server that speaks ActivityPub for the site, for example `https://ap.ghost.org`. Absent: none. */
  activityPub?: string | undefined;
  /** What of it is for some networks alone. Absent: nothing. */
  closed?: ClosedPaths | undefined;
  /** Whether an answer that says that the site is just being started (502, 503) is waited over. False for a site that always answers so. */
  waitsForStart: boolean;
}

/** Paths that some networks alone reach, as Caddy's `path` has them. */
export interface ClosedPaths {
  paths: readonly string[];
  /** Among them, what is open to everybody. */
  open: readonly string[];
  /** Among them, what everybody may ask with GET and HEAD. */
  readable: readonly string[];
  /** Who reaches the rest, as CIDR. */
  networks: readonly string[];
}

/** What the edge is, whatever it runs on. */
export interface EdgeSettings {
  sites: readonly EdgeSite[];
  /** `acme`: certificates from an authority; `internal`: the edge's own. */
  certificates: "acme" | "internal";
  /** Where it listens: at the ports that addresses name, so that they lead to it inside of the stack, too. */
  httpPort: number;
  httpsPort: number;
  /** Whom the authority writes to. */
  email?: string | undefined;
  /** The authority. Absent: public ones. */
  directory?: string | undefined;
  /** Whether the authority's root is in `authorityFile`. */
  hasOwnRoot?: boolean;
  /** Whether an account at the authority is in `accountFile`. */
  hasAccount?: boolean;
  /** How long a GET waits for a site that is away: `90s`. */
  wait: string;
}

/** A directive, or one with others in it. */
type Line = string | [head: string, body: readonly Line[]];

/**
 * The configuration of Caddy. What it is made of has been checked: hosts, paths, services and addresses have no sign in them that means
 * something here.
 */
export function caddyConfig(settings: EdgeSettings): string {
  return caddyText([
    ["", globalOptions(settings)],
    [`http://127.0.0.1:${healthPort}`, ["bind 127.0.0.1", 'respond "ok"']],
    ...hostsOf(settings.sites).flatMap((sites) => hostBlocks(sites, settings)),
    ...["http://", "https://"].map((every): Line => [
      every,
      ["header -Server", "header -Alt-Svc", `respond "${noSiteText}" 404`],
    ]),
  ]);
}

/** An external account, as the configuration takes it in. */
export function accountConfig(keyId: string, macKey: string): string {
  return caddyText([["acme_eab", [`key_id "${keyId}"`, `mac_key "${macKey}"`]]]);
}

function globalOptions(settings: EdgeSettings): Line[] {
  const { certificates, directory, email, hasAccount, hasOwnRoot, httpPort, httpsPort } = settings;
  return [
    "admin off",
    "persist_config off",
    `http_port ${httpPort}`,
    `https_port ${httpsPort}`,
    // They would lead to the port where it listens, which an address need not name.
    "auto_https disable_redirects",
    "skip_install_trust",
    ...(certificates === "internal" ? ["local_certs"] : []),
    ...(email === undefined ? [] : [`email "${email}"`]),
    ...(directory === undefined ? [] : [`acme_ca "${directory}"`]),
    ...(hasOwnRoot ? [`acme_ca_root ${authorityFile}`] : []),
    ...(hasAccount ? [`import ${accountFile}`] : []),
    "grace_period 20s",
    [
      "servers",
      ["max_header_size 64KB", ["timeouts", Object.entries(clientTimeouts).map(([name, time]) => `${name} ${time}`)]],
    ],
    ["log", ["output stdout", "format json"]],
  ];
}

/** Sites by their host, the longest path of each first. */
function hostsOf(sites: readonly EdgeSite[]): EdgeSite[][] {
  const byHost = new Map<string, EdgeSite[]>();
  for (const site of sites) {
    const { hostname, protocol } = new URL(site.url);
    byHost.set(protocol + hostname, [...(byHost.get(protocol + hostname) ?? []), site]);
  }
  return [...byHost.values()].map((own) =>
    own.sort((left, right) => pathOf(right.url).length - pathOf(left.url).length),
  );
}

/** The path of an address, without a slash at its end. */
function pathOf(url: string): string {
  return new URL(url).pathname.replace(/\/+$/, "");
}

/** What answers at a host: its sites, and over http the way to https. */
function hostBlocks(sites: readonly EdgeSite[], settings: EdgeSettings): Line[] {
  const origin = new URL(sites[0]?.url ?? "");
  const { hostname, protocol } = origin;
  const secure = protocol === "https:";
  const common = commonHeaders(origin);
  const hasRoot = sites.some(({ url }) => pathOf(url) === "");
  const block: Line = [
    `${protocol}//${hostname}`,
    [
      "encode zstd gzip",
      ["header", [...common, ...safetyHeaders(secure && settings.certificates === "acme" && !isLocalName(hostname))]],
      [
        "route",
        [
          ...sites.flatMap(closedRoute),
          ...sites.flatMap(activityPubRoute),
          ...sites.flatMap((site, index) => route(site, index, settings)),
          ...(hasRoot ? [] : ["error 404"]),
        ],
      ],
      ...errorAnswers(common),
    ],
  ];
  const redirect = (from: string): Line => [from, [["header", common], `redir ${origin.origin}{uri} 308`]];
  const aliases = sites.flatMap((site) => site.aliases ?? []);
  return [
    block,
    ...(secure ? [redirect(`http://${hostname}`)] : []),
    ...aliases.flatMap((alias) => [redirect(`http://${alias}`), ...(secure ? [redirect(`https://${alias}`)] : [])]),
  ];
}

function commonHeaders({ port, protocol }: URL): string[] {
  // Caddy's own names the port where it listens, which an address need not name.
  return [
    ...(protocol === "https:" ? [`Alt-Svc "h3=\\":${port || "443"}\\"; ma=86400"`] : []),
    "-Server",
    "-X-Powered-By",
  ];
}

/** Set where the site says nothing else. A browser that has been told to stay with https shows no page behind a certificate that it does not know. */
function safetyHeaders(staysWithHttps: boolean): string[] {
  return [
    ...(staysWithHttps ? ["?Strict-Transport-Security max-age=31536000"] : []),
    "?X-Content-Type-Options nosniff",
    "?Referrer-Policy strict-origin-when-cross-origin",
  ];
}

function closedRoute({ closed }: EdgeSite, index: number): Line[] {
  if (closed === undefined) {
    return [];
  }
  const { networks, open, paths, readable } = closed;
  const matcher = `@closed${index}`;
  return [
    [
      matcher,
      [
        `path ${paths.join(" ")}`,
        `not path ${open.join(" ")}`,
        ["not", ["method GET HEAD", `path ${readable.join(" ")}`]],
        `not remote_ip ${networks.join(" ")}`,
      ],
    ],
    [`handle ${matcher}`, ["header Cache-Control no-store", `respond "${closedText}" 403`]],
  ];
}

/** What others ask of a site in ActivityPub, and the site and its admin themselves; it is the server's, which knows the site by its host. */
function activityPubRoute({ activityPub, maxBody }: EdgeSite): Line[] {
  if (activityPub === undefined) {
    return [];
  }
  const { hostname, protocol } = new URL(activityPub);
  return [
    "@activitypub path /.ghost/activitypub/* /.well-known/webfinger /.well-known/nodeinfo",
    [
      "handle @activitypub",
      [
        ...bodyLimit(maxBody),
        [
          `reverse_proxy ${activityPub}`,
          [
            // Over https Caddy would name the server's own host.
            "header_up Host {http.request.host}",
            ["transport http", ["dial_timeout 3s", ...(protocol === "https:" ? [`tls_server_name ${hostname}`] : [])]],
          ],
        ],
      ],
    ],
  ];
}

function route(site: EdgeSite, index: number, { wait }: EdgeSettings): Line[] {
  const { maxBody, upstream, url } = site;
  const path = pathOf(url);
  const steps: Line[] = [...bodyLimit(maxBody), [`reverse_proxy http://${upstream}`, proxyOptions(site, wait)]];
  return path === "" ? [["handle", steps]] : [`@site${index} path ${path} ${path}/*`, [`handle @site${index}`, steps]];
}

function bodyLimit(largest: number | undefined): Line[] {
  return largest === undefined ? [] : [["request_body", [`max_size ${largest}`]]];
}

/**
 * A request that could not be handed over, because the site is away, is tried again until the time is over. One that was handed over is tried
 * again only where that does no harm: a POST may have done its work before the answer was lost.
 */
function proxyOptions({ waitsForStart }: EdgeSite, wait: string): Line[] {
  return [
    `lb_try_duration ${durationSeconds(wait)}s`,
    `lb_try_interval ${tryInterval}`,
    ["lb_retry_match", ["method GET HEAD"]],
    ...(waitsForStart
      ? [["lb_retry_match", ["method GET HEAD", "expression `{rp.status_code} in [502, 503]`"]] satisfies Line]
      : []),
    ["transport http", ["dial_timeout 3s", `keepalive ${keptUpstream}`, "keepalive_idle_conns_per_host 64"]],
  ];
}

function errorAnswers(common: readonly string[]): Line[] {
  const header: Line = ["header", common];
  return [
    [
      "handle_errors 502 503 504",
      [header, "header Retry-After 10", "header Cache-Control no-store", `respond "${awayText}" 503`],
    ],
    ["handle_errors 413", [header, 'respond "This is larger than what this site takes." 413']],
    ["handle_errors", [header, 'respond "{err.status_code} {err.status_text}" {err.status_code}']],
  ];
}

function caddyText(lines: readonly Line[], indent = ""): string {
  return lines
    .map((line) =>
      typeof line === "string"
        ? `${indent}${line}\n`
        : `${indent}${`${line[0]} {`.trimStart()}\n${caddyText(line[1], `${indent}\t`)}${indent}}\n`,
    )
    .join("");
}
