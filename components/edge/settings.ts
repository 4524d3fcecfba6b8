import { quantityToBytes } from "../../config/values/quantity";

/** Where its pods on Kubernetes listen for http. */
export const podHttpPort = 8080;
/** Where Caddy is asked whether it is well, inside its container. */
export const healthPort = 8079;
/** An id that no image has a user for. */
export const edgeUser = 65532;
/** Where the container finds what Caddy is configured with. */
export const caddyFile = "/etc/ghost-platform/Caddyfile";
export const authorityFile = "/etc/ghost-platform/acme-ca.pem";
/** A part of the configuration, with a secret in it. */
export const accountFile = "/run/secrets/edge/external-account";

/** What stands behind the edge at an address. */
export interface EdgeSite {
  /** Address readers use, with its path: `https://example.com/news`. A port is that at which readers reach the edge. */
  url: string;
  /** More hosts, from which readers are led to the same page at the host of `url`. Default: none. */
  aliases?: readonly string[];
  /** Service and port, on the stack's networks or in its namespace: `ghost-blog:2368`. */
  upstream: string;
  /** Greatest body of a request, in bytes. Absent: any. */
  maxBody?: number | undefined;
  /** The server that speaks ActivityPub for the site, for example `https://ap.ghost.org`. Absent: none. */
  activityPub?: string | undefined;
  /** Takes the page hits of its web analytics: service and port, `analytics:3000`. Absent: nobody. */
  analytics?: string | undefined;
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
  /** Where it listens for http. */
  httpPort: number;
  /** Who ends https: the edge itself, or what stands before it. */
  https: OwnHttps | HttpsBefore;
  /** How long a GET waits for a site that is away: `90s`. */
  wait: string;
}

/** The edge ends https. Its ports are those that addresses name, so that they lead to it inside of the stack, too. */
export interface OwnHttps {
  httpsPort: number;
  /** `acme`: certificates from an authority; `internal`: the edge's own. */
  certificates: "acme" | "internal";
  /** Whom the authority writes to. */
  email?: string | undefined;
  /** The authority. Absent: public ones. */
  directory?: string | undefined;
  /** Whether the authority's root is in `authorityFile`. */
  hasOwnRoot?: boolean;
  /** Whether an account at the authority is in `accountFile`. */
  hasAccount?: boolean;
  /** Networks of proxies in front, as CIDR, which come over https, too: what comes from there says in `X-Forwarded-For` for whom. Default: none. */
  trustedProxies?: readonly string[] | undefined;
}

/** Something in front of the edge ends https, and hands it what readers ask over http. */
export interface HttpsBefore {
  /** Its networks, as CIDR: what comes from there says in `X-Forwarded-For` for whom. */
  trustedProxies: readonly string[];
  /** Seconds in which the edge, told to stop, still takes requests: until everybody knows that it goes. */
  leaveSeconds: number;
}

export const caddyCommand = ["caddy", "run", "--config", caddyFile, "--adapter", "caddyfile"];

/** The official image's program is marked for the right to ports below 1024: without it in reach it does not even start. */
export const caddyCapabilities = ["NET_BIND_SERVICE"];

/** The part of the memory limit from which on Go gives memory back, rather than grow. */
const memoryTarget = 0.8;

/**
 * @param directory where it may write
 * @param memory its limit, as a quantity
 */
export function caddyEnvironment(directory: string, memory: string): Record<string, string> {
  return {
    HOME: directory,
    XDG_CONFIG_HOME: directory,
    XDG_DATA_HOME: directory,
    GOMEMLIMIT: `${Math.round(quantityToBytes(memory) * memoryTarget)}B`,
  };
}
