import { isLocalName } from "./edge";
import { ownActivityPub } from "./own-activitypub";
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
    case "self":
      return ownActivityPub;
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
  const obstacle = obstacleOf(activityPub, url, front);
  return obstacle === undefined ? [] : [obstacle];
}

function obstacleOf(server: Addressed["activityPub"], url: string, front: Front): string | undefined {
  switch (server) {
    case undefined:
    case "off":
      return undefined;
    case "hosted":
      return hostedObstacle(url, front);
    case "self":
      return selfObstacle(url, front);
    default:
      return pathObstacle(url);
  }
}

/** Why the hosted server cannot speak for a site: it fetches the site's keys from its public address. */
function hostedObstacle(url: string, front: Front): string | undefined {
  return (
    pathObstacle(url) ??
    (isPublic(url, front)
      ? undefined
      : `${hostedActivityPub} asks the site at its url, which has to be a public one with https and a certificate of a public authority. Set it to off, or name a server of your own`)
  );
}

/** Why the stack's own server cannot: it asks the site at its url, too, and always over https. */
function selfObstacle(url: string, front: Front): string | undefined {
  if (front.platform === "kubernetes") {
    return "self runs on Swarm alone. Set it to hosted or off, or name the address of a server of your own";
  }
  return (
    pathObstacle(url) ??
    (isPublic(url, front)
      ? undefined
      : "the server asks the site at its url, as servers elsewhere do: that has to begin with https, with a certificate of an authority and not of the edge itself. Set it to off")
  );
}

/** Whether others may trust what answers at an address. */
function isPublic(url: string, { edge, platform }: Front): boolean {
  const { hostname, protocol } = new URL(url);
  const isOwn = platform === "swarm" && edge?.certificates === "internal";
  return protocol === "https:" && !isOwn && !isLocalName(hostname);
}

function pathObstacle(url: string): string | undefined {
  return new URL(url).pathname === "/"
    ? undefined
    : "Ghost does not speak ActivityPub for a site below a path. Set it to off";
}
