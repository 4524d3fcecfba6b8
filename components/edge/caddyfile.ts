import { durationSeconds } from "../../config/values/duration";
import { analyticsPath } from "../../config/analytics";
import { isLocalName } from "../../config/edge";
import { accountFile, authorityFile, healthPort, type EdgeSettings, type EdgeSite, type OwnHttps } from "./settings";

/* Caddy's configuration, on either platform. */

/** Seconds in which nothing is read of a request's head until a connection is given up, and in which a kept one may be silent. */
const clientTimeouts = { read_header: "10s", idle: "2m" };
/** Between two tries to reach a site that is away. */
const tryInterval = "1s";
/** Below the five seconds after which Node.js, and Apache, close a connection that is silent. */
const keptUpstream = "4s";

/** Of a page hit in bytes; those of Ghost's script have less than one KiB. */
const pageHitLimit = 64 * 1024;

/** What is told to readers where a site does not come back in time. */
const awayText = "Back in a moment. This site is being started again: try it again in some seconds.";
const closedText = "This part of the site is not open to your network.";
const noSiteText = "There is no such site here.";

/** A directive, or one with others in it. */
type Line = string | [head: string, body: readonly Line[]];

/**
 * The configuration of Caddy. What it is made of has been checked: hosts, paths, services and addresses have no sign in them that means
 * something here.
 */
export function caddyConfig(settings: EdgeSettings): string {
  const own = ownHttps(settings);
  return caddyText([
    ["", globalOptions(settings)],
    own
      ? [`http://127.0.0.1:${healthPort}`, ["bind 127.0.0.1", 'respond "ok"']]
      : // The kubelet asks from the node.
        [`http://:${healthPort}`, ['respond "ok"']],
    ...hostsOf(settings.sites).flatMap((sites) => hostBlocks(sites, settings)),
    ...["http://", ...(own ? ["https://"] : [])].map((every): Line => [
      every,
      ["header -Server", "header -Alt-Svc", `respond "${noSiteText}" 404`],
    ]),
  ]);
}

function isOwnHttps(https: EdgeSettings["https"]): https is OwnHttps {
  return "certificates" in https;
}

function ownHttps({ https }: EdgeSettings): OwnHttps | undefined {
  return isOwnHttps(https) ? https : undefined;
}

/** An external account, as the configuration takes it in. */
export function accountConfig(keyId: string, macKey: string): string {
  return caddyText([["acme_eab", [`key_id "${keyId}"`, `mac_key "${macKey}"`]]]);
}

function globalOptions(settings: EdgeSettings): Line[] {
  const { httpPort, https, wait } = settings;
  const isOwn = isOwnHttps(https);
  return [
    "admin off",
    "persist_config off",
    `http_port ${httpPort}`,
    ...(isOwn ? certificateOptions(https) : ["auto_https off", `shutdown_delay ${https.leaveSeconds}s`]),
    // Where another one takes its place meanwhile, who waits may go on to.
    `grace_period ${isOwn ? "20s" : `${durationSeconds(wait)}s`}`,
    [
      "servers",
      [
        ...trusted(https),
        "max_header_size 64KB",
        ["timeouts", Object.entries(clientTimeouts).map(([name, time]) => `${name} ${time}`)],
      ],
    ],
    ["log", ["output stdout", "format json"]],
  ];
}

/** Read from the right, `X-Forwarded-For` says who came to the first of them; what stands before that, the reader may have written himself. */
function trusted({ trustedProxies = [] }: EdgeSettings["https"]): Line[] {
  return trustedProxies.length > 0
    ? [`trusted_proxies static ${trustedProxies.join(" ")}`, "trusted_proxies_strict"]
    : [];
}

