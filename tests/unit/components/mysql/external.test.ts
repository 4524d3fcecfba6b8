import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { container, manifestsOf, object, podSpecs, type PodSpec } from "../../../support/kubernetes";
import { contentOf, declared, ofKind, service } from "../../../support/swarm";
import { temporaryDirectory } from "../../../support/temporary-directory";

const script = path.join(__dirname, "../../../../components/mysql/external/scripts/databases.js");

/** What the server has, and what it answers. */
interface Scenario {
  version?: string;
  /** Users by name: whose they are, and the fingerprint of the password they were given. */
  users?: Record<string, { owner: string | null; given?: string; host?: string }>;
  /** Tables of each database. */
  databases?: Record<string, number>;
  /** Why nobody can log in. */
  refuses?: { code?: string; message: string };
  /** The beginning of a statement that the admin may not use. */
  forbidden?: string;
}

/** Stands in for the client in Ghost's image: answers what databases.js asks, and notes what it changes. */
const client = `
const fs = require("node:fs");
const scenario = JSON.parse(process.env.SCENARIO);
const note = (text) => fs.appendFileSync(process.env.NOTES, text + "\\n");
const escape = (text) => "'" + text + "'";
const rowsOf = (sql, values) => {
  if (sql.startsWith("SELECT VERSION")) return [{ version: scenario.version ?? "8.4.3" }];
  if (sql.startsWith("SELECT HOST")) {
    const user = (scenario.users ?? {})[values[0]];
    return user ? [{ host: "%", ...user }] : [];
  }
  if (sql.startsWith("SELECT (SELECT COUNT")) {
    const tables = (scenario.databases ?? {})[values[0]];
    return tables === undefined ? [] : [{ tables }];
  }
  if (scenario.forbidden && sql.startsWith(scenario.forbidden)) throw new Error("Access denied");
  note(sql.replace(/\\?/g, () => escape(String(values.shift()))));
  return [];
};
exports.createConnection = async ({ ssl, user }) => {
  note("login of " + user + " " + JSON.stringify(ssl));
  if (scenario.refuses) throw Object.assign(new Error(scenario.refuses.message), scenario.refuses);
  return {
    on: () => undefined,
    escape,
    escapeId: (name) => "\`" + name + "\`",
    query: async (sql, values = []) => [rowsOf(sql, [...values])],
    end: async () => undefined,
  };
};
`;

