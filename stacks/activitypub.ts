import type { Databases } from "../components/mysql/users";
import { activityPubConnections, activityPubDatabase, selfServedSites } from "../config/own-activitypub";
import { readEdge } from "../config/edge";
import { siteGenerations } from "../config/generations";
import type { StackConfig } from "../config/schema";

/** What the ActivityPub server gets from the stack's configuration, but for its database; undefined where no site is served by it. */
export function activityPubArgs(config: StackConfig) {
  const [first] = selfServedSites(config);
  if (!first) {
    return undefined;
  }
  const [, { url }] = first;
  // Who issues the certificates of the sites: whom the server asks at their addresses.
  const { ca } = config.edge ? readEdge(config.edge, process.cwd()) : {};
  return { ...config.activityPub, url, ca };
}

/** Its database; none where no site is served by it. */
export function activityPubDatabases(config: Pick<StackConfig, "secrets" | "sites">): Databases {
  return selfServedSites(config).length === 0
    ? {}
    : {
        [activityPubDatabase]: {
          database: activityPubDatabase,
          username: activityPubDatabase,
          connections: activityPubConnections,
          passwordGenerations: siteGenerations(config, activityPubDatabase),
        },
      };
}
