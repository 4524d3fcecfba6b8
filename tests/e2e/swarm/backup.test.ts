import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { makeKey, readKey } from "../../../backup/format/key";
import { opened, signed } from "../../../backup/format/signature";
import type { Manifest } from "../../../backup/format/manifest";
import { run } from "../../../engines/process";
import { SteadyLoad } from "../../../drills/steady-load";
import type { PageReport } from "../../../ops/guarded-page";
import type { Usage } from "../../../ops/usage";
import type { DatabaseStatus } from "../../../ops/mysql";
import { projectDirectory } from "../../../home/project";
import { imageNames } from "../../../sandbox/images";
import { clusterPlace, machineNames, type ClusterPlace } from "../support/cluster-place";
import { diagnosed, well } from "../support/diagnosis";
import { GhostClient, onePixel } from "../support/ghost-client";
import { askInbox } from "../support/inbox";
import { succeeded } from "../support/place";
import { timed, until } from "../support/until";

/** What takes another minute or two: `npm run e2e -- swarm --long`. */
const long = process.env["E2E_LONG"] ? it : it.skip;

/** A stack on five machines is saved, the machines are erased, and the same post is read again. */
describe("backup and restore of a swarm", () => {
  const owner = { name: "Ada", email: "ada@example.com", password: "a long enough phrase 7", title: "Notes" };
  const stack = "swarm";
  let cluster: ClusterPlace;
  let blog: GhostClient;
  let post: string;
  let image: string;
  /** An app that is no part of this program. */
  let guestbook: string;
  const stackFile = path.join(projectDirectory, `Pulumi.${stack}.yaml`);
  const originalStackFile = fs.readFileSync(stackFile, "utf8");

  const entries = async () => (await fetch(`${guestbook}/`)).text();
  const backup = (...args: string[]) => cluster.place.command("backup/main.ts", [...args, "--stack", stack]);
  const directory = () => path.join(cluster.place.home, "backups", stack);
  const list = async () => {
    const { output } = await backup("list", "--json");
    return JSON.parse(output.slice(output.indexOf("{"))) as { backups: (Manifest & { good: boolean })[] };
  };
  const onlyGood = async () => {
    const { backups } = await list();
    expect(backups.map(({ good }) => good)).to.deep.equal([true]);
    return backups[0];
  };

  before(async () => {
    cluster = await clusterPlace(stack, ["ghost", "mysql", "mailpit", "wordpress"]);
    const drained = { availability: "drain" };
    cluster.configure({ manager1: drained, manager2: drained, manager3: drained }, { autolock: true });
    const settings = { port: 8090, image: imageNames.wordpress };
    cluster.place.configure({
      mailpit: { authentication: true },
      apps: { guestbook: { module: "./tests/apps/guestbook/app.ts", settings } },
    });
    succeeded(await timed("five machines → one swarm with Ghost on it", () => cluster.place.start()));
    blog = new GhostClient(`http://${cluster.address("worker1")}:2368`, "http://localhost:2368");
    // The first request after the start compiles half of Ghost.
    await blog.answers("/ghost/api/admin/site/", 120);
    await blog.setUp(owner);
    image = await blog.uploadImage("pixel.png", onePixel);
    guestbook = `http://${cluster.address("worker1")}:8090`;
    expect((await fetch(`${guestbook}/`, { method: "POST", body: "Ada was here" })).status).to.equal(201);
    expect((await fetch(`${guestbook}/picture`, { method: "PUT", body: onePixel })).status).to.equal(201);
    post = await blog.publish("Before the fire", `<p><img src="${image}"></p>`);
  });
  after(async () => {
    fs.writeFileSync(stackFile, originalStackFile);
    await cluster.remove();
  });

  it("A6 S7 rotates the password of an app that is no part of this program, while it serves", async () => {
    const output = succeeded(await timed("secrets rotate", () => cluster.place.ops("secrets rotate", "guestbook")));
    expect(output).to.contain("app_guestbook has password 2 now, and no other.");
    expect(await entries()).to.equal("Ada was here");
    const { services } = await cluster.place.opsJson<{ services: { name: string }[] }>("status");
    expect(services.map(({ name }) => name)).to.include("app-guestbook");
  });

  it("G10 L5 ops asks each machine about its own containers: the manager that is asked has none", async () => {
    const { place } = cluster;
    expect(await cluster.machines.manager1.lines("ps", "--quiet")).to.deep.equal([]);
    const { containers } = await place.opsJson<Usage>("metrics");
    expect(containers.map(({ app, node }) => `${app} on ${node}`)).to.deep.equal(
      ["app-guestbook", "ghost-blog", "mailpit", "mysql"].map((app) => `${app} on node1`),
    );
    expect(containers.filter(({ memory }) => !memory.used)).to.deep.equal([]);
    const { members, well: isWell } = await place.opsJson<DatabaseStatus>("mysql status");
    expect([members.map(({ state }) => state), isWell]).to.deep.equal([["writable"], true]);
    const { address, login } = await place.opsJson<PageReport>("inbox");
    expect(address).to.equal(`http://${cluster.address("worker1")}:8025/`);
    expect((await askInbox(address.replace(/\/$/, ""), "/api/v1/messages", login)).status).to.equal(200);
    await cluster.machines.manager1.docker(
      ...["service", "create", "--detach", "--name", "ghost-swarm_broken", "--restart-delay", "1s"],
      ...[
        "--label",
        "com.docker.stack.namespace=ghost-swarm",
        "--label",
        "ghost-platform.stack=ghost-swarm",
        "--constraint",
        "node.labels.ghost-platform.node==worker1",
      ],
      ...["--no-resolve-image", imageNames.mysql, "bash", "-c", "echo ERROR cannot open the file; exit 7"],
    );
    await diagnosed(place, /FAILURE {2}task broken\.1\n {2}It ended [^]*It says: ERROR cannot open the file/);
    await cluster.machines.manager1.docker("service", "rm", "ghost-swarm_broken");
    await well(place);
  });

  it("S9 is made while readers are served, from a manager that does not lead, and read back as a whole", async () => {
    const leader = (
      await cluster.machines.manager1.docker("node", "ls", "--format", "{{.ManagerStatus}} {{.Hostname}}")
    )
      .split("\n")
      .find((line) => line.startsWith("Leader"));
    const load = new SteadyLoad(() => blog.status("/"));
    const output = succeeded(await timed("backup, read back, its database loaded", () => backup("create")));
    const { failed, longestGap, requests, statuses } = await load.stop();
    console.log(`      ⏱ ${failed} of ${requests} requests lost meanwhile`);
    expect(failed, `${JSON.stringify(statuses)}, for ${longestGap.toFixed(0)} ms at most`).to.equal(0);
    expect(output).to.match(/\d+ tables in a server that was thrown away/);
    const made = await onlyGood();
    expect(made?.parts.map(({ kind }) => kind)).to.have.members([
      "deployment",
      "files",
      "files",
      "files",
      "mysql",
      "swarm",
    ]);
    const [donor] = made?.parts.flatMap((part) => (part.kind === "swarm" ? [part] : [])) ?? [];
    expect(donor).to.include({ autolock: true });
    // manager1 is the second engine, and so on.
    expect(leader).to.not.contain(`node${Number(donor?.node.replace("manager", "")) + 1}`);
    expect((await cluster.place.command("machines/main.ts", ["status", "--stack", stack])).status).to.equal(0);
  });

  it("S9 a disk that is full is told in one message, and nothing half made is left", async () => {
    const full = path.join(cluster.place.home, "full");
    fs.mkdirSync(full);
    await run("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", full]);
    try {
      const { output, status } = await backup("create", "--data-only", "--directory", full);
      expect(status).to.equal(1);
      expect(output).to.contain(`The disk of ${path.join(full, stack)} is full`);
      expect(fs.readdirSync(path.join(full, stack))).to.deep.equal([]);
    } finally {
      await run("umount", [full]);
    }
    await onlyGood();
  });

  long(
    "S9 killed while an engine is stopped: the engine is started again, and the backup before is whole",
    async () => {
      const creating = spawn("node", ["runtime/bootstrap.mjs", "backup/main.ts", "create", "--stack", stack], {
        env: { ...process.env, GHOST_PLATFORM_HOME: cluster.place.home },
        stdio: "ignore",
      });
      const managers = (["manager1", "manager2", "manager3"] as const).map((name) => cluster.machines[name]);
      const answering = async () => {
        const answers = await Promise.all(managers.map((machine) => machine.docker("info").catch(() => undefined)));
        return answers.filter((answer) => answer !== undefined).length;
      };
      await until("an engine to stop", 120, async () => (await answering()) === 2);
      creating.kill("SIGKILL");
      await once(creating, "close");
      await until("the engine to be back", 120, async () => (await answering()) === 3);
      succeeded(await cluster.place.command("machines/main.ts", ["up", "--yes", "--stack", stack]));
      await onlyGood();
    },
  );

  it("S9 a wrong key and a damaged file are told, and nothing is touched", async () => {
    const made = await onlyGood();
    const wrong = path.join(cluster.place.home, "wrong.txt");
    const { generateX25519Identity } = await import("age-encryption");
    fs.writeFileSync(wrong, `${await generateX25519Identity()}\n`, { mode: 0o600 });
    const withWrongKey = await backup("verify", "--key", wrong);
    expect(withWrongKey.status).to.equal(1);
    expect(withWrongKey.output).to.contain(`The key in ${wrong} does not open`);

    const [part] = made?.parts.filter(({ kind }) => kind === "files") ?? [];
    const file = path.join(directory(), made?.id ?? "", part?.file ?? "");
    const good = fs.readFileSync(file);
    fs.writeFileSync(file, Buffer.concat([good.subarray(0, 300), Buffer.from("!"), good.subarray(301)]));
    const damaged = await backup("verify");
    expect(damaged.status).to.equal(1);
    expect(damaged.output).to.contain(`${file} has changed since it was written (checksum)`);
    expect((await list()).backups[0]?.good).to.equal(false);
    fs.writeFileSync(file, good);
  });

  it("B5 whoever writes in the folder without the key has nothing run, and nothing removed", async () => {
    const made = await onlyGood();
    const hostile = path.join(cluster.place.home, "hostile");
    fs.cpSync(path.dirname(directory()), hostile, { recursive: true });
    const own = path.join(hostile, stack, made?.id ?? "");
    const file = path.join(own, "manifest.signed");
    const since = Math.floor(Date.now() / 1000);
    const evil = fs.readFileSync(file, "utf8").replaceAll(imageNames.mysql, imageNames.mailpit);
    fs.writeFileSync(file, evil);
    fs.mkdirSync(path.join(cluster.place.home, "victim"));
    fs.symlinkSync(path.join(cluster.place.home, "victim"), path.join(hostile, stack, "20200101T000000Z-1"));
    for (const command of [["verify"], ["restore", "--yes"], ["prune", "--keep", "1"]]) {
      const { output } = await backup(...command, "--directory", hostile);
      expect(output, command[0]).to.contain(`${file} has changed since it was signed`);
    }
    // With a signature of somebody's own.
    const attacker = path.join(cluster.place.home, "attacker.txt");
    await makeKey(attacker);
    fs.writeFileSync(file, signed(opened(evil)?.text ?? "", (await readKey(attacker)).signer));
    const forged = await backup("verify", "--directory", hostile);
    expect([forged.status, forged.output.includes("was signed with another key")]).to.deep.equal([1, true]);
    const ran = await cluster.machines.worker1.lines(
      ...["events", "--since", String(since), "--until", String(Math.ceil(Date.now() / 1000))],
      ...["--filter", "event=create", "--filter", `image=${imageNames.mailpit}`],
    );
    expect(ran).to.deep.equal([]);
    expect(fs.existsSync(path.join(cluster.place.home, "victim")) && fs.existsSync(own)).to.equal(true);
  });

  it("S9 is not restored over what is there", async () => {
    const { output, status } = await backup("restore", "--yes");
    expect(status).to.equal(1);
    for (const name of machineNames) {
      expect(output).to.contain(`${name}: its engine is in a swarm`);
    }
    expect(await blog.page(post)).to.contain("Before the fire");
  });

  it("S9 all five machines are erased: the same post is there again, with its picture", async () => {
    const kept = path.join(cluster.place.home, "kept");
    fs.renameSync(path.dirname(directory()), kept);
    const key = path.join(cluster.place.home, "kept.txt");
    fs.renameSync(path.join(cluster.place.home, "backup-keys", `${stack}.txt`), key);
    await cluster.erase();
    for (const name of [
      "deployments.json",
      "passphrase",
      "rendered",
      "state",
      "unlock-keys",
      "backups",
      "backup-keys",
    ]) {
      fs.rmSync(path.join(cluster.place.home, name), { recursive: true, force: true });
    }
    const restored = ["restore", "--yes", "--directory", kept, "--key", key];
    // Killed while the database is loaded: what is half there goes, what is whole stays, and the lock is nobody's.
    const killed = cluster.place.begin("backup/main.ts", [...restored, "--stack", stack]);
    await until("a database to be loaded", 240, () => Promise.resolve(/Restore \S+_mysql-data/.test(killed.output)));
    await killed.kill();
    await timed("empty machines → every service runs", async () => {
      succeeded(await backup(...restored));
    });
    for (const volume of await cluster.machines.worker1.lines("volume", "ls", "--quiet")) {
      const names = await cluster.machines.worker1.docker(
        ...["run", "--rm", "--volume", `${volume}:/volume:ro`, "--entrypoint", "ls", imageNames.mysql, "-A", "/volume"],
      );
      expect(names, volume).to.not.contain(".ghost-platform-restore");
    }
    const again = await backup(...restored);
    expect([again.status, again.output.includes("its engine is in a swarm")]).to.deep.equal([1, true]);
    await blog.answers("/", 120);
    expect(await blog.page(post)).to.contain("Before the fire");
    await blog.answers(image, 10);
    await blog.signIn(owner.email, owner.password);
    expect(await entries()).to.equal("Ada was here");
    expect(Buffer.from(await (await fetch(`${guestbook}/picture`)).arrayBuffer()).equals(onePixel)).to.equal(true);
    const report = succeeded(await cluster.place.command("machines/main.ts", ["status", "--stack", stack]));
    expect(report).to.contain("3 managers, quorum 2").and.to.contain("All is well.");
  });

  it("S9 A1 what was restored is what npm start would make: it changes nothing", async () => {
    const before = await cluster.machines.worker1.current(`ghost-${stack}_ghost-blog`);
    succeeded(await timed("npm start after the restore", () => cluster.place.start()));
    expect(await cluster.machines.worker1.current(`ghost-${stack}_ghost-blog`)).to.deep.equal(before);
    expect(await blog.page(post)).to.contain("Before the fire");
  });
});
