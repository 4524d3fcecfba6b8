import { activityPubConnections, selfServedSites } from "../own-activitypub";
import { ownConnections } from "../own-apps";
import type { ParsedStack } from "../schema";
import { ghostConnections, serverSize, wordpressConnections, type DatabaseUser, type ServerSize } from "./size";

/** The apps of a stack that have a database. */
export function databaseUsers(config: Pick<ParsedStack, "apps" | "sites" | "wordpress">): DatabaseUser[] {
  return [
    ...Object.keys(config.sites).map((name) => ({ name: `sites.${name}`, connections: ghostConnections })),
    ...Object.entries(config.wordpress).map(([name, { replicas }]) => ({
      name: `wordpress.${name}`,
      connections: wordpressConnections(replicas),
    })),
    ...Object.entries(ownConnections(config)).map(([name, connections]) => ({ name: `apps.${name}`, connections })),
    ...(selfServedSites(config).length > 0 ? [{ name: "activityPub", connections: activityPubConnections }] : []),
  ];
}

/** How large the database server of a stack has to be. */
export function stackServerSize(config: Pick<ParsedStack, "apps" | "mysql" | "sites" | "wordpress">): ServerSize {
  const { replicas, topology } = config.mysql;
  return serverSize(databaseUsers(config), topology === "single" ? 0 : replicas - 1, topology);
}
