import * as pulumi from "@pulumi/pulumi";
import { contentHash } from "../../platforms/content-hash";
import { randomPassword } from "../password";
import { clientOptionFiles, provisioningSql, type Database, type ServerPasswords } from "./users";

/** Databases by a key of the caller's own, each with the user that owns it. */
export type Databases = Record<string, DatabaseArgs>;

export interface DatabaseArgs extends Omit<Database, "password"> {
  /**
   * Generations of the password that exist: the present one first, then those kept for rollback, and always 1, with which a new server
   * starts. Default: 1 alone.
   */
  passwordGenerations?: readonly number[] | undefined;
}

/** One generation of a password. */
export interface GenerationOfPassword {
  generation: number;
  password: pulumi.Output<string>;
}

/** What the server reads from `/run/secrets/mysql`, by file name. */
export type ServerFiles = { "provision.sql": string } & ReturnType<typeof clientOptionFiles>;

/** Random passwords, and the files that carry them to the server. */
export interface Credentials<User extends string, Files> {
  /** Passwords of each database's user, the present one first, by the database's key. */
  databasePasswords: Record<string, GenerationOfPassword[]>;
  /** Password of each of the server's own users. */
  userPasswords: Record<User, pulumi.Output<string>>;
  files: pulumi.Output<Files>;
  /**
   * The files with what names each password in its place: they change when the files change, and when a password becomes another one.
   * Nothing in them is secret.
   */
  templates: Files;
}

export type ServerCredentials = Credentials<keyof ServerPasswords, ServerFiles>;

/** The generations that a database's password has. */
function generationsOf({ passwordGenerations = [] }: DatabaseArgs): readonly number[] {
  return [...new Set([...passwordGenerations.filter((generation) => generation !== 1), 1])];
}

/** Makes the passwords of a server on its own, and of the user of each of its databases. */
export function serverCredentials(
  name: string,
  databases: Databases,
  options: pulumi.CustomResourceOptions,
): ServerCredentials {
  return credentials(name, databases, ["root", "monitor", "backup"], serverFiles, options);
}

/**
 * Makes the passwords of the server's own users and of the user of each database.
 *
 * @param filesOf what the server reads, given every password
 */
export function credentials<User extends string, Files extends Record<string, string>>(
  name: string,
  databases: Databases,
  users: readonly User[],
  filesOf: (passwords: Record<User, string>, databases: Database[]) => Files,
  options: pulumi.CustomResourceOptions,
): Credentials<User, Files> {
  const passwords = <Key extends string>(keys: readonly Key[], prefix: string) =>
    byKeyOf(keys, (key) => randomPassword(`${prefix}-${key}-password`, options));
  const userPasswords = passwords(users, name);
  const databasePasswords = Object.fromEntries(
    Object.entries(databases).map(([key, database]) => [
      key,
      generationsOf(database).map((generation) => ({
        generation,
        password: randomPassword(`${name}-db-${key}-password`, options, generation),
      })),
    ]),
  );
  // The server is given the first generation, whatever the present one is: an app that rotates its password needs no restart of the server.
  const givenPasswords = Object.fromEntries(
    Object.entries(databasePasswords).map(([key, generations]) => [key, generations.at(-1)?.password ?? ""]),
  );
  const complete = (passwordOf: (key: string) => string): Database[] =>
    Object.entries(databases).map(([key, { database, username }]) => ({
      database,
      username,
      password: passwordOf(key),
    }));
  return {
    databasePasswords,
    userPasswords,
    files: pulumi.all([pulumi.all(userPasswords), pulumi.all(givenPasswords)]).apply(([byUser, byKey]) =>
      filesOf(
        byUser as Record<User, string>,
        complete((key) => byKey[key] ?? ""),
      ),
    ),
    templates: filesOf(
      byKeyOf(users, (user) => contentHash(name, user)),
      complete((key) => contentHash(name, "db", key)),
    ),
  };
}

function byKeyOf<Key extends string, Value>(keys: readonly Key[], valueOf: (key: Key) => Value): Record<Key, Value> {
  return Object.fromEntries(keys.map((key) => [key, valueOf(key)])) as Record<Key, Value>;
}

function serverFiles(server: ServerPasswords, databases: readonly Database[]): ServerFiles {
  return { "provision.sql": provisioningSql(server, databases), ...clientOptionFiles(server) };
}
