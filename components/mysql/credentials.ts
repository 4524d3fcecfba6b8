import * as pulumi from "@pulumi/pulumi";
import { contentHash } from "../../platforms/content-hash";
import { randomPassword, type PasswordMaker } from "../../platforms/password";
import { databaseSecretRole } from "./password-names";
import { passwordMark, type ExistingPassword, type ExistingPasswords, type ExistingSecret } from "./existing-passwords";
import {
  archiveSql,
  archiveUser,
  clientOptionFiles,
  metricsSql,
  metricsUser,
  provisioningSql,
  remoteBackupSql,
  type Databases,
  type DatabaseArgs,
  type Database,
  type ServerPasswords,
} from "./users";

/** One generation of a password. */
export interface GenerationOfPassword {
  generation: number;
  password: pulumi.Output<string>;
}

/** What the server reads from `/run/secrets/mysql`, by file name. */
export type ServerFiles = { "provision.sql": string } & ReturnType<typeof clientOptionFiles>;

/** Random passwords, and the files that carry them to the server. */
export interface Credentials<User extends string, Files> {
  /** Passwords of each database's user, the present one first, by the database's key; none where it is in a Secret that is there. */
  databasePasswords: Record<string, GenerationOfPassword[]>;
  /** Password of each of the server's own users that there are; the mark of one that is in a Secret that is there. */
  userPasswords: Record<User, pulumi.Output<string>>;
  /** Which of the server's own users' passwords these are: 1 for the first. */
  generation: number;
  files: pulumi.Output<Files>;
  /** Those of the generation before, for a member that was started with them. Absent for the first generation. */
  formerFiles?: pulumi.Output<Files>;
  /**
   * The files with what names each password in its place: they change when the files change, and when a password becomes another one.
   * Nothing in them is secret.
   */
  templates: Files;
  /** The passwords whose marks are in the files. */
  existing: ExistingPasswords;
}

export type ServerCredentials = Credentials<keyof ServerPasswords, ServerFiles>;

/** The generations that a database's password has. */
function generationsOf({ passwordGenerations = [] }: DatabaseArgs): readonly number[] {
  return [...new Set([...passwordGenerations.filter((generation) => generation !== 1), 1])];
}

/**
 * Who comes over the network beside the sites: such a user has a password, too. One that is not wanted (any more) goes, where it was made before; absent, it is
 * nobody's business.
 */
export interface FurtherUsers {
  /** Asks for figures. */
  metrics?: boolean | undefined;
  /** Archives binary logs. */
  archive?: boolean | undefined;
}

/**
 * Makes the passwords of a server on its own, and of the user of each of its databases.
 *
 * @param further as `FurtherUsers`; `remoteBackups`: whether a pod of its own makes backups, in the same way; `existingSecret`: where passwords of its own
 *   users are
 */
export function serverCredentials(
  children: PasswordMaker,
  databases: Databases,
  generation?: number,
  {
    existingSecret,
    remoteBackups,
    ...further
  }: FurtherUsers & { existingSecret?: ExistingSecret | undefined; remoteBackups?: boolean } = {},
): ServerCredentials {
  const filesOf = (passwords: ServerPasswords, of: Database[]): ServerFiles => ({
    "provision.sql":
      provisioningSql(passwords, of) +
      furtherProvision(passwords, further) +
      (remoteBackups === undefined ? "" : remoteBackupSql(remoteBackups ? passwords.backup : undefined)),
    ...clientOptionFiles(passwords),
  });
  const users = withFurther(["root", "monitor", "backup"] as const, further);
  return credentials(children, databases, users, filesOf, generation, existingSecret);
}

/** The users of a server with those who come beside the sites. */
export function withFurther<User extends string>(
  users: readonly User[],
  { archive, metrics }: FurtherUsers,
): readonly (User | typeof metricsUser | typeof archiveUser)[] {
  const asking = metrics ? ([metricsUser] as const) : [];
  const archiving = archive ? ([archiveUser] as const) : [];
  return [...users, ...asking, ...archiving];
}

/** Their passwords, by user: undefined for one that is to be gone. See `FurtherUsers`. */
export function furtherPasswords(
  passwords: ServerPasswords,
  { archive, metrics }: FurtherUsers,
): Partial<Record<typeof metricsUser | typeof archiveUser, string | undefined>> {
  return {
    ...(metrics === undefined ? {} : { [metricsUser]: passwords.metrics }),
    ...(archive === undefined ? {} : { [archiveUser]: passwords.archive }),
  };
}

