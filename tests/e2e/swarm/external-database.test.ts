import { expect } from "chai";
import type { RawConfig } from "../../../config/machine";
import { ForeignDatabase, foreignAdmin, foreignPort } from "../support/foreign-database";
import { GhostClient } from "../support/ghost-client";
import { succeeded, type Place } from "../support/place";
import {
  keepStackFile,
  printPasswords,
  rotatesUnderLoad,
  takesPresentAlone,
  type RotatedSite,
} from "../support/rotation";
import { passwordsIn } from "../support/secrets";
import { nothing, swarmPlace, type Engine } from "../support/swarm-place";

/** Stack `swarm` on a database server of somebody else's. */
describe("a database server of somebody else's behind a stack on Docker Swarm", () => {
  const owner = { name: "Ada", email: "ada@example.com", password: "a long enough phrase 7", title: "Notes" };
  const stack = "ghost-swarm";
  const ghost = `${stack}_ghost-blog`;
  let place: Place;
  let engine: Engine;
  let blog: GhostClient;
  let database: ForeignDatabase;
  let passwordFile: string;

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
    let address: string;
    ({ address, engine, place } = await swarmPlace("swarm"));
    database = await ForeignDatabase.start(engine, address, place.home);
    passwordFile = database.passwordFile("admin", foreignAdmin.password);
    blog = new GhostClient(`http://${address}:2368`, "http://localhost:2368");
  });
  after(async () => {
    await database.remove();
  });

  it("D3 refuses another authority, another name and another password in words, and makes nothing", async () => {
    configure({ caFile: database.otherCaFile });
    await refused("mysql.external.caFile: the certificate of");
    configure({ host: database.otherHost });
    await refused("mysql.external.host: the certificate of");
    configure({ passwordFile: database.passwordFile("wrong", "no-such-password") });
    await refused("mysql.external.passwordFile: ");
    configure({ port: foreignPort + 1 });
    await refused("does not answer (ECONNREFUSED)");
    expect(await engine.holdings(stack)).to.deep.equal(nothing);
    expect(await database.databases()).to.deep.equal([]);
  });

  it("D3 has the database and user of a site made, and nothing of a server of its own", async () => {
    configure();
    succeeded(await place.start());
    await blog.setUp(owner);
    const post = await blog.publish("On somebody else's server", "<p>It is there.</p>");
    expect(await blog.page(post)).to.contain("It is there.");
    expect(await database.databases()).to.deep.equal(["ghost_blog"]);
    const { secrets, services, volumes } = await engine.holdings(stack);
    expect(services).to.have.length(2);
    expect([...(volumes ?? []), ...(secrets ?? [])].join()).to.not.match(/mysql-(data|root|server)/);
  });

  it("D3 S7 the password of a site is rotated there", async () => {
    const site: RotatedSite = {
      place,
      name: "blog",
      ask: () => blog.status("/"),
      passwords: async () =>
        passwordsIn(await engine.docker("exec", (await engine.current(ghost)).id, ...printPasswords)),
      logins: async (password) => [await database.login("ghost_blog", password)],
    };
    await rotatesUnderLoad(site);
    await takesPresentAlone(site);
  });

  it("D3 a server that is away, or another stack's user, changes nothing of a site that runs", async () => {
    const before = await engine.current(ghost);
    await database.stop();
    configure({}, { blog: { memory: "600Mi" } });
    await refused("does not answer");
    await database.startAgain();
    configure({}, { news: { url: "http://localhost:2369", database: { user: "news" } } });
    await database.sql("CREATE USER 'news'@'%' IDENTIFIED BY 'somebody'");
    await refused("sites.news.database.user: there is a user news on that server, which somebody else has made");
    expect(await engine.current(ghost)).to.deep.equal(before);
    await blog.answers("/", 60);
  });

  it("A1 destroy --data removes everything of the stack, and leaves the server as it is", async () => {
    succeeded(await place.destroy("--data"));
    expect(await engine.holdings(stack)).to.deep.equal(nothing);
    expect(await database.databases()).to.deep.equal(["ghost_blog"]);
  });
});