describe("what makes databases on a server of somebody else's", () => {
  async function run(mode: string, scenario: Scenario, more: object = {}) {
    const install = temporaryDirectory();
    fs.mkdirSync(path.join(install, "current/node_modules/mysql2"), { recursive: true });
    fs.writeFileSync(path.join(install, "current/node_modules/mysql2/promise.js"), client);
    const notes = path.join(install, "notes");
    fs.writeFileSync(notes, "");
    const plan = {
      host: "db.example.net",
      port: 3306,
      owner: "ghost-press",
      admin: { user: "dba", password: "secret of the admin" },
      databases: [
        { key: "sites.blog.database", database: "ghost_blog", username: "ghost_blog", password: "secret of blog" },
      ],
      ...more,
    };
    const child = spawn(process.execPath, [script, mode, "-"], {
      env: {
        PATH: process.env["PATH"],
        GHOST_INSTALL: install,
        NOTES: notes,
        SCENARIO: JSON.stringify(scenario),
        WAIT_SECONDS: "0",
      },
    });
    child.stdin.end(JSON.stringify(plan));
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
    const [login = "", ...did] = fs.readFileSync(notes, "utf8").trim().split("\n");
    return { status, output, login, did };
  }

  it("D3 makes them, verifies the server, and tells no password", async () => {
    const { did, login, output, status } = await run("make", {}, { ca: "root" });
    expect(status, output).to.equal(0);
    expect(login).to.equal('login of dba {"rejectUnauthorized":true,"verifyIdentity":true,"ca":"root"}');
    expect(did).to.have.length(4);
    expect(did[1]).to.match(/^CREATE USER 'ghost_blog'@'%' IDENTIFIED BY 'secret of blog' REQUIRE SSL ATTRIBUTE /);
    expect(did[1]).to.contain('"owner":"ghost-press"');
    expect(did[2]).to.equal("GRANT ALL PRIVILEGES ON `ghost\\_blog`.* TO 'ghost_blog'@'%'");
    expect(output).to.not.contain("secret");
  });

  it("D3 undoes no rotation, and gives a user of this stack's the password that it was made with anew", async () => {
    const given = /"given":"([0-9a-f]+)"/.exec((await run("make", {})).did[1] ?? "")?.[1] ?? "";
    const there = { databases: { ghost_blog: 99 } };
    const rotated = await run("make", { ...there, users: { ghost_blog: { owner: "ghost-press", given } } });
    expect(rotated.did.join()).to.not.contain("USER 'ghost_blog'@'%' IDENTIFIED");
    const anew = await run("make", { ...there, users: { ghost_blog: { owner: "ghost-press", given: "other" } } });
    expect(anew.did[1]).to.match(/^ALTER USER 'ghost_blog'@'%' IDENTIFIED BY 'secret of blog'/);
  });

  const refusals: [what: string, scenario: Scenario, words: RegExp][] = [
    ["a user of somebody's", { users: { ghost_blog: { owner: null } } }, /database\.user: .* somebody else has made/],
    ["a user of another stack", { users: { ghost_blog: { owner: "ghost-x" } } }, /user: .* stack ghost-x has made/],
    [
      "a user who comes from one host",
      { users: { ghost_blog: { owner: null, host: "10.%" } } },
      /database\.user: .* somebody else has made/,
    ],
    ["a database of somebody's", { databases: { ghost_blog: 3 } }, /database\.name: .* with 3 tables/],
    ["a server that is too old", { version: "8.0.20" }, /external\.host: the server is 8\.0\.20/],
    ["another server", { version: "11.4.2-MariaDB" }, /external\.host: the server is 11\.4\.2-MariaDB/],
    [
      "another authority",
      { refuses: { code: "HANDSHAKE_SSL_ERROR", message: "self-signed certificate in certificate chain" } },
      /external\.caFile: .* not from the authority/,
    ],
    [
      "another name",
      { refuses: { code: "HANDSHAKE_SSL_ERROR", message: "Hostname/IP does not match certificate's altnames: x" } },
      /external\.host: .* not of that name/,
    ],
    ["no TLS", { refuses: { code: "HANDSHAKE_NO_SSL_SUPPORT", message: "no" } }, /external\.host: .* speaks no TLS/],
    ["a password", { refuses: { code: "ER_ACCESS_DENIED_ERROR", message: "no" } }, /external\.passwordFile: .* dba/],
    ["a name", { refuses: { code: "ENOTFOUND", message: "no" } }, /external\.host: no name server knows db/],
    ["a server that is away", { refuses: { code: "ETIMEDOUT", message: "no" } }, /external\.host: .* not answer/],
  ];
  for (const [what, scenario, words] of refusals) {
    it(`D3 refuses ${what} in words, and changes nothing`, async () => {
      for (const mode of ["ask", "make"]) {
        const { did, output, status } = await run(mode, scenario);
        expect(status, output).to.equal(1);
        expect(output).to.match(words).and.not.contain("secret");
        expect(did).to.deep.equal([]);
      }
    });
  }

  it("D3 takes back what it cannot make whole", async () => {
    const { did, output, status } = await run("make", { forbidden: "GRANT APPLICATION_PASSWORD_ADMIN" });
    expect(status).to.equal(1);
    expect(output).to.contain("mysql.external.user: may not make database and user of sites.blog");
    expect(did.slice(-2)).to.deep.equal([
      "DROP USER IF EXISTS 'ghost_blog'@'%'",
      "DROP DATABASE IF EXISTS `ghost_blog`",
    ]);
    // What was there already is nobody's to drop.
    const { did: kept } = await run("make", { forbidden: "CREATE USER", databases: { ghost_blog: 0 } });
    expect(kept.join()).to.not.contain("DROP DATABASE");
  });

  it("D3 asks for a database that was brought along as its own user", async () => {
    const databases = [{ key: "sites.news.database", database: "n", username: "news", password: "p", isThere: true }];
    const { login, output, status } = await run("ask", {}, { admin: undefined, databases });
    expect(status, output).to.equal(0);
    expect(login).to.match(/^login of news /);
  });
});

