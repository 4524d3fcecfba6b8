import type { ParsedStack, SiteConfig } from "./schema";

/* The ActivityPub server that a stack runs itself. */

/** Where the server that the stack runs itself listens, and what it is called on the stack's networks. */
export const ownActivityPubPort = 8080;
export const ownActivityPub = `http://activitypub:${ownActivityPubPort}`;

/** Name of its database, of its user, and of the generations of that user's password. */
export const activityPubDatabase = "activitypub";

/** Connections in its pool. Who finds all of them busy waits for one, for half a minute. */
export const activityPubPool = 10;
/** Those that it may hold at once: of a task and of the next one while it is updated, and two that look after the schema. */
export const activityPubConnections = 2 * activityPubPool + 2;

/** The sites for which the stack's own server speaks, by name. */
export function selfServedSites({ sites }: Pick<ParsedStack, "sites">): [name: string, site: SiteConfig][] {
  return Object.entries(sites).filter(([, { activityPub }]) => activityPub === "self");
}
