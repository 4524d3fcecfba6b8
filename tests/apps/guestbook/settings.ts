import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { DatabaseEndpoint } from "../../../components/swarm";

/* What a guestbook is, whatever it runs on. */

export const settings = z.strictObject({
  /** Where it is reached: on the nodes of a swarm, and from here through a forwarded port. */
  port: z.number().int().min(1024).max(65535),
  image: z.string().default("docker.io/library/wordpress:7.1.0-php8.4-apache"),
});
export type Settings = z.output<typeof settings>;

/** The image's user `www-data`. */
export const user = 33;
export const memory = "96Mi";
export const listens = 8080;
/** Where the volume is, over a folder of its user's. */
export const pictures = "/var/www/html";
export const passwordFile = "/run/secrets/guestbook/database-password";

/** Where containers find scripts of this program's, too. */
export const directory = "/scripts";
const program = `${directory}/guestbook.php`;
const databaseCa = "mysql-ca.pem";
/** Waits for the database, and makes its table and its present password known. */
export const prepare = ["php", program];
export const serve = ["php", "-S", `0.0.0.0:${listens}`, program];

/** What stands in `directory`: the program, and the authority of the database's certificate. */
export function scripts({
  authority: { ca },
}: Pick<DatabaseEndpoint<unknown>, "authority">): Record<string, pulumi.Input<string>> {
  return {
    "guestbook.php": fs.readFileSync(path.join(__dirname, "guestbook.php"), "utf8"),
    ...(ca === undefined ? {} : { [databaseCa]: ca }),
  };
}

export function environment({
  database,
  host,
  port,
  username,
}: DatabaseEndpoint<unknown>): Record<string, pulumi.Input<string>> {
  return {
    DB: pulumi.interpolate`${host}:${port}`,
    DB_USER: username,
    DB_NAME: database,
    DB_PASSWORD_FILE: passwordFile,
    DB_CA_FILE: `${directory}/${databaseCa}`,
  };
}

/** It has asked for one in `connections`. */
export function itsDatabase<SecretReference>({
  database,
}: {
  database?: DatabaseEndpoint<SecretReference> | undefined;
}): DatabaseEndpoint<SecretReference> {
  if (!database) {
    throw new Error("a guestbook has asked for a database");
  }
  return database;
}
