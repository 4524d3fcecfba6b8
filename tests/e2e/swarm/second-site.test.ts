import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { DockerEngine } from "../../../engines/docker-engine";
import { startEngine, stopEngines, type SandboxEngine } from "../../../sandbox/engine";
import { loadIntoDocker } from "../../../sandbox/images";
import { powerCut } from "../support/power-cut";
import { swarmImages } from "../support/stack-images";
import { stateFolder } from "../../../sandbox/state";
import { temporaryDirectory } from "../../support/temporary-directory";
import { describePage } from "../support/doc-page";
import { GhostClient, onePixel } from "../support/ghost-client";
import { newestTo } from "../support/inbox";
import { Place, succeeded } from "../support/place";
import { Engine } from "../support/swarm-place";
import { timed, until } from "../support/until";

/** Four machines and a fifth at another place: `npm run e2e -- swarm --long`. */
const long = process.env["E2E_LONG"] ? describe : describe.skip;

/** Engines by the name of the machine they stand for. */
const south = { manager1: 2, manager2: 3, manager3: 4, worker1: 8 } as const;
const north = 9;
const numbers = [...Object.values(south), north];

/** Ghost at one site is saved; the site loses its power; the copy is restored on one machine of another name at another address. */
long("a second site", () => {
  const stack = "swarm";
  const blogService = `ghost-${stack}_ghost-blog`;
  const owner = { name: "Ada", email: "ada@example.com", password: "a long enough phrase 7", title: "Notes" };
  const first = new Place(stack, temporaryDirectory(), {});
  const second = new Place(stack, temporaryDirectory(), {});
  const engines: Record<number, SandboxEngine> = {};
  const engine = (number: number) => new Engine(new DockerEngine(engines[number]?.host ?? ""));
  const address = (number: number) => engines[number]?.address ?? "";
  const urlAt = (number: number) => `http://${address(number)}:2368`;
  const at = (number: number) => new GhostClient(urlAt(number), urlAt(number));
  const backups = path.join(first.home, "backups");
  const copies = path.join(second.home, "copies");
  const key = path.join(second.home, "key.txt");
  const saved = ["--stack", stack, "--directory", copies, "--key", key];
  let post: string;
  let picture: string;
  let lost: string;
  let newer: string;
  let sinceRestore: number;

  const node = (number: number, role: string, availability = "active") => ({
    host: engines[number]?.host,
    address: address(number),
    role,
    availability,
    stop: `${scripts}/down.sh ${folder} ${number}`,
    // In a session of its own: it would end with the shell into which the page's commands are typed.
    start: `setsid --wait ${scripts}/up.sh ${folder} --only ${number}`,
  });
  const folder = stateFolder("engine");
  const scripts = path.join(__dirname, "..", "..", "..", "sandbox", "engine");
  const configureSouth = (place: Place) =>
    place.configure({
      images: { ...swarmImages },
      swarm: {
        autolock: true,
        encryptBackend: false,
        placement: ["node.labels.ghost-platform.node==worker1"],
        nodes: {
          manager1: node(south.manager1, "manager", "drain"),
          manager2: node(south.manager2, "manager", "drain"),
          manager3: node(south.manager3, "manager", "drain"),
          worker1: node(south.worker1, "worker"),
        },
      },
      sites: { blog: { url: urlAt(south.worker1) } },
    });
  const configureNorth = () =>
    second.configure({
      images: { ...swarmImages },
      swarm: { encryptBackend: false, nodes: { north: node(north, "manager") } },
      sites: { blog: { url: urlAt(north) } },
    });
  const hasThePost = async (number: number) => {
    const blog = at(number);
    await blog.answers("/", 180);
    const page = await blog.page(post);
    expect(page)
      .to.contain("Before the flood")
      .and.to.contain(`${urlAt(number)}${picture}`);
    await blog.answers(picture, 30);
  };
  /** The owner, who signs in with the former password; the browser does not know the site's new address. */
  const signedIn = async (number: number) => {
    const blog = at(number);
    const inbox = `http://${address(number)}:8025`;
    const reader = await (number === north ? second : first).inboxReader();
    const former = await newestTo(inbox, owner.email, reader);
    await blog.signInFromNewDevice(owner.email, owner.password, () =>
      until("the mail with the code", 60, async () => {
        const mail = await newestTo(inbox, owner.email, reader);
        return mail?.ID === former?.ID ? undefined : /\d{6}/.exec(mail?.Subject ?? "")?.[0];
      }),
    );
    return blog;
  };

  before(async () => {
    await stopEngines({ data: true, only: numbers });
    for (const number of numbers) {
      engines[number] = await startEngine(number);
    }
    for (const number of [south.worker1, north]) {
      await loadIntoDocker(engines[number]?.host ?? "", ["ghost", "mysql", "mailpit"]);
    }
    configureSouth(first);
    configureNorth();
  });
  after(async () => {
    await stopEngines({ data: true, only: numbers });
  });

  it("S9 S12 the first site has a post with a picture, and is saved; what is written afterwards will be lost", async () => {
    succeeded(await timed("four machines → Ghost at the first site", () => first.start()));
    const blog = at(south.worker1);
    // The first request after the start compiles half of Ghost.
    await blog.answers("/ghost/api/admin/site/", 120);
    await blog.setUp(owner);
    picture = await blog.uploadImage("pixel.png", onePixel);
    post = await blog.publish("Before the flood", `<p><img src="${urlAt(south.worker1)}${picture}"></p>`);
    succeeded(
      await timed("backup at the first site", () => first.command("backup/main.ts", ["create", "--stack", stack])),
    );
    lost = await blog.publish("After the backup", "<p>Too late</p>");
    expect(await blog.status(lost)).to.equal(200);
  });

  it("S12 its copy is known to be whole at the second site, where there is no swarm; a wrong key is told", async () => {
    fs.cpSync(backups, copies, { recursive: true });
    fs.copyFileSync(path.join(first.home, "backup-keys", `${stack}.txt`), key);
    const verify = (file: string) =>
      second.command("backup/main.ts", [
        ...["verify", "--files-only", "--stack", stack],
        ...["--directory", copies, "--key", file],
      ]);
    expect(succeeded(await verify(key))).to.contain("are whole, and this key proves and opens them");
    const { generateX25519Identity } = await import("age-encryption");
    const wrong = path.join(second.home, "wrong.txt");
    fs.writeFileSync(wrong, `${await generateX25519Identity()}\n`, { mode: 0o600 });
    expect((await verify(wrong)).output).to.contain(`The key in ${wrong} does not open`);
  });

  it("S12 the first site loses its power", async () => {
    for (const number of Object.values(south)) {
      await powerCut(number);
    }
    await expectNoAnswer(urlAt(south.worker1));
  });

  it("S9 S12 a restore says which machine of the first site has no place here, before anything is touched", async () => {
    const { output, status } = await second.command("backup/main.ts", ["restore", "--yes", ...saved]);
    expect(status).to.equal(1);
    expect(output).to.contain(
      "worker1: the backup has data of it, and the configuration does not name it. Name a machine so under swarm.nodes, or say which one takes its place: --place worker1=NAME",
    );
    expect(await engine(north).lines("volume", "ls", "--quiet")).to.deep.equal([]);
    sinceRestore = performance.now();
  });

  describePage("docs/second-site.md", {
    environment: () => second.variables,
    replace: {
      "--stack press": `--stack ${stack}`,
      "/srv/backups-north": '"$GHOST_PLATFORM_HOME/north"',
      "/srv/backups": '"$GHOST_PLATFORM_HOME/copies"',
      "/media/key/press.txt": '"$GHOST_PLATFORM_HOME/key.txt"',
      // On those machines, one after the other.
      "docker swarm leave --force": `for i in ${Object.values(south).join(" ")}; do docker --host unix://${folder}/$i/docker.sock swarm leave --force || exit; done`,
    },
    rows: { "Have it ready": "S12", "When the first site is lost": "S9 S12", "Going back": "S9 S12" },
    prepare: {
      "When the first site comes back": async () => {
        const seconds = ((performance.now() - sinceRestore) / 1000).toFixed(0);
        console.log(`      ⏱ restore, npm start, status: ${seconds} s`);
        await theSecondSiteIsTheFirst();
        await theFirstSiteStaysDown();
      },
      "Going back": async () => {
        const blog = await signedIn(north);
        newer = await blog.publish("At the second site", "<p>Meanwhile</p>");
      },
    },
    timeout: 900,
  });

  /** The same post, the same login, and nothing left to do. */
  async function theSecondSiteIsTheFirst(): Promise<void> {
    await hasThePost(north);
    await signedIn(north);
    expect(await at(north).status(lost), "what was written after the backup").to.equal(404);
    const before = await engine(north).current(blogService);
    succeeded(await timed("npm start after that", () => second.start()));
    expect(await engine(north).current(blogService)).to.deep.equal(before);
    const status = succeeded(await second.command("machines/main.ts", ["status", "--stack", stack]));
    expect(status).to.contain("1 manager").and.to.contain("All is well.");
  }

  /** Its machines have power again, on the same network: autolock alone keeps them from serving. */
  async function theFirstSiteStaysDown(): Promise<void> {
    for (const number of Object.values(south)) {
      await startEngine(number);
    }
    const deadline = performance.now() + 60_000;
    while (performance.now() < deadline) {
      for (const number of Object.values(south)) {
        expect(await engine(number).lines("ps", "--quiet"), `containers on engine ${number}`).to.deep.equal([]);
      }
      await new Promise((resolve) => setTimeout(resolve, 5000));
    }
    for (const number of [south.manager1, south.manager2, south.manager3]) {
      const state = await engine(number).docker("info", "--format", "{{.Swarm.LocalNodeState}}");
      expect(state, `engine ${number}`).to.equal("locked");
    }
    await expectNoAnswer(urlAt(south.worker1));
    expect(await at(north).status(post)).to.equal(200);
  }

  describe("and back", () => {
    it("S9 S12 the first site takes over again, with what was written at the second", async () => {
      const kept = path.join(second.home, "north");
      const back = new Place(stack, temporaryDirectory(), {});
      configureSouth(back);
      const restored = [
        "restore",
        "--yes",
        "--stack",
        stack,
        "--place",
        "north=worker1",
        "--directory",
        kept,
        "--key",
        key,
      ];
      const { output } = await back.command("backup/main.ts", restored);
      expect(output).to.match(/worker1: volume \S+ is there already, and a restore overwrites nothing/);
      const volumes = await engine(south.worker1).lines("volume", "ls", "--quiet");
      await engine(south.worker1).docker("volume", "rm", ...volumes);
      await powerCut(north);
      await timed("the second site down → every service runs at the first", async () => {
        succeeded(await back.command("backup/main.ts", restored));
        succeeded(await back.start());
        await hasThePost(south.worker1);
        expect(await at(south.worker1).page(newer)).to.contain("At the second site");
      });
      await signedIn(south.worker1);
      const status = succeeded(await back.command("machines/main.ts", ["status", "--stack", stack]));
      expect(status).to.contain("3 managers, quorum 2").and.to.contain("All is well.");
    });
  });
});

/** Fails when somebody answers at an address. */
async function expectNoAnswer(url: string): Promise<void> {
  const answered = await fetch(url, { signal: AbortSignal.timeout(5000) }).then(
    ({ status }) => status,
    () => undefined,
  );
  expect(answered, `an answer of ${url}`).to.equal(undefined);
}
