import * as path from "node:path";
import { readScripts, scriptDirectory } from "../../../platforms/scripts";
import { UserError } from "../../../errors";
import type { ServerAuthority } from "../../endpoints";
import type { DatabaseArgs } from "../users";
import type * as pulumi from "@pulumi/pulumi";

/** A MySQL server of somebody else's: nothing of it is made, and its certificate is verified always. */
export interface ExternalServer extends ServerAuthority {
  /** DNS name, which its certificate names. */
  host: string;
  port: number;
  /** Who makes databases and users. Absent: all of them are brought along. */
  admin?: { user: string; password: pulumi.Input<string> } | undefined;
}

/** A database there. */
export interface ExternalDatabase extends DatabaseArgs {
  /** That of a database and user that are there already. Absent: both are made, with a password of the component's. */
  password?: pulumi.Input<string> | undefined;
}

/** The script that makes databases; see there. */
export const databasesScript = "databases.js";
/** Its text, by name. */
export const databasesScripts = readScripts(path.join(__dirname, "scripts"), [databasesScript]);

/** What runs it is called, after the component: for `mysql`, `logins-mysql`. */
export function loginsName(server: string): string {
  return `logins-${server}`;
}

/** Where it finds what it is to make, the authority, and passwords. */
export const planFile = `${scriptDirectory}/databases.json`;
export const caFile = `${scriptDirectory}/database-ca.pem`;
export const secretDirectory = "/run/secrets/databases";
export const adminPasswordFile = `${secretDirectory}/admin`;

/** Where it finds the password that a database's user is made with; a site may be called "admin". */
export function userPasswordFile(key: string): string {
  return `${secretDirectory}/db-${key}`;
}

/** The files beside it, which everybody may read, and the script itself, by name. */
export function planFiles(text: string, ca: pulumi.Input<string> | undefined): Record<string, pulumi.Input<string>> {
  return {
    ...databasesScripts,
    [path.posix.basename(planFile)]: text,
    ...(ca === undefined ? {} : { [path.posix.basename(caFile)]: ca }),
  };
}

/**
 * Databases that are made, and the passwords of those that are brought along.
 *
 * @throws UserError for one that nobody can make
 */
export function sorted({
  admin,
  databases,
}: Pick<ExternalServer, "admin"> & { databases: Record<string, ExternalDatabase> }) {
  const made: Record<string, ExternalDatabase> = {};
  const brought: Record<string, pulumi.Input<string>> = {};
  for (const [key, database] of Object.entries(databases)) {
    if (database.password === undefined) {
      made[key] = database;
    } else {
      brought[key] = database.password;
    }
  }
  if (admin === undefined && Object.keys(made).length > 0) {
    throw new UserError(
      `databases on a server of somebody else's: ${Object.keys(made).join(", ")} have no password, and there is no admin who could make them. Give each its password, or an admin`,
    );
  }
  return { made, brought };
}

/**
 * What the script is to make, as it reads it from `planFile`. Nothing in it is secret.
 *
 * @param owner whose the users are, for their attributes: two stacks on one server do not take each other's
 * @param databases those that are made
 */
export function plan(
  owner: string,
  { admin, ca, host, port }: ExternalServer,
  databases: Record<string, ExternalDatabase>,
): string {
  return JSON.stringify({
    host,
    port,
    ...(ca === undefined ? {} : { caFile }),
    owner,
    admin: { user: admin?.user, passwordFile: adminPasswordFile },
    databases: Object.entries(databases).map(([key, { database, username }]) => ({
      key: `sites.${key}.database`,
      database,
      username,
      passwordFile: userPasswordFile(key),
    })),
  });
}
