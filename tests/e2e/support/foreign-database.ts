import * as fs from "node:fs";
import * as path from "node:path";
import { run } from "../../../engines/process";
import { imageNames } from "../../../sandbox/images";
import { loginAs } from "./rotation";
import type { Engine } from "./swarm-place";
import { until } from "./until";

/** Where the server of somebody else's answers, and as whom its owner lets one in. */
export const foreignPort = 13306;
/** Address of this machine on the engines' network. */
export const thisMachine = "10.99.0.254";
export const foreignAdmin = { user: "admin", password: "first-password-of-the-admin" };

/** A name that leads to an address. */
export function foreignHost(address: string, name = "db"): string {
  return `${name}.${address.replaceAll(".", "-")}.address.test`;
}

/** What the admin of a managed server may do: nothing with files, replication or the server itself. */
const adminSql = [
  `CREATE USER IF NOT EXISTS '${foreignAdmin.user}'@'%' IDENTIFIED BY '${foreignAdmin.password}'`,
  `GRANT ALTER, ALTER ROUTINE, CREATE, CREATE ROUTINE, CREATE TEMPORARY TABLES, CREATE USER, CREATE VIEW, DELETE, DROP, EVENT, EXECUTE, INDEX, INSERT, LOCK TABLES, PROCESS, REFERENCES, SELECT, SHOW DATABASES, SHOW VIEW, TRIGGER, UPDATE ON *.* TO '${foreignAdmin.user}'@'%' WITH GRANT OPTION`,
  `GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO '${foreignAdmin.user}'@'%' WITH GRANT OPTION`,
];

/**
 * A MySQL server that is no part of any stack, as its owner runs it: with a certificate from an authority of its own, of one name; takes nothing in plain
 * text, TLS 1.2 alone, and no table without a primary key.
 */
export class ForeignDatabase {
  private readonly container = "somebody-elses-database";

  private constructor(
    private readonly engine: Engine,
    private readonly directory: string,
    /** The name of its certificate, which leads to it. */
    readonly host: string,
    /** One that leads there, too. */
    readonly otherHost: string,
    /** One of this machine that its certificate names, too, for what stands in front of it. */
    readonly proxyHost: string,
    /** File with the root of its authority. */
    readonly caFile: string,
    /** File with the root of another. */
    readonly otherCaFile: string,
  ) {}

  /**
   * @param address of the engine
   * @param directory where its files are made
   */
  static async start(engine: Engine, address: string, directory: string): Promise<ForeignDatabase> {
    const [host, otherHost] = [foreignHost(address), foreignHost(address, "sql")];
    const folder = path.join(directory, "foreign-database");
    const proxyHost = foreignHost(thisMachine);
    const caFile = await foreignFiles(folder, host, proxyHost);
    const otherCaFile = await authority(folder, "other-ca");
    const database = new ForeignDatabase(engine, folder, host, otherHost, proxyHost, caFile, otherCaFile);
    await database.remove();
    await engine.docker(
      ...["run", "--detach", "--name", database.container, "--publish", `${foreignPort}:3306`, "--user", "999:999"],
      ...["--volume", `${folder}:/foreign:ro`, "--entrypoint", "bash", imageNames.mysql, "-c"],
      foreignServer,
    );
    await database.answers();
    return database;
  }

  /** Runs statements as its root, and returns what they print. */
  sql(statements: string): Promise<string> {
    return this.engine.dockerWithInput(
      statements,
      ...["exec", "--interactive", this.container, "mysql", "--no-defaults", "--socket=/tmp/mysql.sock"],
      ...["--user=root", "--batch", "--skip-column-names"],
    );
  }

  /** Names of its databases, without the server's own. */
  async databases(): Promise<string[]> {
    const names = await this.sql("SHOW DATABASES");
    return names.split("\n").filter((name) => !/^(information_schema|mysql|performance_schema|sys)$/.test(name));
  }

  /** What it answers to a login of a user with a password. */
  login(user: string, password: string): Promise<string> {
    return this.engine
      .dockerWithInput(password, "exec", "--interactive", this.container, ...loginAs(user))
      .catch(String);
  }

  /** Takes it away for a while. */
  async stop(): Promise<void> {
    await this.engine.docker("stop", this.container);
  }

  async startAgain(): Promise<void> {
    await this.engine.docker("start", this.container);
    await this.answers();
  }

  private answers(): Promise<boolean> {
    return until("the server of somebody else's to answer", 60, async () => (await this.sql("SELECT 1")) === "1");
  }

  async remove(): Promise<void> {
    await this.engine.docker("rm", "--force", "--volumes", this.container).catch(() => undefined);
  }

  /** A file with a password, as the stack file names it. */
  passwordFile(name: string, password: string): string {
    const file = path.join(this.directory, `${name}-password`);
    fs.writeFileSync(file, `${password}\n`, { mode: 0o600 });
    return file;
  }
}

/** What such a server's container runs in bash, with `foreignFiles` mounted at /foreign. */
export const foreignServer = [
  "test -e /var/lib/mysql/data || mysqld --no-defaults --initialize-insecure --datadir=/var/lib/mysql/data;",
  "exec mysqld --no-defaults --datadir=/var/lib/mysql/data --socket=/tmp/mysql.sock --pid-file=/tmp/mysql.pid --mysqlx=OFF",
  "--require-secure-transport=ON --tls-version=TLSv1.2 --sql-require-primary-key=ON --skip-log-bin --skip-name-resolve",
  "--innodb-buffer-pool-size=64M --performance-schema=OFF --init-file=/foreign/init.sql",
  "--ssl-ca=/foreign/ca.pem --ssl-cert=/foreign/server.pem --ssl-key=/foreign/server.key",
].join(" ");

/**
 * Makes the files of such a server.
 *
 * @param hosts names of its certificate
 * @returns the file with the root of its authority
 */
export async function foreignFiles(folder: string, ...hosts: string[]): Promise<string> {
  fs.mkdirSync(folder);
  fs.chmodSync(folder, 0o755);
  const caFile = await authority(folder, "ca");
  await serverCertificate(folder, hosts);
  fs.writeFileSync(path.join(folder, "init.sql"), adminSql.map((statement) => `${statement};\n`).join(""));
  return caFile;
}

/** The root of a new authority. */
async function authority(folder: string, name: string): Promise<string> {
  const [certificate, key] = [path.join(folder, `${name}.pem`), path.join(folder, `${name}.key`)];
  await run("openssl", [
    ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", `/CN=Authority ${name}`],
    ...["-keyout", key, "-out", certificate],
  ]);
  return certificate;
}

/** A certificate of some names, from the authority `ca` of the folder. */
async function serverCertificate(folder: string, hosts: readonly string[]): Promise<void> {
  const file = (name: string) => path.join(folder, name);
  fs.writeFileSync(file("names"), `subjectAltName=${hosts.map((host) => `DNS:${host}`).join()}\n`);
  await run("openssl", [
    ...["req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=db"],
    ...["-keyout", file("server.key"), "-out", file("server.csr")],
  ]);
  await run("openssl", [
    ...["x509", "-req", "-days", "2", "-in", file("server.csr"), "-CA", file("ca.pem"), "-CAkey", file("ca.key")],
    ...["-CAcreateserial", "-extfile", file("names"), "-out", file("server.pem")],
  ]);
  // The server runs as a user of its own, who owns nothing here.
  fs.chmodSync(file("server.key"), 0o644);
}
