import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import type { Diagnosis } from "../../../ops/diagnose";
import { EdgeClient } from "../support/edge-client";
import { Pebble } from "../support/pebble";
import { succeeded, type Place } from "../support/place";
import { processTexts } from "../support/plain-text";
import { keepStackFile } from "../support/rotation";
import { nothing, swarmPlace, type Engine } from "../support/swarm-place";
import { timed, until } from "../support/until";

/**
 * The makers' images, as the engine of the tests has them: `activityPub` and `activityPubMigrations`, separated by a space. The sandbox cannot build them.
 */
const [server = "", migrations] = (process.env["E2E_ACTIVITYPUB"] ?? "").split(" ");

/** `E2E_ACTIVITYPUB=… npm run e2e -- swarm --long`. */
const long = process.env["E2E_LONG"] && migrations !== undefined ? describe : describe.skip;

long("the ActivityPub server of a stack on Docker Swarm", () => {
  const stack = "ghost-swarm";
  const activityPub = `${stack}_activitypub`;
  const blog = "https://blog.example.com";
  const news = "https://news.example.com";
  let place: Place;
  let engine: Engine;
  let authority: Pebble;
  let reader: EdgeClient;

  keepStackFile("swarm");

  const json = async (url: string) => JSON.parse((await reader.ask(url)).body) as Record<string, unknown>;
  const inServer = async (...command: string[]) =>
    engine.docker("exec", (await engine.current(activityPub)).id, ...command);
  const root = async (sql: string) =>
    engine.docker(
      ...["exec", (await engine.current(`${stack}_mysql`)).id],
      ...["mysql", "--defaults-file=/run/secrets/mysql/root.cnf", "-NBe", sql],
    );

  before(async () => {
    const found = await swarmPlace("swarm", ["mysql", "ghost", "caddy", "pebble"]);
    ({ engine, place } = found);
    reader = new EdgeClient(found.address);
    authority = await Pebble.make(engine, found.address, place.home);
    await authority.start();
    reader.ca = await authority.root();
    const caFile = path.join(place.home, "authority.pem");
    fs.writeFileSync(caFile, `${fs.readFileSync(authority.caFile, "utf8")}\n${reader.ca}`);
    const owner = { name: "Jamie", email: "jamie@example.com" };
    // Nobody trusts that authority unless told to.
    const trusted = "/etc/authority.pem";
    const site = (url: string) => ({
      url,
      activityPub: "self",
      owner,
      settings: { NODE_EXTRA_CA_CERTS: trusted },
      configs: { [trusted]: { file: caFile } },
    });
    place.configure({
      edge: { acme: { directory: authority.url, caFile } },
      sites: { blog: site(blog), news: site(news) },
      mailpit: { enabled: false },
      images: { activityPub: server, activityPubMigrations: migrations ?? "" },
    });
    succeeded(await timed("npm start", () => place.start()));
  });
  after(async () => {
    succeeded(await place.destroy("--data"));
    expect(await engine.holdings(stack)).to.deep.equal(nothing);
    await authority.stop();
  });

  it("E4 answers for each site, which its Ghost has told it of", async () => {
    for (const site of [blog, news]) {
      const { host } = new URL(site);
      const found = await until(`${host} to be known`, 60, async () => {
        const answer = await reader.ask(`${site}/.well-known/webfinger?resource=acct:index@${host}`);
        return answer.status === 200 ? (JSON.parse(answer.body) as { subject: string }) : undefined;
      });
      expect(found.subject).to.equal(`acct:index@${host}`);
      expect(await json(`${site}/.ghost/activitypub/users/index`)).to.include({
        id: `${site}/.ghost/activitypub/users/index`,
        followers: `${site}/.ghost/activitypub/followers/index`,
      });
    }
  });

  it("E4 neither of its containers has the password in its settings, its environment or its arguments", async () => {
    const password = await inServer("cat", "/run/secrets/activitypub/database-password");
    expect(password).to.match(/^[A-Za-z0-9]{20,}$/);
    const processes = Object.entries(processTexts());
    expect(processes.filter(([, words]) => words.includes(password)).map(([where]) => where)).to.deep.equal([]);
    const inspected = await engine.docker("service", "inspect", activityPub, `${activityPub}-migrations`);
    expect(inspected).to.not.contain(password);
  });

  it("E4 its user has rights in its own database alone", async () => {
    const grants = (await root("SHOW GRANTS FOR activitypub")).split("\n");
    expect(grants).to.have.members([
      "GRANT USAGE ON *.* TO `activitypub`@`%`",
      "GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO `activitypub`@`%`",
      "GRANT ALL PRIVILEGES ON `activitypub`.* TO `activitypub`@`%`",
    ]);
  });

  it("E4 npm start changes nothing where nothing has changed, and the schema is looked at again at each start", async () => {
    const former = await engine.current(activityPub);
    succeeded(await place.start());
    expect((await engine.current(activityPub)).id).to.equal(former.id);
    const migrating = await engine.current(`${activityPub}-migrations`);
    await engine.docker("service", "update", "--force", "--detach", `${activityPub}-migrations`);
    await engine.successor(`${activityPub}-migrations`, migrating, 60);
    await until("the schema to be looked at", 60, async () =>
      (await engine.logs([(await engine.current(`${activityPub}-migrations`)).id])).includes("up to date"),
    );
    expect((await reader.ask(`${blog}/.well-known/nodeinfo`)).status).to.equal(200);
  });

  it("E4 secrets rotate gives it another password while it answers", async () => {
    const password = () => inServer("cat", "/run/secrets/activitypub/database-password");
    const before = await password();
    const failed: number[] = [];
    let goesOn = true;
    const asking = (async () => {
      while (goesOn) {
        const { status } = await reader.ask(`${blog}/.well-known/nodeinfo`);
        if (status !== 200) {
          failed.push(status);
        }
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    })();
    try {
      succeeded(await timed("secrets rotate", () => place.ops("secrets rotate activitypub")));
    } finally {
      goesOn = false;
      await asking;
    }
    expect(await password()).to.not.equal(before);
    expect(failed).to.deep.equal([]);
    expect(
      await root("SELECT User_attributes->>'$.additional_password' FROM mysql.user WHERE User='activitypub'"),
    ).to.equal("NULL");
  });

  it("E4 status and diagnose say when it does not answer", async () => {
    expect((await place.ops("status")).status).to.equal(0);
    await engine.docker("service", "scale", "--detach", `${activityPub}=0`);
    const found = await until("diagnose to tell", 60, async () => {
      const { findings } = await place.opsJson<Diagnosis>("diagnose");
      return findings.find(({ object }) => /activitypub/i.test(object));
    });
    expect(found.why).to.not.equal("");
    await engine.docker("service", "scale", "--detach", `${activityPub}=1`);
    await until("all to be well", 90, async () => (await place.ops("status")).status === 0);
  });

  it("E4 a backup has its database", async () => {
    const output = succeeded(
      await timed("npm run backup", () => place.command("backup/main.ts", ["create", "--stack", "swarm"])),
    );
    expect(output).to.match(/activitypub/);
  });
});
