import * as path from "node:path";
import { readScripts, scriptDirectory } from "../../../platforms/scripts";
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
export const databasesScripts = readScripts(path.join(__dirname, "scripts"), [databasesScript]);

/** Where it finds what it is to make, the authority, and passwords. */
export const planFile = `${scriptDirectory}/databases.json`;
export const caFile = `${scriptDirectory}/database-ca.pem`;
export const secretDirectory = "/run/secrets/databases";
export const adminPasswordFile = `${secretDirectory}/admin`;

/** Where it finds the password that a database's user is made with. */
export function userPasswordFile(key: string): string {
  return `${secretDirectory}/${key}`;
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
