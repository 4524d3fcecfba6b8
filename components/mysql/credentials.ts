import * as pulumi from "@pulumi/pulumi";
import { randomPassword } from "../password";
import { clientOptionFiles, provisioningSql, type Database, type ServerPasswords } from "./users";

/** Databases by a key of the caller's own, each with the user that owns it. */
export type Databases = Record<string, Omit<Database, "password">>;

/** What the server reads from `/run/secrets/mysql`, by file name. */
export type ServerFiles = { "provision.sql": string } & ReturnType<typeof clientOptionFiles>;

/** Random passwords, and the files that carry them to the server. */
export interface ServerCredentials {
  /** Password of each database's user, by the database's key. */
  databasePasswords: Record<string, pulumi.Output<string>>;
  files: pulumi.Output<ServerFiles>;
  /** The files with a word in place of every password: they change when the files change for another reason. */
  templates: ServerFiles;
}

/** Makes the passwords of a server, and of the user of each of its databases. */
export function serverCredentials(
  name: string,
  databases: Databases,
  options: pulumi.CustomResourceOptions,
): ServerCredentials {
  const root = randomPassword(`${name}-root-password`, options);
  const monitor = randomPassword(`${name}-monitor-password`, options);
  const databasePasswords = Object.fromEntries(
    Object.keys(databases).map((key) => [key, randomPassword(`${name}-${key}-password`, options)]),
  );
  return {
    databasePasswords,
    files: pulumi
      .all([root, monitor, pulumi.all(databasePasswords)])
      .apply(([rootPassword, monitorPassword, byKey]) =>
        serverFiles({ root: rootPassword, monitor: monitorPassword }, databases, (key) => byKey[key] ?? ""),
      ),
    templates: serverFiles({ root: "password", monitor: "password" }, databases, () => "password"),
  };
}

function serverFiles(server: ServerPasswords, databases: Databases, passwordOf: (key: string) => string): ServerFiles {
  const complete = Object.entries(databases).map(([key, database]) => ({ ...database, password: passwordOf(key) }));
  return { "provision.sql": provisioningSql(server, complete), ...clientOptionFiles(server) };
}
