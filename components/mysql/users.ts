/**
 * Who may log in to the database server, and what each may do.
 *
 * | user | from | may | used by |
 * |---|---|---|---|
 * | root | the server's own socket | everything | a person inside the container (`mysql --defaults-file=/run/secrets/mysql/root.cnf`) |
 * | monitor | the server itself, over TCP | log in, nothing else | the readiness probe |
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

export const monitorUser = "monitor";

/** Names of the schema and its user for a Ghost site, whose name is a DNS label of at most 24 characters. */
function siteDatabase(site: string): Omit<Database, "password"> {
  const name = `ghost_${site.replaceAll("-", "_")}`;
  return { database: name, username: name };
}

/** Schema and user of each site, by the site's name. */
export function siteDatabases(sites: readonly string[]): Record<string, Omit<Database, "password">> {
  return Object.fromEntries(sites.map((site) => [site, siteDatabase(site)]));
}

/** Passwords of the users that belong to the server rather than to a database. */
export interface ServerPasswords {
  root: string;
  monitor: string;
}

/**
 * SQL that makes every user and database what it should be, whatever it was before: the server runs it at each start, so a changed
 * password or a further database needs a restart and nothing else, and a data directory that outlived its passwords gets the new ones.
 *
 * One statement a line, as `init_file` wants it. Databases are never dropped.
 */
export function provisioningSql(passwords: ServerPasswords, databases: readonly Database[]): string {
  const statements = [
    `ALTER USER 'root'@'localhost' IDENTIFIED BY '${checkedPassword(passwords.root)}'`,
    ...account(`'${monitorUser}'@'127.0.0.1'`, passwords.monitor, ""),
    ...databases.flatMap(({ database, username, password }) => [
      `CREATE DATABASE IF NOT EXISTS \`${database}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci`,
      ...account(`'${username}'@'%'`, password, " REQUIRE SSL"),
      `GRANT ALL PRIVILEGES ON \`${database.replaceAll("_", "\\_")}\`.* TO '${username}'@'%'`,
    ]),
  ];
  return statements.map((statement) => `${statement};\n`).join("");
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

/** A password that may stand between quotes as it is. */
export function checkedPassword(password: string): string {
  if (!/^[A-Za-z0-9]+$/.test(password)) {
    throw new Error("a password for the database server must consist of letters and digits");
  }
  return password;
}

/**
 * Option files with which a client logs in, by file name; never on a command line, where every process of the node could read the
 * password.
 */
export function clientOptionFiles(passwords: ServerPasswords): { "monitor.cnf": string; "root.cnf": string } {
  return {
    "monitor.cnf": clientOptions([
      `user=${monitorUser}`,
      `password=${passwords.monitor}`,
      "host=127.0.0.1",
      "protocol=tcp",
    ]),
    "root.cnf":
      clientOptions(["user=root", `password=${passwords.root}`, "socket=/run/mysqld/mysqld.sock"]) +
      // A dump is of data; what it was made from is not what it is read into.
      "[mysqldump]\nset-gtid-purged=OFF\n",
  };
}

function clientOptions(lines: readonly string[]): string {
  return `[client]\n${lines.join("\n")}\n`;
}
