import * as pulumi from "@pulumi/pulumi";
import type { SwarmSecretReference } from "../../platforms/swarm/secrets";
import type { SwarmStack } from "../../platforms/swarm/stack";
import type { MailEndpoint } from "../endpoints";
import { Ghost, type GhostArgs } from "../ghost/swarm";
import { type Databases, siteDatabases } from "../mysql/users";
import type { DatabaseServer } from "../mysql/database-secrets-swarm";
import { ReplicatedMySql, type ReplicatedMySqlArgs } from "../mysql/replicated-swarm";
import { MySql } from "../mysql/swarm";

/** What a site brings of its own; the rest it shares with its neighbours. */
export type GhostSite = Omit<GhostArgs, "stack" | "images" | "database" | "mail" | "retainData"> & {
  /** See `DatabaseArgs`. Default: 1 alone. */
  passwordGenerations?: readonly number[] | undefined;
};

export interface GhostWithMySqlArgs {
  /** The stack it belongs to: name, networks, and how services are published and placed. */
  stack: SwarmStack;
  /** Images with a tag or a digest. */
  images: GhostArgs["images"] & { mysql: string };
  /** The database server, shared by the sites. What concerns members of a set has no effect on a single server. */
  mysql?: Omit<ReplicatedMySqlArgs, "stack" | "image" | "databases" | "retainData"> & {
    /** One server, or a source with replicas. Default `single`. */
    topology?: "single" | "replicated";
  };
  /** Sites by name: lower-case letters, digits and hyphens, at most 24. Each has its own database, user, password and content. */
  sites: Record<string, GhostSite>;
  /** Databases that other apps have on the same server, by a key that no site has. Their endpoints: `mysql.endpoint(key)`. */
  databases?: Databases;
  /** Where the sites' mail goes. Absent: nowhere. */
  mail?: MailEndpoint<SwarmSecretReference> | undefined;
  /** Keep databases and content when the component is destroyed. Default true. */
  retainData?: boolean;
}

/** Ghost sites and the MySQL server they share, wired together: `mysql`, and a `ghost-<site>` for each site. */
export class GhostWithMySql extends pulumi.ComponentResource {
  readonly mysql: DatabaseServer;
  readonly sites: Record<string, Ghost>;

  constructor(name: string, args: GhostWithMySqlArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ghost-platform:swarm:GhostWithMySql", name, {}, opts);
    const { images, mail, retainData, stack } = args;
    const shared = { stack, ...(retainData === undefined ? {} : { retainData }) };

    const Server = args.mysql?.topology === "replicated" ? ReplicatedMySql : MySql;
    const mysql = new Server(
      "mysql",
      {
        ...args.mysql,
        ...shared,
        image: images.mysql,
        databases: { ...siteDatabases(args.sites), ...args.databases },
      },
      { parent: this },
    );
    this.mysql = mysql;
    this.sites = Object.fromEntries(
      Object.entries(args.sites).map(([site, settings]) => [
        site,
        new Ghost(
          `ghost-${site}`,
          { ...settings, ...shared, images, mail, database: mysql.endpoint(site) },
          { parent: this },
        ),
      ]),
    );
    this.registerOutputs({
      urls: Object.fromEntries(Object.entries(this.sites).map(([site, { url }]) => [site, url])),
    });
  }
}
