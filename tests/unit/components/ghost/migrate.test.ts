import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { temporaryDirectory } from "../../../support/temporary-directory";
import { unprivileged } from "../../../support/unprivileged";

const script = path.join(__dirname, "../../../../components/ghost/scripts/migrate.js");

/** What the database has, and what the image is. */
interface Scenario {
  /** Version of the Ghost in the image. */
  ghost?: string;
  /** Migrations that the image has for that version's first two numbers. */
  files?: string[];
  /** Rows of the database's table; absent: an empty database. */
  migrations?: { name: string; version: string }[];
  /** Of the folder of the site's content, which root made; the program runs as nobody then. */
  contentMode?: number;
  /** Of the column `posts.id`. */
  collation?: string;
  /** Settings of the connection's TLS; then what the client is told of it is noted. */
  tls?: Record<string, string>;
}

/** Stands in for the image's client: answers what migrate.js asks, and notes it. */
const client = `
const fs = require("node:fs");
const scenario = JSON.parse(process.env.SCENARIO);
const note = (text) => fs.appendFileSync(process.env.NOTES, text + "\\n");
const rowsOf = (sql, values) => {
  if (sql.startsWith("SELECT GET_LOCK")) return [{ held: 1 }];
  if (sql.startsWith("SHOW TABLES")) return scenario.migrations ? [values[0]] : [];
  if (sql.startsWith("SELECT name")) return scenario.migrations;
  if (sql.startsWith("SELECT COLLATION_NAME")) return scenario.collation ? [{ collation: scenario.collation }] : [];
  if (sql.startsWith("UPDATE migrations_lock")) { note("unlocked"); return { affectedRows: 1 }; }
  throw new Error("an unforeseen question: " + sql);
};
exports.createConnection = async ({ ssl }) => (scenario.tls && note(JSON.stringify(ssl)), { on: () => undefined, query: async (sql, values) => [rowsOf(sql, values)], end: async () => undefined });
`;
/** Stands in for Ghost's migrator: opens a connection as knex does. */
const migrator = `#!/usr/bin/env node
require("node:fs").appendFileSync(process.env.NOTES, "migrated\\n");
require(process.env.GHOST_INSTALL + "/current/node_modules/mysql2").createConnection({});
`;
const driver = `
exports.createConnection = () => ({ query: (sql) => require("node:fs").appendFileSync(process.env.NOTES, sql + "\\n") });
`;