/** What becomes of those; see `FurtherUsers`. */
export function furtherProvision(passwords: ServerPasswords, { archive, metrics }: FurtherUsers): string {
  return (
    (metrics === undefined ? "" : metricsSql(passwords.metrics)) +
    (archive === undefined ? "" : archiveSql(passwords.archive))
  );
}

/**
 * Makes the passwords of the server's own users and of the user of each database.
 *
 * @param filesOf what the server reads, given every password, and the own users' passwords before these where there are some
 * @param generation of the own users' passwords; see `randomPassword`. Default 1
 * @param existingSecret where passwords of own users are. Default: all are random
 */
export function credentials<User extends string, Files extends Record<string, string>>(
  children: PasswordMaker,
  databases: Databases,
  users: readonly User[],
  filesOf: (passwords: Record<User, string>, databases: Database[], former?: Record<User, string>) => Files,
  generation = 1,
  existingSecret?: ExistingSecret,
): Credentials<User, Files> {
  const name = children.objectName;
  const existing = existingOf(users, databases, existingSecret);
  const passwordsOf = (which: number) =>
    byKeyOf(users, (user) =>
      user in existing ? pulumi.output(passwordMark(user)) : randomPassword(children, `${user}-password`, which),
    );
  const templatesOf = (which: number) =>
    byKeyOf(
      users,
      (user) => existingTemplate(existing[user]) ?? contentHash(name, user, ...(which === 1 ? [] : [String(which)])),
    );
  const userPasswords = passwordsOf(generation);
  const formerPasswords = generation === 1 ? undefined : passwordsOf(generation - 1);
  const databasePasswords = Object.fromEntries(
    Object.entries(databases).map(([key, database]) => [
      key,
      (database.existingSecret ? [] : generationsOf(database)).map((generation) => ({
        generation,
        password: randomPassword(children, `db-${key}-password`, generation),
      })),
    ]),
  );
  // The server is given the first generation, whatever the present one is: an app that rotates its password needs no restart of the server.
  const givenPasswords = Object.fromEntries(
    Object.entries(databasePasswords).map(([key, generations]) => [
      key,
      generations.at(-1)?.password ?? passwordMark(databaseSecretRole(key)),
    ]),
  );
  const complete = (passwordOf: (key: string) => string): Database[] =>
    Object.entries(databases).map(([key, { database, username }]) => ({
      database,
      username,
      password: passwordOf(key),
    }));
  const files = (present: PasswordOutputs<User>, before?: PasswordOutputs<User>) =>
    pulumi
      .all([known(present), known(before ?? present), pulumi.all(givenPasswords)])
      .apply(([byUser, formerByUser, byKey]) =>
        filesOf(
          byUser as Record<User, string>,
          complete((key) => byKey[key] ?? ""),
          before && (formerByUser as Record<User, string>),
        ),
      );
  return {
    databasePasswords,
    userPasswords,
    generation,
    files: files(userPasswords, formerPasswords),
    ...(formerPasswords ? { formerFiles: files(formerPasswords) } : {}),
    templates: filesOf(
      templatesOf(generation),
      complete((key) => existingTemplate(existing[databaseSecretRole(key)]) ?? contentHash(name, "db", key)),
      formerPasswords && templatesOf(generation - 1),
    ),
    existing,
  };
}

/** The passwords that are in Secrets which are there, by the user, or the role of the database's Secret. */
function existingOf(
  users: readonly string[],
  databases: Databases,
  { keys = {}, name = "" }: Partial<ExistingSecret> = {},
): ExistingPasswords {
  return Object.fromEntries([
    ...Object.entries(keys)
      .filter(([user]) => users.includes(user))
      .map(([user, key]): [string, ExistingPassword] => [user, { name, key }]),
    ...Object.entries(databases).flatMap(([key, { existingSecret }]): [string, ExistingPassword][] =>
      existingSecret ? [[databaseSecretRole(key), existingSecret]] : [],
    ),
  ]);
}

/** What names such a password in a template. */
function existingTemplate(password: ExistingPassword | undefined): string | undefined {
  return password && contentHash("existing", password.name, password.key);
}

type PasswordOutputs<User extends string> = Record<User, pulumi.Output<string>>;

function known(passwords: Record<string, pulumi.Output<string>>): pulumi.Output<Record<string, string>> {
  return pulumi.all(passwords);
}

function byKeyOf<Key extends string, Value>(keys: readonly Key[], valueOf: (key: Key) => Value): Record<Key, Value> {
  return Object.fromEntries(keys.map((key) => [key, valueOf(key)])) as Record<Key, Value>;
}
