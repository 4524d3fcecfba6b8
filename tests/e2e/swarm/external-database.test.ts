import { expect } from "chai";
import type { RawConfig } from "../../../config/machine";
import { ForeignDatabase, foreignAdmin, foreignPort } from "../support/foreign-database";
import { GhostClient } from "../support/ghost-client";
import { succeeded, type Place } from "../support/place";
import { nothing, swarmPlace, type Engine } from "../support/swarm-place";

/** Stack `swarm` on a database server of somebody else's. */
describe("a database server of somebody else's behind a stack on Docker Swarm", () => {
  const owner = { name: "Ada", email: "ada@example.com", password: "a long enough phrase 7", title: "Notes" };
  const stack = "ghost-swarm";
  let place: Place;
  let engine: Engine;
  let blog: GhostClient;
  let database: ForeignDatabase;
  let passwordFile: string;

  const configure = (external: RawConfig = {}, sites: RawConfig = {}) => {
    const { caFile, host } = database;
    const usual = { host, port: foreignPort, caFile, user: foreignAdmin.user, passwordFile };
    place.configure({ mailpit: { enabled: false }, mysql: { external: { ...usual, ...external } }, sites });
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
    const wrong: [external: RawConfig, words: string][] = [
      [{ caFile: database.otherCaFile }, "mysql.external.caFile: the certificate of"],
      [{ host: database.otherHost }, "mysql.external.host: the certificate of"],
      [{ passwordFile: database.passwordFile("wrong", "no-such-password") }, "mysql.external.passwordFile: "],
      [{ port: foreignPort + 1 }, "does not answer (ECONNREFUSED)"],
    ];
    for (const [external, words] of wrong) {
      configure(external);
      const { output, status } = await place.start();
      expect(status, output).to.equal(1);
      expect(output).to.contain("Nothing was changed").and.contain(words);
    }
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

  it("A1 destroy --data removes everything of the stack, and leaves the server as it is", async () => {
    succeeded(await place.destroy("--data"));
    expect(await engine.holdings(stack)).to.deep.equal(nothing);
    expect(await database.databases()).to.deep.equal(["ghost_blog"]);
  });
});
