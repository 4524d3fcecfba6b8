import { isLocalName } from "./edge";
import type { ParsedStack, SiteConfig } from "./schema";

/** The free service of Ghost's makers. */
export const hostedActivityPub = "https://ap.ghost.org";

type Addressed = Pick<SiteConfig, "activityPub" | "ingress" | "route" | "url">;
type Front = Pick<ParsedStack, "edge" | "platform">;

/**
 * The server that speaks ActivityPub for a site behind an edge; undefined for none. Where the site does not say, it is the hosted one wherever that works, as Ghost's
 * makers have it.
 */
export function activityPubServer(site: Addressed, front: Front): string | undefined {
  switch (site.activityPub) {
    case "off":
      return undefined;
    case "hosted":
      return hostedActivityPub;
    case undefined:
      return isMeantForAll(site, front) && hostedObstacle(site.url, front) === undefined
        ? hostedActivityPub
        : undefined;
    default:
      return site.activityPub;
  }
}

/**
 * Whether a site is published as those for everybody are. Nobody here knows whether browsers, and servers, trust the certificates of another authority; nor whether
 * anybody reaches a site on Kubernetes that the stack does not publish.
 */
function isMeantForAll({ ingress, route }: Addressed, { edge, platform }: Front): boolean {
  return platform === "swarm" ? edge?.acme.directory === undefined : (ingress ?? route) !== undefined;
}

/** What is wrong with what a site says of ActivityPub. */
export function activityPubMistakes({ activityPub, url }: Addressed, front: Front): string[] {
  const obstacle =
    activityPub === undefined || activityPub === "off"
      ? undefined
      : activityPub === "hosted"
        ? hostedObstacle(url, front)
        : pathObstacle(url);
  return obstacle === undefined ? [] : [obstacle];
}

/** Why the hosted server cannot speak for a site: it fetches the site's keys from its public address. */
function hostedObstacle(url: string, { edge, platform }: Front): string | undefined {
  const { hostname, protocol } = new URL(url);
  const isOwn = platform === "swarm" && edge?.certificates === "internal";
  return (
    pathObstacle(url) ??
    (protocol !== "https:" || isOwn || isLocalName(hostname)
      ? `${hostedActivityPub} asks the site at its url, which has to be a public one with https and a certificate of a public authority. Set it to off, or name a server of your own`
      : undefined)
  );
}

function pathObstacle(url: string): string | undefined {
  return new URL(url).pathname === "/"
    ? undefined
    : "Ghost does not speak ActivityPub for a site below a path. Set it to off";
}