describe("a stack on a database server of somebody else's", function () {
  this.timeout(60_000);
  const folder = temporaryDirectory();
  const file = (name: string) => {
    fs.writeFileSync(path.join(folder, name), `${name} in plain text\n`);
    return path.join(folder, name);
  };
  const external = { host: "db.example.net", user: "dba", passwordFile: file("admin") };
  const news = {
    url: "http://localhost:2369",
    database: { name: "press", user: "press", passwordFile: file("press") },
  };

  it("D3 on Swarm has no server of its own; who makes databases has the admin's password, and no site", async () => {
    const { resources } = await declared({ mysql: { external }, sites: { news } });
    const names = ofKind(resources, "Service").map(({ name }) => name);
    expect(names).to.have.members(["mailpit", "logins-mysql", "ghost-blog", "ghost-news"]);
    const secretsOf = (name: string) => service(resources, name).container.secrets?.map(({ fileName }) => fileName);
    expect(secretsOf("logins-mysql")).to.have.members([
      "/run/secrets/databases/admin",
      "/run/secrets/databases/db-blog",
    ]);
    for (const [site, database] of [
      ["ghost-blog", "ghost_blog"],
      ["ghost-news", "press"],
    ] as const) {
      const { container: ghost } = service(resources, site);
      expect(ghost.env).to.include({
        database__connection__host: "db.example.net",
        database__connection__database: database,
        database__connection__ssl__rejectUnauthorized: "true",
        database__connection__ssl__verifyIdentity: "true",
        database__pool__min: "0",
      });
      expect(secretsOf(site))
        .to.include("/run/secrets/ghost/database-password")
        .and.not.include("/run/secrets/databases/admin");
    }
    expect(
      ofKind(resources, "Volume")
        .map(({ name }) => name)
        .join(),
    ).to.not.contain("mysql");
    const configs = ofKind(resources, "ServiceConfig").map(contentOf).join();
    expect(configs).to.contain('"user":"dba"').and.not.contain("in plain text");
  });

  it("D3 makes nothing where every site brings its database along", async () => {
    const { host } = external;
    const { resources } = await declared({ mysql: { external: { host } }, sites: { blog: news } });
    expect(ofKind(resources, "Service").map(({ name }) => name)).to.have.members(["mailpit", "ghost-blog"]);
  });

  it("D3 on Kubernetes has no server of its own, and reaches that one by its port", async () => {
    const manifests = await manifestsOf({ mysql: { external }, sites: { news } });
    const pods = podSpecs(manifests);
    expect(Object.keys(pods)).to.have.members(["mailpit", "logins-mysql", "ghost-blog", "ghost-news"]);
    const { env } = container(pods["ghost-news"] as PodSpec, "ghost");
    expect(env).to.deep.include({ name: "database__connection__ssl__verifyIdentity", value: "true" });
    const policy = JSON.stringify(object(manifests, "NetworkPolicy", "logins-mysql"));
    expect(policy).to.contain('"port":3306').and.contain('"ingress":[]');
    const described = JSON.stringify(manifests.filter(({ kind }) => kind !== "Secret"));
    expect(described).to.not.contain("in plain text");
  });
});