describe("database-migrate", () => {
  async function run({ contentMode, files = [], ghost = "6.65.0", ...database }: Scenario) {
    const { tls = {} } = database;
    const install = temporaryDirectory();
    if (contentMode !== undefined) {
      fs.chmodSync(install, 0o755);
      fs.mkdirSync(path.join(install, "content"), { mode: contentMode });
    }
    const write = (file: string, content: string) => {
      const full = path.join(install, "current", file);
      fs.mkdirSync(path.dirname(full), { recursive: true });
      fs.writeFileSync(full, content, { mode: 0o755 });
    };
    write("package.json", JSON.stringify({ version: ghost }));
    write("node_modules/mysql2/promise.js", client);
    write("node_modules/mysql2/index.js", driver);
    write("node_modules/.bin/knex-migrator", migrator);
    for (const file of files) {
      write(`core/server/data/migrations/versions/${ghost.split(".").slice(0, 2).join(".")}/${file}`, "");
    }
    const notes = path.join(install, "notes");
    fs.writeFileSync(notes, "");
    fs.writeFileSync(path.join(install, "password"), "secret");
    const connection = { host: "mysql", port: "3306", user: "ghost_blog", database: "ghost_blog" };
    const child = spawn(process.execPath, [script], {
      ...(contentMode === undefined ? {} : { ...unprivileged, cwd: "/" }),
      env: {
        PATH: process.env["PATH"],
        GHOST_INSTALL: install,
        NOTES: notes,
        SCENARIO: JSON.stringify(database),
        WAIT_SECONDS: "5",
        server__port: "0",
        paths__contentPath: path.join(install, "content"),
        database__connection__password_FILE: path.join(install, "password"),
        ...Object.fromEntries(Object.entries(tls).map(([key, value]) => [`database__connection__ssl__${key}`, value])),
        ...Object.fromEntries(
          Object.entries(connection).map(([key, value]) => [`database__connection__${key}`, value]),
        ),
      },
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
    return { output, status, did: fs.readFileSync(notes, "utf8").trim().split("\n"), install };
  }

  const done = [{ name: "1-a.js", version: "6.65" }];

  it("G2 runs the migrator, with a place for what it saves first", async () => {
    for (const scenario of [{}, { migrations: done, files: ["1-a.js"], collation: "utf8mb4_0900_ai_ci" }]) {
      const { did, install, output, status } = await run(scenario);
      expect(status, output).to.equal(0);
      expect(output).to.contain("the database is up to date");
      expect(did).to.include("migrated").and.not.include("SET SESSION");
      expect(fs.existsSync(path.join(install, "content/data"))).to.equal(true);
    }
  });

  it("D3 verifies the server as Ghost itself does", async () => {
    const ca = path.join(temporaryDirectory(), "ca.pem");
    fs.writeFileSync(ca, "root");
    const authenticated = { rejectUnauthorized: "true", verifyIdentity: "true", ca_FILE: ca };
    const { did } = await run({ tls: authenticated });
    expect(did[0]).to.equal('{"rejectUnauthorized":true,"verifyIdentity":true,"ca":"root"}');
    const { did: own } = await run({ tls: { rejectUnauthorized: "false" } });
    expect(own[0]).to.equal('{"rejectUnauthorized":false,"verifyIdentity":false}');
  });

  it("H9 tells whose the content's volume is that it may not write to, and changes nothing", async () => {
    const { did, install, output, status } = await run({ contentMode: 0o555 });
    const content = path.join(install, "content");
    const { gid, uid } = fs.statSync(content);
    expect(status, output).to.equal(1);
    expect(output).to.contain(`may not write to ${content}, which belongs to user ${uid}, group ${gid}, mode 555`);
    expect(output).to.contain("chown ").and.contain("storage.volumePermissions: true");
    expect(did).to.deep.equal([""]);
  });

  it("G2 refuses a database that a newer Ghost has changed, and changes nothing", async () => {
    const newer: [version: string, name: string, files: string[], words: string][] = [
      ["6.66", "2-b.js", ["1-a.js"], "the schema of Ghost 6.66, and this image has Ghost 6.65.0"],
      ["6.100", "2-b.js", ["1-a.js"], "the schema of Ghost 6.100,"],
      ["7.0", "2-b.js", ["1-a.js"], "Name an image of Ghost 7.0, or of a newer one, in images.ghost"],
      ["6.65", "2-b.js", ["1-a.js"], "a release of Ghost 6.65 after 6.65.0"],
    ];
    for (const [version, name, files, words] of newer) {
      const { did, output, status } = await run({ files, migrations: [...done, { name, version }] });
      expect(status, version).to.equal(1);
      expect(output).to.contain("REFUSED, and nothing was changed").and.contain(words).and.contain("such as 2-b.js");
      expect(did, "neither the lock nor the schema").to.deep.equal([""]);
    }
  });

  it("G2 takes a database of an older Ghost, of this one with migrations in another language, and of a release without any", async () => {
    for (const scenario of [
      {
        migrations: [
          { name: "1-a.js", version: "6.9" },
          { name: "1-create-tables.js", version: "init" },
        ],
      },
      { migrations: done, files: ["1-a.ts"] },
      { migrations: done, ghost: "6.66.0" },
    ]) {
      const { output, status } = await run(scenario);
      expect(status, output).to.equal(0);
    }
  });

  it("G2 says that a Ghost before 6.58.0 reads no password from a file", async () => {
    for (const ghost of ["5.130.6", "6.0.0", "6.9.0", "6.57.3"]) {
      const { did, output, status } = await run({ ghost });
      expect(status).to.equal(1);
      expect(output).to.contain(`this image has Ghost ${ghost}, which does not read its password from a file`);
      expect(output).to.contain("Name an image of Ghost 6.58.0 or newer in images.ghost");
      expect(did).to.deep.equal([""]);
    }
    expect((await run({ ghost: "6.58.0" })).status).to.equal(0);
  });

  it("G2 gives new tables the collation of the old ones, in the migrator's sessions alone", async () => {
    const { did, output, status } = await run({ migrations: done, files: ["1-a.js"], collation: "utf8mb4_general_ci" });
    expect(status, output).to.equal(0);
    expect(did.slice(-2)).to.deep.equal(["migrated", "SET SESSION default_collation_for_utf8mb4 = utf8mb4_general_ci"]);
  });
});
