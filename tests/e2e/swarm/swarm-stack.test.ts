import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { stopEngines } from "../../../sandbox/engine";
import { GhostClient, onePixel } from "../support/ghost-client";
import { askInbox, newestTo, type Reader } from "../support/inbox";
import { openFiles, processTexts } from "../support/plain-text";
import { succeeded, type Place } from "../support/place";
import { leak, passwordsIn } from "../support/secrets";
import { mostOddText } from "../../support/odd-text";
import { temporaryDirectory } from "../../support/temporary-directory";
import { engineNumber, nothing, startedEngine, swarmPlace, type Engine } from "../support/swarm-place";
import { processIn } from "../support/pod-process";
import { timed, until } from "../support/until";

const long = process.env["E2E_LONG"] ? it : it.skip;

/** Stack `swarm`, on a real Docker Engine, through the commands a person uses. */
describe("stack swarm on Docker Swarm", () => {
  const owner = { name: "Ada", email: "ada@example.com", password: "a long enough phrase 7", title: "Notes" };
  const stack = "ghost-swarm";
  const ghost = `${stack}_ghost-blog`;
  const mysql = `${stack}_mysql`;
  /** Looks as a password of this program's, for the test that looks for those. */
  const klipyKey = `p${"k3".repeat(16)}`;
  let place: Place;
  let engine: Engine;
  let blog: GhostClient;
  let inbox: string;
  let reader: Reader;
  let post: string;
  let image: string;

  const sql = async (statement: string): Promise<string> => {
    const { id } = await engine.current(mysql);
    return engine.docker("exec", id, "mysql", "--defaults-file=/run/secrets/mysql/root.cnf", "-NBe", statement);
  };

  before(async () => {
    let address: string;
    ({ address, engine, place } = await swarmPlace("swarm"));
    const klipyFile = path.join(temporaryDirectory(), "klipy-key");
    fs.writeFileSync(klipyFile, `${klipyKey}\n`);
    const secretSettings = { klipy__apiKey: { file: klipyFile } };
    place.configure({
      sites: { blog: { settings: { example__text: mostOddText, example__word: "0b11" }, secretSettings } },
    });
    blog = new GhostClient(`http://${address}:2368`, "http://localhost:2368");
    inbox = `http://${address}:8025`;
  });

  it("S5 A1 comes up with one command, and says where everything is", async () => {
    const output = succeeded(await timed("npm start", () => place.start()));
    for (const text of [":2368", "/ghost/", ":8025", "npm run ops -- inbox"]) {
      expect(output).to.contain(text);
    }
    reader = await place.inboxReader();
    expect((await askInbox(inbox, "/api/v1/messages")).status).to.equal(401);
    await blog.answers("/", 30);
    await blog.answers("/ghost/", 10);
  });

  it("S5 a setting arrives as it is", async () => {
    const { id } = await engine.current(ghost);
    const { example__text, example__word } = JSON.parse(
      await engine.docker("exec", id, "node", "-p", "JSON.stringify(process.env)"),
    ) as Record<string, string>;
    expect({ example__text, example__word }).to.deep.equal({ example__text: mostOddText, example__word: "0b11" });
  });

  it("S5 docker's own commands show the stack", async () => {
    expect(await engine.docker("stack", "ls", "--format", "{{.Name}} {{.Services}}")).to.equal(`${stack} 3`);
    const services = await engine.lines("stack", "services", stack, "--format", "{{.Name}} {{.Replicas}}");
    expect(services.sort()).to.deep.equal([`${ghost} 1/1`, `${stack}_mailpit 1/1`, `${mysql} 1/1`]);
    expect(await engine.lines("stack", "ps", stack, "--quiet", "--filter", "desired-state=running")).to.have.length(3);
  });

  it("A1 a second start changes nothing", async () => {
    const tasks = [await engine.current(ghost), await engine.current(mysql)];
    succeeded(await timed("second npm start", () => place.start()));
    expect([await engine.current(ghost), await engine.current(mysql)]).to.deep.equal(tasks);
  });

  it("A1 A5 another checkout, which has not the passwords, is refused and changes nothing", async () => {
    const tasks = [await engine.current(ghost), await engine.current(mysql)];
    const { output, status } = await place.elsewhere().start();
    expect(status, output).to.not.equal(0);
    expect(output).to.contain("was deployed from elsewhere");
    expect([await engine.current(ghost), await engine.current(mysql)]).to.deep.equal(tasks);
  });

  it("L5 K3 a secret setting arrives, and an invitation to the staff is readable in the inbox", async () => {
    await blog.setUp(owner);
    expect(await blog.klipyKey(), "K3").to.equal(klipyKey);
    await blog.invite("grace@example.com");
    const mail = await until("the invitation", 30, () => newestTo(inbox, "grace@example.com", reader));
    expect(mail.Subject).to.contain("Ada has invited you");
    expect(mail.Text).to.contain("http://localhost:2368/ghost/");
  });

  it("S5 a post with a picture survives the deletion of Ghost's container", async () => {
    image = await blog.uploadImage("pixel.png", onePixel);
    post = await blog.publish("Hello from the swarm", `<p>A picture: <img src="${image}"></p>`);
    const former = await engine.current(ghost);
    await timed("container deleted → home page", async () => {
      await engine.docker("rm", "--force", former.id);
      await engine.successor(ghost, former, 60);
      await blog.answers("/", 90);
    });
    expect(await blog.page(post)).to.contain("Hello from the swarm");
    await blog.answers(image, 10);
  });

  it("M1 S5 the database server is killed: it is back with its data, and Ghost was not", async () => {
    const [server, site] = [await engine.current(mysql), await engine.current(ghost)];
    await timed("server killed → home page", async () => {
      process.kill(server.pid, "SIGKILL");
      await engine.successor(mysql, server, 60);
      await blog.answers("/", 90);
    });
    expect(await blog.page(post)).to.contain("Hello from the swarm");
    expect(await engine.current(ghost)).to.deep.equal(site);
  });

  it("G6 S5 the database is away for a while: Ghost is left alone, and comes back by itself", async () => {
    const site = await engine.current(ghost);
    await engine.docker("service", "scale", "--detach", `${mysql}=0`);
    await until("readers to notice", 60, async () => (await blog.status("/")) === 500);
    // Longer than the health check would take to give Ghost up, were it to ask for pages: 6 tries, 5 s apart.
    const end = Date.now() + 45_000;
    while (Date.now() < end) {
      expect(await blog.status("/ghost/api/admin/site/")).to.equal(200);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    await engine.docker("service", "scale", "--detach", `${mysql}=1`);
    await timed("database back → home page", () => blog.answers("/", 90));
    expect(await engine.current(ghost)).to.deep.equal(site);
  });

  it("E a site that its owner makes private is well: npm start, status and diagnose agree", async () => {
    await blog.setPrivate(true);
    await until("readers to be sent away", 30, async () => (await blog.status("/")) === 302);
    succeeded(await place.start());
    expect(succeeded(await place.ops("status"))).to.contain("All is well.");
    succeeded(await place.ops("diagnose"));
    await blog.setPrivate(false);
    await blog.answers("/", 30);
  });

  long("E4 G6 a Ghost that hangs is started again", async () => {
    const former = await engine.current(ghost);
    process.kill(processIn(former.id, "current/index.js"), "SIGSTOP");
    await timed("Ghost hangs → home page", async () => {
      await engine.successor(ghost, former, 120);
      await blog.answers("/", 90);
    });
    expect(await engine.docker("logs", former.id)).to.contain("it hangs, and is killed");
  });

  it("G1 S5 started without a database, Ghost waits and says for what", async () => {
    await engine.docker("service", "scale", "--detach", `${mysql}=0`, `${ghost}=0`);
    await until("both to stop", 90, async () => !(await engine.task(mysql)) && !(await engine.task(ghost)));
    await engine.docker("service", "scale", "--detach", `${ghost}=1`);
    const waiting = await engine.current(ghost);
    await until("its message", 60, async () =>
      /waiting for mysql:3306 to accept a login of ghost_blog/.test(await engine.docker("logs", waiting.id)),
    );
    await engine.docker("service", "scale", "--detach", `${mysql}=1`);
    await timed("database there → home page", () => blog.answers("/", 120));
  });

  it("G2 S5 killed in the middle of a migration, the next start recovers by itself", async () => {
    await engine.docker("service", "scale", "--detach", `${ghost}=0`);
    await until("Ghost to stop", 90, async () => !(await engine.task(ghost)));
    // What a migrator that was killed leaves behind.
    await sql("UPDATE ghost_blog.migrations_lock SET locked = 1, released_at = NULL WHERE lock_key = 'km01'");
    await engine.docker("service", "scale", "--detach", `${ghost}=1`);
    await timed("stale lock → home page", () => blog.answers("/", 120));
    const { id } = await engine.current(ghost);
    expect(await engine.docker("logs", id)).to.contain("an earlier migration was interrupted: its lock is cleared");
    expect(await blog.page(post)).to.contain("Hello from the swarm");
  });

  it("A5 no password stands in plain text: services, containers, configs, logs, processes, state, what is rendered", async () => {
    const passwords = passwordsIn(
      await engine.docker("exec", (await engine.current(mysql)).id, "cat", "/run/secrets/mysql/provision.sql"),
    );
    // Of root, the monitor, the backup and the site.
    expect(passwords).to.have.length(4);
    passwords.push(reader.password, klipyKey);
    const { configs, containers, secrets, services } = await engine.holdings(stack);
    const places: Record<string, string> = {
      services: await engine.docker("service", "inspect", ...(services ?? [])),
      containers: await engine.docker("inspect", ...(containers ?? [])),
      secrets: await engine.docker("secret", "inspect", ...(secrets ?? [])),
    };
    for (const config of configs ?? []) {
      const data = await engine.docker("config", "inspect", "--format", "{{json .Spec.Data}}", config);
      places[`config ${config}`] = Buffer.from(JSON.parse(data) as string, "base64").toString();
    }
    for (const service of [ghost, mysql, `${stack}_mailpit`]) {
      places[`log of ${service}`] = await engine.log(service);
    }
    Object.assign(places, processTexts(), openFiles(place.home));
    expect(leak(passwords, places)).to.equal(undefined);
  });

  it("S5 the engine restarts: everything returns with its data", async () => {
    await stopEngines({ data: false, only: [engineNumber] });
    await startedEngine();
    await timed("engine back → home page", () => blog.answers("/", 180));
    expect(await blog.page(post)).to.contain("Hello from the swarm");
    const mail = await until("the inbox", 60, () => newestTo(inbox, "grace@example.com", reader));
    expect(mail.Subject).to.contain("Ada has invited you");
  });

  it("A1 destroy keeps the data, and what comes up again has it, with passwords of its own", async () => {
    succeeded(await timed("npm run destroy", () => place.destroy()));
    const { volumes, ...others } = await engine.holdings(stack);
    // Temporary files may stay with them; the rendered form leaves every volume.
    expect(volumes).to.include.members(
      ["ghost-blog-content", "mailpit-mail", "mysql-data"].map((volume) => `${stack}_${volume}`),
    );
    expect(others).to.deep.equal({ services: [], containers: [], networks: [], secrets: [], configs: [] });
    succeeded(await timed("npm start on kept data", () => place.start()));
    await blog.answers("/", 30);
    expect(await blog.page(post)).to.contain("Hello from the swarm");
  });

  it("A1 destroy --data removes everything", async () => {
    succeeded(await timed("npm run destroy -- --data", () => place.destroy("--data")));
    expect(await engine.holdings(stack)).to.deep.equal(nothing);
    succeeded(await place.destroy("--data"));
  });
});
