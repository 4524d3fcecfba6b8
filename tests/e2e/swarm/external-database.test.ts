import * as path from "node:path";
import { expect } from "chai";
import type { RawConfig } from "../../../config/files/machine";
import { ForeignDatabase, foreignAdmin, foreignHost, foreignPort, thisMachine } from "../support/foreign-database";
import { describePage } from "../support/doc-page";
import { GhostClient } from "../support/ghost-client";
import { IdleProxy } from "../support/idle-proxy";
import { openFiles, processTexts } from "../support/plain-text";
import { succeeded, type Place } from "../support/place";
import { keepStackFile, printPasswords, rotatesUnderLoad, type RotatedSite } from "../support/rotation";
import { leak, passwordsIn } from "../support/secrets";
import { engineNumber, nothing, swarmPlace, type Engine } from "../support/swarm-place";
import { until } from "../support/until";
import { temporaryDirectory } from "../../support/temporary-directory";

/** What one deployment shows is shown always; the rest by `npm run e2e -- swarm --long`. */
const long = process.env["E2E_LONG"] ? it : it.skip;

/** Stack `swarm` on a database server of somebody else's. */
describe("a database server of somebody else's behind a stack on Docker Swarm", () => {
  const owner = { name: "Ada", email: "ada@example.com", password: "a long enough phrase 7", title: "Notes" };
  const stack = "ghost-swarm";
  const ghost = `${stack}_ghost-blog`;
  const theirPassword = "password-of-their-own-user";
  let address: string;
  let place: Place;
  let engine: Engine;
  let blog: GhostClient;
  let database: ForeignDatabase;
  let passwordFile: string;
  let news: RawConfig;
  const exported = ["--stack", "swarm", "--site"];

  keepStackFile("swarm");

  const configure = (external: RawConfig = {}, sites: RawConfig = {}) => {
    const { caFile, host } = database;
    const usual = { host, port: foreignPort, caFile, user: foreignAdmin.user, passwordFile };
    place.configure({ mailpit: { enabled: false }, mysql: { external: { ...usual, ...external } }, sites });
  };
  const refused = async (words: string) => {
    const { output, status } = await place.start();
    expect(status, output).to.equal(1);
    expect(output).to.contain("Nothing was changed").and.contain(words);
  };

  before(async () => {
    ({ address, engine, place } = await swarmPlace("swarm"));
    database = await ForeignDatabase.start(engine, address, temporaryDirectory());
    passwordFile = database.passwordFile("admin", foreignAdmin.password);
    blog = new GhostClient(`http://${address}:2368`, "http://localhost:2368");
    await database.sql(
      `CREATE DATABASE theirs; CREATE USER 'their-user'@'%' IDENTIFIED BY '${theirPassword}'; GRANT ALL ON theirs.* TO 'their-user'@'%'`,
    );
    const theirs = { name: "theirs", user: "their-user", passwordFile: database.passwordFile("theirs", theirPassword) };
    news = { url: "http://localhost:2369", database: theirs };
  });
  after(async () => {
    await database.remove();
  });

  it("D3 refuses another authority and another name in words, and makes nothing", async () => {
    configure({ caFile: database.otherCaFile }, { news });
    await refused("mysql.external.caFile: the certificate of");
    configure({ host: database.otherHost });
    await refused("mysql.external.host: the certificate of");
    expect(await engine.holdings(stack)).to.deep.equal(nothing);
    expect(await database.databases()).to.deep.equal(["theirs"]);
  });

  it("D3 has a site's database made, takes another as it is, and makes nothing of a server of its own", async () => {
    configure();
    succeeded(await place.start());
    await blog.setUp(owner);
    const post = await blog.publish("On somebody else's server", "<p>It is there.</p>");
    expect(await blog.page(post)).to.contain("It is there.");
    const other = new GhostClient(`http://${address}:2369`, "http://localhost:2369");
    await other.setUp(owner);
    expect(await database.databases()).to.deep.equal(["ghost_blog", "theirs"]);
    expect(await database.sql("SELECT COUNT(*) FROM theirs.users WHERE email = 'ada@example.com'")).to.equal("1");
    const { secrets, services, volumes } = await engine.holdings(stack);
    expect(services, "two sites, and who makes databases").to.have.length(3);
    expect([...(volumes ?? []), ...(secrets ?? [])].join()).to.not.match(/mysql-(data|root|server)/);
  });

  it("D3 a server that is away, or a user of somebody's, changes nothing of a site that runs", async () => {
    const before = await engine.current(ghost);
    await database.sql("CREATE USER 'somebody'@'%' IDENTIFIED BY 'somebody'");
    configure({}, { blog: { memory: "600Mi", database: { user: "somebody" } } });
    await refused("sites.blog.database.user: there is a user somebody on that server, which somebody else has made");
    await database.stop();
    await refused(`${database.host}:${foreignPort} does not answer`);
    await database.startAgain();
    configure({}, { blog: { memory: "512Mi", database: { user: "ghost_blog" } } });
    expect(await engine.current(ghost)).to.deep.equal(before);
    await blog.answers("/", 60);
  });

  it("D3 A5 passwords stand nowhere in plain text", async () => {
    const { containers, secrets, services } = await engine.holdings(stack);
    const places: Record<string, string> = {
      services: await engine.docker("service", "inspect", ...(services ?? [])),
      containers: await engine.docker("inspect", ...(containers ?? [])),
      secrets: await engine.docker("secret", "inspect", ...(secrets ?? [])),
      log: await engine.log(`${stack}_logins-mysql`),
      ...processTexts(),
      ...openFiles(place.home),
    };
    expect(leak([foreignAdmin.password, theirPassword], places)).to.equal(undefined);
  });

  it("D3 its sites are written out; what cannot be done there is told", async () => {
    const folder = path.join(place.home, "out");
    const { output } = await place.command("import/export-main.ts", [...exported, "blog", "--to", folder]);
    expect(output).to.contain(`${folder} holds site blog of stack swarm`);
    for (const refused of [
      await place.command("backup/main.ts", ["restore", "--stack", "swarm"]),
      await place.command("import/main.ts", [...exported, "blog", "--from", folder]),
    ]) {
      expect(refused.status).to.equal(1);
      expect(refused.output).to.contain("does not go with mysql.external").and.contain("Nothing was changed");
    }
    const rotation = await place.ops("secrets rotate", "news");
    expect(rotation.status).to.equal(1);
    expect(rotation.output).to.contain("sites.news.database.passwordFile");
  });

  long("D3 S7 the password of a site is rotated there", async () => {
    const site: RotatedSite = {
      place,
      name: "blog",
      ask: () => blog.status("/"),
      passwords: async () =>
        passwordsIn(await engine.docker("exec", (await engine.current(ghost)).id, ...printPasswords)),
      logins: async (password) => [await database.login("ghost_blog", password)],
    };
    await rotatesUnderLoad(site);
  });

  long("D3 a site serves behind what drops connections that are idle", async () => {
    const port = foreignPort + 1;
    const proxy = await IdleProxy.start({ host: thisMachine, port }, { host: address, port: foreignPort }, 5);
    try {
      configure({ host: database.proxyHost, port });
      succeeded(await place.start());
      for (let round = 1; round <= 3; round += 1) {
        await blog.answers("/", 60);
        const { dropped } = proxy;
        await until("idle connections to be dropped", 60, () => Promise.resolve(proxy.dropped > dropped));
        expect(await blog.status("/"), `after round ${round}`).to.equal(200);
      }
    } finally {
      proxy.stop();
    }
  });

  it("A1 destroy --data removes everything of the stack, and leaves the server as it is", async () => {
    succeeded(await place.destroy("--data"));
    expect(await engine.holdings(stack)).to.deep.equal(nothing);
    expect(await database.databases()).to.include("ghost_blog");
  });

  describePage("docs/external-database.md", {
    environment: () => place.variables,
    replace: { "db.example.net:3306": `${foreignHost(`10.99.0.${engineNumber}`)}:${foreignPort}` },
    rows: { "When the server cannot be used": "D3", Backups: "D3" },
    prepare: {
      "When the server cannot be used": () => {
        configure({ passwordFile: database.passwordFile("another", "no-such-password") });
        return Promise.resolve();
      },
    },
  });
});
