import * as pulumi from "@pulumi/pulumi";
import { defaultImages } from "../../config/images";
import type { SecretReference } from "../../platforms/kubernetes/files/secret-reference";
import { UserError } from "../../errors";
import { existingClaim, type ClaimSettings, type NewClaim } from "../../platforms/kubernetes/storage/claim";
import type { MailEndpoint } from "../endpoints";
import { Ghost, type GhostArgs } from "../ghost/kubernetes";
import { MySql } from "../mysql/kubernetes";
import { GroupMySql } from "../mysql/group/kubernetes";
import { ReplicatedMySql, type ReplicatedMySqlArgs } from "../mysql/replicated-kubernetes";
import type { ExistingPassword } from "../mysql/existing-passwords";
import type { ExternalServer } from "../mysql/external/settings";
import { ExternalMySql } from "../mysql/external/kubernetes";
import type { Topology } from "../mysql/server-options";
import type { NetworkPolicyArgument } from "../network-policy";
import { siteDatabases, type Databases, type SiteDatabase } from "../mysql/users";

/** What a site brings of its own; the rest it shares with its neighbours. Its objects are called `<component>-<site>`, unless it has a `name`. */
export type GhostSite = Omit<
  GhostArgs,
  "namespace" | "images" | "database" | "mail" | "networkPolicy" | "retainData"
> & {
  /** See `DatabaseArgs`. Default: 1 alone. */
  passwordGenerations?: readonly number[] | undefined;
  /** Its database on a server that is somebody else's. Default: one of the usual names, which is made. */
  externalDatabase?: SiteDatabase | undefined;
  /** The key of a Secret that is there with the password of its database's user. Default: it is random. */
  databaseSecret?: ExistingPassword | undefined;
};

export interface GhostWithMySqlArgs {
  /** Namespace of every object. */
  namespace: pulumi.Input<string>;
  /** Images with a tag or a digest. */
  images: GhostArgs["images"] & {
    mysql: pulumi.Input<string>;
    /** For a group. */
    haproxy?: pulumi.Input<string>;
  };
  /**
   * The database server, shared by the sites. Its objects are called `<component>-mysql`, unless it has a `name`. What concerns members of a set has no
   * effect on a single server.
   */
  mysql?: Omit<
    ReplicatedMySqlArgs,
    "namespace" | "image" | "databases" | "networkPolicy" | "retainData" | "storage"
  > & {
    /** See `MySqlArgs`. A claim that is there is for a single server. */
    storage?: ClaimSettings;
    /** One server, a source with replicas, or a group that decides itself who takes writes. Default `single`. */
    topology?: Topology;
    /** A server that is somebody else's, and takes the place of any; then nothing else of this has an effect but `name`, `pod` and `transform`. */
    external?: ExternalServer | undefined;
  };
  /** Sites by name: lower-case letters, digits and hyphens, at most 24. Each has its own database, user, password and content. */
  sites: Record<string, GhostSite>;
  /** Databases that other apps have on the same server, by a key that no site has. Their endpoints: `mysql.endpoint(key)`. */
  databases?: Databases;
  /** Where the sites' mail goes. Absent: nowhere. */
  mail?: MailEndpoint<SecretReference> | undefined;
  /** See `GhostArgs.networkPolicy` and `MySqlArgs.networkPolicy`. Default true. */
  networkPolicy?: NetworkPolicyArgument;
  /** Keep databases and content when the component is destroyed. Default true. */
  retainData?: boolean;
}

/**
 * Ghost sites and the MySQL server they share, wired together: components `<name>-mysql` and `<name>-<site>` for each site, whose children are adjusted by
 * `transform` of `mysql` and of the site.
 *
 * @throws UserError for what its parts refuse
 */
export class GhostWithMySql extends pulumi.ComponentResource {
  readonly mysql: MySql | ReplicatedMySql | GroupMySql | ExternalMySql;
  readonly sites: Readonly<Record<string, Ghost>>;

  constructor(name: string, args: GhostWithMySqlArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ghost-platform:kubernetes:GhostWithMySql", name, {}, opts);
    const { images, mail, namespace, networkPolicy, retainData } = args;
    const shared = { namespace, networkPolicy, ...(retainData === undefined ? {} : { retainData }) };
    const child = { parent: this };
    const { external, ...own } = args.mysql ?? {};
    const databases = { ...siteDatabases(args.sites), ...args.databases };
    const mysql = external
      ? new ExternalMySql(`${name}-mysql`, { ...own, ...shared, ...external, image: images.ghost, databases }, child)
      : databaseServer(`${name}-mysql`, { ...own, ...shared, image: images.mysql, databases }, images.haproxy, child);
    const ghost = (site: string, settings: GhostSite) =>
      new Ghost(`${name}-${site}`, { ...settings, ...shared, images, mail, database: mysql.endpoint(site) }, child);
    this.mysql = mysql;
    this.sites = Object.fromEntries(Object.entries(args.sites).map(([site, own]) => [site, ghost(site, own)]));
    this.registerOutputs({
      urls: Object.fromEntries(Object.entries(this.sites).map(([site, { url }]) => [site, url])),
    });
  }
}

type ServerArgs = Omit<ReplicatedMySqlArgs, "storage"> & { storage?: ClaimSettings; topology?: Topology };

/** @throws UserError for a claim that is there: members have one each */
function ofMembers(storage: ClaimSettings | undefined): { storage?: NewClaim } {
  if (storage && existingClaim(storage) !== undefined) {
    throw new UserError(
      "mysql.storage.existingClaim: is for a single server. Each member of a set has a claim that is made for it",
    );
  }
  return storage ? { storage: storage as NewClaim } : {};
}

function databaseServer(
  name: string,
  { storage, ...args }: ServerArgs,
  haproxy: pulumi.Input<string> = defaultImages.haproxy,
  opts: pulumi.ComponentResourceOptions,
): GhostWithMySql["mysql"] {
  switch (args.topology) {
    case "group":
      return new GroupMySql(name, { ...args, ...ofMembers(storage), proxyImage: haproxy }, opts);
    case "replicated":
      return new ReplicatedMySql(name, { ...args, ...ofMembers(storage) }, opts);
    default:
      return new MySql(name, { ...args, ...(storage ? { storage } : {}) }, opts);
  }
}
