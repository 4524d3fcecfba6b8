import type * as pulumi from "@pulumi/pulumi";
import { siteNames } from "../../config/mysql/external-database";
import { authorityFile } from "../../config/mysql/server-options";
import { ghostConnections } from "../../config/mysql/size";
import { markedName, passwordHash, type ExistingPassword } from "./existing-passwords";

/**
 * Who may log in to the database server, and what each may do.
 *
 * | user | from | may | used by |
 * |---|---|---|---|
 * | root | the server's own socket | everything | a person inside the container (`mysql --defaults-file=/run/secrets/mysql/root.cnf`) |
 * | monitor | the server itself, over TCP | log in, nothing else | the readiness probe |
 * | backup | the server itself, over TCP with TLS; where the cluster makes backups, from anywhere | read everything | `npm run backup`, the CronJob |
 * | metrics | anywhere, TLS only; where the stack is monitored | read counters and the state of replication, no data | the MySQL exporter |
 * | archive | anywhere, TLS only; where binary logs are archived | follow the binary log, and so read all that is written | the archive |
 * | one a database | anywhere, TLS only | everything inside its own database | its Ghost site |
 */

/** A database and the user that owns it. */
export interface Database {
  /** Name of the schema, letters, digits and underscores. */
  database: string;
  /** At most 32 characters, MySQL's limit. */
  username: string;
  /** Letters and digits only: the text goes into SQL. */
  password: string;
}

/** Databases by a key of the caller's own, each with the user that owns it. */
export type Databases = Record<string, DatabaseArgs>;

export interface DatabaseArgs extends Omit<Database, "password"> {
  /**
   * Generations of the password that exist: the present one first, then those kept for rollback, and always 1, with which a new server
   * starts. Default: 1 alone.
   */
  passwordGenerations?: readonly number[] | undefined;
  /** Where its user's password is, on Kubernetes: then it is no generated one, and has no generations. */
  existingSecret?: ExistingPassword | undefined;
  /** Connections that its user may hold at once, from which the server is sized. Default: those of a Ghost site. */
  connections?: number;
}

export const monitorUser = "monitor";
export const backupUser = "backup";
export const metricsUser = "metrics";
export const archiveUser = "archive";

/**
 * What `mysqldump --single-transaction` takes: rows, views, triggers and events of every database, those of a site that was removed too; and
 * FLUSH TABLES, with which it finds the transactions that belong to its moment.
 */
const dumpPrivileges = ["SELECT, SHOW VIEW, TRIGGER, EVENT", "FLUSH_TABLES"];

/**
 * Names of the schema and its user for a Ghost site.
 *
 * @param site a DNS label of at most 24 characters
 * @param own what it is called instead, on a server of somebody else's
 */
export function siteDatabase(site: string, own?: Pick<SiteDatabase, "name" | "user">): Omit<Database, "password"> {
  return siteNames(site, own);
}

/** Names of the schema and its user for a WordPress site, whose name is as a Ghost site's. */
export function wordpressDatabase(site: string): Omit<Database, "password"> {
  const name = `wp_${site.replaceAll("-", "_")}`;
  return { database: name, username: name };
}

/** What a site says of its database where the server is somebody else's. */
export interface SiteDatabase {
  /** Default: see `siteDatabase`, as of the user. */
  name?: string | undefined;
  user?: string | undefined;
  /** That of a database and user that are there already. Absent: both are made. */
  password?: pulumi.Input<string> | undefined;
}

/** Schema and user of each Ghost site, by the site's name, with the generations of its password and the connections it may hold. */
export function siteDatabases(
  sites: Record<
    string,
    Pick<DatabaseArgs, "passwordGenerations"> & {
      externalDatabase?: SiteDatabase | undefined;
      databaseSecret?: ExistingPassword | undefined;
    }
  >,
) {
  return Object.fromEntries(
    Object.entries(sites).map(([site, { databaseSecret, externalDatabase, passwordGenerations }]) => [
      site,
      {
        ...siteDatabase(site, externalDatabase),
        password: externalDatabase?.password,
        passwordGenerations,
        existingSecret: databaseSecret,
        connections: ghostConnections,
      },
    ]),
  );
}

/** Passwords of the users that belong to the server rather than to a database. */
export interface ServerPasswords {
  root: string;
  monitor: string;
  backup: string;
  /** Where the stack is monitored. */
  metrics?: string;
  /** Where its binary logs are archived. */
  archive?: string;
}

/**
 * SQL that makes every user and database what it should be, whatever it was before: the server runs it at each start, so a changed
 * password or a further database needs a restart and nothing else, and a data directory that outlived its passwords gets the new ones.
 *
 * Users that log in from the server itself alone are each server's own: what they are called here, its own scripts and probes know from
 * the same files. So replicas do not hear of them.
 *
 * The owner of a database may change its own password, which is how one is rotated while the server runs. So its password is set only
 * where the server was given another one than before, and a restart undoes no rotation.
 *
 * One statement a line, as `init_file` wants it. Databases are never dropped.
 */
