import { isLocalName } from "./edge";
import type { EdgeConfig, SiteConfig } from "./schema";

/** The free service of Ghost's makers. */
export const hostedActivityPub = "https://ap.ghost.org";

type Addressed = Pick<SiteConfig, "activityPub" | "url">;

/**
 * The server that speaks ActivityPub for a site behind an edge; undefined for none. Where the site does not say, it is the hosted one wherever that works, as Ghost's
 * makers have it.
 */
export function activityPubServer({ activityPub, url }: Addressed, edge: EdgeConfig): string | undefined {
  switch (activityPub) {
    case "off":
      return undefined;
    case "hosted":
      return hostedActivityPub;
    case undefined:
      // Nobody here knows whether browsers, and servers, trust the certificates of another authority.
      return edge.acme.directory === undefined && hostedObstacle(url, edge) === undefined
        ? hostedActivityPub
        : undefined;
    default:
      return activityPub;
  }
}

/** What is wrong with what a site says of ActivityPub. */
export function activityPubMistakes({ activityPub, url }: Addressed, edge: EdgeConfig): string[] {
  const obstacle =
    activityPub === undefined || activityPub === "off"
      ? undefined
      : activityPub === "hosted"
        ? hostedObstacle(url, edge)
        : pathObstacle(url);
  return obstacle === undefined ? [] : [obstacle];
}

/** Why the hosted server cannot speak for a site: it fetches the site's keys from its public address. */
function hostedObstacle(url: string, { certificates }: EdgeConfig): string | undefined {
  const { hostname, protocol } = new URL(url);
  return (
    pathObstacle(url) ??
    (protocol !== "https:" || certificates === "internal" || isLocalName(hostname)
      ? `${hostedActivityPub} asks the site at its url, which has to be a public one with https and a certificate of a public authority. Set it to off, or name a server of your own`
      : undefined)
  );
}

function pathObstacle(url: string): string | undefined {
  return new URL(url).pathname === "/"
    ? undefined
    : "Ghost does not speak ActivityPub for a site below a path. Set it to off";
}
