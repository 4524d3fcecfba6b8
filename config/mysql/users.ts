import type { ParsedStack } from "../schema";
import { ghostConnections, serverSize, wordpressConnections, type DatabaseUser, type ServerSize } from "./size";

/** The apps of a stack that have a database. */
export function databaseUsers({ sites, wordpress }: Pick<ParsedStack, "sites" | "wordpress">): DatabaseUser[] {
  return [
    ...Object.keys(sites).map((name) => ({ name: `sites.${name}`, connections: ghostConnections })),
    ...Object.entries(wordpress).map(([name, { replicas }]) => ({
      name: `wordpress.${name}`,
      connections: wordpressConnections(replicas),
    })),
  ];
}

/** How large the database server of a stack has to be. */
export function stackServerSize(config: Pick<ParsedStack, "mysql" | "sites" | "wordpress">): ServerSize {
  const { replicas, topology } = config.mysql;
  return serverSize(databaseUsers(config), topology === "replicated" ? replicas - 1 : 0);
}