export function provisioningSql(passwords: ServerPasswords, databases: readonly Database[]): string {
  return (
    sqlLines(["SET SESSION sql_log_bin = 0", ...localAccounts(passwords), "SET SESSION sql_log_bin = 1"]) +
    databasesSql(databases)
  );
}

/** Statements that make the users who log in from the server itself alone. */
export function localAccounts(passwords: ServerPasswords): string[] {
  return [
    `ALTER USER 'root'@'localhost' IDENTIFIED BY '${checkedPassword(passwords.root)}'`,
    ...account(`'${monitorUser}'@'127.0.0.1'`, passwords.monitor, ""),
    ...account(`'${backupUser}'@'127.0.0.1'`, passwords.backup, " REQUIRE SSL"),
    ...dumpPrivileges.map((privileges) => `GRANT ${privileges} ON *.* TO '${backupUser}'@'127.0.0.1'`),
  ];
}

/** SQL that makes the databases and their owners; see `provisioningSql`. */
export function databasesSql(databases: readonly Database[]): string {
  return sqlLines(
    databases.flatMap(({ database, username, password }) => [
      `CREATE DATABASE IF NOT EXISTS \`${database}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci`,
      ...rotatableAccount(username, password),
      `GRANT ALL PRIVILEGES ON \`${database.replaceAll("_", "\\_")}\`.* TO '${username}'@'%'`,
    ]),
  );
}

/**
 * A question whose answer is 1 where all that `databasesSql` makes stands.
 *
 * @param further passwords of those who come beside the sites, by user; undefined for one that is to be gone
 */
export function standingSql(
  databases: readonly Database[],
  further: Readonly<Record<string, string | undefined>> = {},
): string {
  const list = (texts: readonly string[]) => texts.map((text) => `'${text}'`).join(", ");
  const count = (from: string, of: (database: Database) => string) =>
    `(SELECT COUNT(*) FROM ${from} IN (${list(databases.map(of))})) = ${databases.length}`;
  const conditions = [
    count("information_schema.SCHEMATA WHERE SCHEMA_NAME", ({ database }) => database),
    count(
      "information_schema.USER_ATTRIBUTES WHERE HOST = '%' AND CONCAT(USER, ' ', ATTRIBUTE->>'$.given')",
      ({ password, username }) => `${username} ${passwordHash(checkedPassword(password))}`,
    ),
    // Granted last.
    count(
      "mysql.db WHERE Host = '%' AND CONCAT(REPLACE(Db, '\\\\', ''), ' ', User)",
      ({ database, username }) => `${database} ${username}`,
    ),
  ];
  for (const [user, password] of Object.entries(further)) {
    const ours = `(SELECT COUNT(*) FROM information_schema.USER_ATTRIBUTES WHERE USER = '${user}' AND HOST = '%' AND ATTRIBUTE->>'$.given'`;
    conditions.push(
      password === undefined
        ? `${ours} IS NOT NULL) = 0`
        : `${ours} = '${passwordHash(checkedPassword(password))}') = 1`,
    );
  }
  return databases.length === 0 ? "SELECT 1;\n" : `SELECT ${conditions.join(" AND ")};\n`;
}

/** Statements as a script, one a line. */
export function sqlLines(statements: readonly string[]): string {
  return statements.map((statement) => `${statement};\n`).join("");
}

/**
 * SQL that lets the user who makes backups log in from a pod of its own, too, or takes that away again.
 *
 * @param password absent: it logs in from the server's own container alone
 */
export function remoteBackupSql(password: string | undefined): string {
  const statements = networkUser(backupUser, password, "no_remote_backup", dumpPrivileges);
  return sqlLines(["SET SESSION sql_log_bin = 0", ...statements, "SET SESSION sql_log_bin = 1"]);
}

/**
 * SQL that makes the user who asks for figures, or takes away the one that it made before. What the server counts and how it is configured everybody may
 * ask who may log in; the state of replication takes a right. One password at a time: between a rotation's restart of the server and the
 * next task of the exporter, figures are missing and nothing else.
 *
 * @param password absent: nobody asks
 */
export function metricsSql(password: string | undefined): string {
  return sqlLines(networkUser(metricsUser, password, "no_metrics", ["REPLICATION CLIENT"]));
}

/**
 * SQL that makes the user who follows the binary log to archive it, or takes away the one that it made before.
 *
 * @param password absent: nobody does
 */
export function archiveSql(password: string | undefined): string {
  return sqlLines(networkUser(archiveUser, password, "no_archive", ["REPLICATION SLAVE"]));
}

/**
 * Statements that make a user who comes over the network, over TLS alone, or take away the one that they made before. It takes few of the connections that
 * the sites need.
 *
 * @param password absent: nobody comes
 * @param removal name of the statement that takes it away
 */
