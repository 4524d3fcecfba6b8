import * as path from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { activityPubPool, ownActivityPubPort } from "../../config/own-activitypub";
import { activityPubSecretDirectory, databaseCaFile } from "../../config/container-paths";
import { contentHash } from "../../platforms/content-hash";
import { readScripts, scriptDirectory } from "../../platforms/scripts";
import type { DatabaseEndpoint } from "../endpoints";

/* What the ActivityPub server of Ghost's makers is, whatever it runs on. */

export const activityPubPort = ownActivityPubPort;
/** The image's user `node`. Who migrates is the same one: its image needs none. */
export const activityPubUser = 1000;
export const passwordFile = `${activityPubSecretDirectory}/database-password`;
/** Roots of authorities that the server believes beside the public ones. */
export const authoritiesFile = `${scriptDirectory}/site-ca.pem`;
/** Of the few megabytes that the program takes. */
export const migrationsMemory = "64Mi";

/** The folder of the image's user, which gives a new volume its owner. */
export const dataDirectory = "/home/node";
/** Where pictures are shown, below the address of a site: in the makers' own words for it. */
const picturesPath = "/.ghost/activitypub/local-storage";

/** How it is asked whether it hangs, from inside. */
export const alivePath = "/alive";

export const serveCommand = ["node", `${scriptDirectory}/serve.js`];
export const migrateCommand = ["sh", `${scriptDirectory}/migrate.sh`];
/** Is there once the database has its schema. */
export const migratedFile = "/tmp/migrated";

export function serveScripts(): Record<string, string> {
  return readScripts(path.join(__dirname, "scripts"), ["serve.js", "own-paths.js"]);
}

export function migrateScripts(): Record<string, string> {
  return readScripts(path.join(__dirname, "scripts"), ["migrate.sh"]);
}

/** What the server waits for: a name that only who has brought the database to the schema of this image has, and while it is well. */
export function migratedName(migrationsImage: string): string {
  return `activitypub-migrated-${contentHash(migrationsImage)}`;
}

/**
 * The server's environment, in which no secret is.
 *
 * @param url address of the site at which pictures of all sites are shown
 * @param believes whether there are roots in `authoritiesFile`
 */
export function serverEnvironment(
  database: DatabaseEndpoint<unknown>,
  url: string,
  believes: boolean,
): Record<string, pulumi.Input<string>> {
  return {
    NODE_ENV: "production",
    PORT: String(activityPubPort),
    MYSQL_HOST: database.host,
    MYSQL_PORT: String(database.port),
    MYSQL_USER: database.username,
    MYSQL_DATABASE: database.database,
    MYSQL_CONN_POOL_MIN: "0",
    MYSQL_CONN_POOL_MAX: String(activityPubPool),
    LOCAL_STORAGE_PATH: `${dataDirectory}/pictures`,
    LOCAL_STORAGE_HOSTING_URL: `${url.replace(/\/+$/, "")}${picturesPath}`,
    // Each request of a stranger would be a line.
    LOG_LEVEL: "warning",
    ...(believes ? { NODE_EXTRA_CA_CERTS: authoritiesFile } : {}),
    ...loginFiles(database),
  };
}

export function migrationsEnvironment(database: DatabaseEndpoint<unknown>): Record<string, pulumi.Input<string>> {
  return {
    DATABASE_HOST: database.host,
    DATABASE_PORT: String(database.port),
    DATABASE_USER: database.username,
    DATABASE_NAME: database.database,
    ...loginFiles(database),
  };
}

function loginFiles({ authority }: Pick<DatabaseEndpoint<unknown>, "authority">): Record<string, string> {
  return {
    DATABASE_PASSWORD_FILE: passwordFile,
    ...(authority.ca === undefined ? {} : { DATABASE_CA_FILE: databaseCaFile }),
  };
}