function certificateOptions(https: OwnHttps): Line[] {
  const { certificates, directory, email, hasAccount, hasOwnRoot, httpsPort } = https;
  return [
    `https_port ${httpsPort}`,
    // They would lead to the port where it listens, which an address need not name.
    "auto_https disable_redirects",
    "skip_install_trust",
    ...(certificates === "internal" ? ["local_certs"] : []),
    ...(email === undefined ? [] : [`email "${email}"`]),
    ...(directory === undefined ? [] : [`acme_ca "${directory}"`]),
    ...(hasOwnRoot ? [`acme_ca_root ${authorityFile}`] : []),
    ...(hasAccount ? [`import ${accountFile}`] : []),
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
  const own = ownHttps(settings);
  const secure = protocol === "https:";
  const common = commonHeaders(secure && own ? origin : undefined);
  const hasRoot = sites.some(({ url }) => pathOf(url) === "");
  const block: Line = [
    `${own ? protocol : "http:"}//${hostname}`,
    [
      "encode zstd gzip",
      ["header", [...common, ...safetyHeaders(secure && own?.certificates === "acme" && !isLocalName(hostname))]],
      ...(own ? [] : leaving),
      [
        "route",
        [
          ...(secure && !own ? cameWithoutTls(origin) : []),
          ...sites.flatMap(closedRoute),
          ...sites.flatMap((site) => activityPubRoute(site, settings)),
          ...sites.flatMap((site, index) => analyticsRoute(site, index, settings)),
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
    ...(secure && own ? [redirect(`http://${hostname}`)] : []),
    ...aliases.flatMap((alias) => [
      redirect(`http://${alias}`),
      ...(secure && own ? [redirect(`https://${alias}`)] : []),
    ]),
  ];
}

/** Told to stop, it has everybody who keeps a connection open come back over another one: to whoever takes its place. */
const leaving: Line[] = ["@leaving vars {http.shutting_down} true", "header @leaving Connection close"];

/** Who says himself that he came without TLS is led to https, whoever he is. */
function cameWithoutTls({ origin }: URL): Line[] {
  return ["@plain header X-Forwarded-Proto http", `redir @plain ${origin}{uri} 308`];
}

/** @param origin of the host, where the edge ends https for it */
function commonHeaders(origin: URL | undefined): string[] {
  // Caddy's own names the port where it listens, which an address need not name.
  return [...(origin ? [`Alt-Svc "h3=\\":${origin.port || "443"}\\"; ma=86400"`] : []), "-Server", "-X-Powered-By"];
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
        `not client_ip ${networks.join(" ")}`,
      ],
    ],
    [`handle ${matcher}`, ["header Cache-Control no-store", `respond "${closedText}" 403`]],
  ];
}

/** What others ask of a site in ActivityPub, and the site and its admin themselves; it is the server's, which knows the site by its host. */
function activityPubRoute({ activityPub, maxBody, url }: EdgeSite, settings: EdgeSettings): Line[] {
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
            ...readerHeaders(url, settings),
            ["transport http", ["dial_timeout 3s", ...(protocol === "https:" ? [`tls_server_name ${hostname}`] : [])]],
          ],
        ],
      ],
    ],
  ];
}

/** Page hits of a site, for the makers' proxy, which knows neither the site's path nor the one that is its own here. It would pass on all that a browser says of its reader. */
function analyticsRoute({ analytics, url }: EdgeSite, index: number, settings: EdgeSettings): Line[] {
  if (analytics === undefined) {
    return [];
  }
  const base = `${pathOf(url)}${analyticsPath}`;
  return [
    `@analytics${index} path ${base}*`,
    [
      `handle @analytics${index}`,
      [
        ...bodyLimit(pageHitLimit),
        `uri strip_prefix ${base.slice(0, -1)}`,
        [
          `reverse_proxy http://${analytics}`,
          [
            "header_up -Cookie",
            "header_up -Authorization",
            ...readerHeaders(url, settings),
            ["transport http", ["dial_timeout 3s", `keepalive ${keptUpstream}`]],
          ],
        ],
      ],
    ],
  ];
}

function route(site: EdgeSite, index: number, settings: EdgeSettings): Line[] {
  const { maxBody, upstream, url } = site;
  const path = pathOf(url);
  const steps: Line[] = [...bodyLimit(maxBody), [`reverse_proxy http://${upstream}`, proxyOptions(site, settings)]];
  return path === "" ? [["handle", steps]] : [`@site${index} path ${path} ${path}/*`, [`handle @site${index}`, steps]];
}

/**
 * What a site is told of who asks, where Caddy's own word would be that of a proxy in front: the one address that has been found to be the reader's, and not what
 * he has written there himself; the host that he asked for; and that he came over https where the site's address says so, for all others are led there.
 */
function readerHeaders(url: string, settings: EdgeSettings): Line[] {
  return trusted(settings.https).length === 0
    ? []
    : [
        "header_up X-Forwarded-For {client_ip}",
        "header_up X-Forwarded-Host {http.request.hostport}",
        `header_up X-Forwarded-Proto ${new URL(url).protocol.slice(0, -1)}`,
      ];
}

function bodyLimit(largest: number | undefined): Line[] {
  return largest === undefined ? [] : [["request_body", [`max_size ${largest}`]]];
}

/**
 * A request that could not be handed over, because the site is away, is tried again until the time is over. One that was handed over is tried
 * again only where that does no harm: a POST may have done its work before the answer was lost.
 */
function proxyOptions({ url, waitsForStart }: EdgeSite, settings: EdgeSettings): Line[] {
  return [
    ...readerHeaders(url, settings),
    `lb_try_duration ${durationSeconds(settings.wait)}s`,
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