function networkUser(
  user: string,
  password: string | undefined,
  removal: string,
  privileges: readonly string[],
): string[] {
  const name = `'${user}'@'%'`;
  return password === undefined
    ? [
        // Another user of this name is somebody else's.
        `SET @ours = (SELECT COUNT(*) FROM information_schema.USER_ATTRIBUTES WHERE USER = '${user}' AND HOST = '%' AND ATTRIBUTE->>'$.given' IS NOT NULL)`,
        `SET @change = IF(@ours = 1, 'DROP USER ${name.replaceAll("'", "''")}', 'DO 0')`,
        `PREPARE ${removal} FROM @change`,
        `EXECUTE ${removal}`,
      ]
    : [
        ...account(
          name,
          password,
          ` REQUIRE SSL WITH MAX_USER_CONNECTIONS 5 ATTRIBUTE '{"given": "${passwordHash(checkedPassword(password))}"}'`,
        ),
        ...privileges.map((privilege) => `GRANT ${privilege} ON *.* TO ${name}`),
      ];
}

/** Where the MySQL exporter finds the root of the authority that the server's certificate is from. */
export const metricsAuthorityFile = "/etc/ghost-platform/mysql-ca.pem";
/** What it logs in with to replicas, which it knows by their addresses. */
export const replicaLogin = "replica";

/**
 * The option file with which the MySQL exporter logs in, in the words of its driver. That asks every certificate for the name by which it has asked, and of
 * addresses no certificate says anything: so the connection to a replica is encrypted, and the replica is not authenticated. What it could learn is a
 * password with which one reads counters.
 */
export function metricsOptionFile(password: string): string {
  const login = [`user=${metricsUser}`, `password=${password}`];
  return (
    clientOptions([...login, `ssl-ca=${metricsAuthorityFile}`]) +
    `[${replicaLogin}]\n${[...login, "tls=skip-verify"].join("\n")}\n`
  );
}

/**
 * Statements that make an account what it should be, whatever it was before.
 *
 * @param name user and host in quotes, for example `'monitor'@'%'`
 * @param requirement what comes after the password, for example ` REQUIRE SSL`
 */
export function account(name: string, password: string, requirement: string): string[] {
  return [
    `CREATE USER IF NOT EXISTS ${name} IDENTIFIED BY '${checkedPassword(password)}'${requirement}`,
    `ALTER USER ${name} IDENTIFIED BY '${checkedPassword(password)}'${requirement}`,
  ];
}

/**
 * Statements that make the owner of a database. Which password it was given stands in the account's attributes, as a hash that only root can
 * read; of 190 random bits nothing can be guessed.
 */
function rotatableAccount(username: string, password: string): string[] {
  const name = `'${username}'@'%'`;
  const given = passwordHash(checkedPassword(password));
  const change = `ALTER USER ${name} IDENTIFIED BY '${password}' REQUIRE SSL ATTRIBUTE '{"given": "${given}"}'`;
  return [
    `CREATE USER IF NOT EXISTS ${name} IDENTIFIED BY '${password}' REQUIRE SSL`,
    `SET @given = (SELECT COUNT(*) FROM information_schema.USER_ATTRIBUTES WHERE USER = '${username}' AND HOST = '%' AND ATTRIBUTE->>'$.given' = '${given}')`,
    `SET @change = IF(@given = 1, 'DO 0', '${change.replaceAll("'", "''")}')`,
    "PREPARE given_password FROM @change",
    "EXECUTE given_password",
    // For ALTER USER … RETAIN CURRENT PASSWORD and DISCARD OLD PASSWORD on the own account.
    `GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO ${name}`,
  ];
}

/** A password that may stand between quotes as it is, or the mark of one. */
export function checkedPassword(password: string): string {
  if (!/^[A-Za-z0-9]+$/.test(password) && markedName(password) === undefined) {
    throw new Error("a password for the database server must consist of letters and digits");
  }
  return password;
}

/**
 * Option files with which a client logs in, by file name; never on a command line, where every process of the node could read the
 * password.
 *
 * @param former the passwords before these; `--defaults-group-suffix=_former` takes them, for a server that does not know the present ones yet
 */
export function clientOptionFiles(
  passwords: ServerPasswords,
  former?: ServerPasswords,
): Record<"backup.cnf" | "monitor.cnf" | "root.cnf", string> {
  return {
    "backup.cnf": localOptions(backupUser, passwords.backup, ["ssl-mode=VERIFY_IDENTITY", `ssl-ca=${authorityFile}`]),
    "monitor.cnf":
      localOptions(monitorUser, passwords.monitor, []) +
      (former ? `[client_former]\npassword=${former.monitor}\n` : ""),
    "root.cnf":
      clientOptions(["user=root", `password=${passwords.root}`, "socket=/run/mysqld/mysqld.sock"]) +
      // A dump is of data; what it was made from is not what it is read into.
      "[mysqldump]\nset-gtid-purged=OFF\n",
  };
}

function localOptions(user: string, password: string, further: readonly string[]): string {
  return clientOptions([`user=${user}`, `password=${password}`, "host=127.0.0.1", "protocol=tcp", ...further]);
}

function clientOptions(lines: readonly string[]): string {
  return `[client]\n${lines.join("\n")}\n`;
}
