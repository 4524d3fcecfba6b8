import { expect } from "chai";
import { loadIntoDocker } from "../../../sandbox/images";
import { swarmImages } from "../support/stack-images";
import { temporaryDirectory } from "../../support/temporary-directory";
import { GhostClient } from "../support/ghost-client";
import { joinedEngines, leaveSwarm, type JoinedEngine } from "../support/joined-engines";
import { Place, succeeded } from "../support/place";
import { nothingLost, underLoad as underLoadOf } from "../support/replicated-set";
import { SwarmMembers } from "../support/swarm-members";
import { serviceWriter } from "../support/swarm-writer";
import { timed, until } from "../support/until";
import { Writer } from "../support/writer";

/** Three machines of their own: `npm run e2e -- swarm --long`. */
const long = process.env["E2E_LONG"] ? describe : describe.skip;

/** A replicated set on a swarm of three machines: the source stays with its volume, replicas go where a node is left. */
long("replicated MySQL on several nodes of a swarm", () => {
  const stack = "ghost-swarm";
  let machines: JoinedEngine[] = [];
  let manager: JoinedEngine;
  let place: Place;
  let members: SwarmMembers;
  let writer: Writer;
  let blog: GhostClient;

  const underLoad = (what: string, work: () => Promise<void>) =>
    underLoadOf({ root: members.root, writer }, what, work);
  const availability = (node: string, wanted: "active" | "drain") =>
    manager.engine.docker("node", "update", "--availability", wanted, node);
  /** The node on which a member runs. */
  const nodeOf = async (member: number) => {
    const { engine } = await members.running(member);
    return machines.find((machine) => machine.engine === engine)?.node;
  };

  before(async () => {
    const joined = await joinedEngines([7, 8, 9]);
    [manager] = joined;
    machines = joined;
    await loadIntoDocker(manager.host, ["mysql", "ghost"]);
    for (const { host } of machines.slice(1)) {
      await loadIntoDocker(host, ["mysql"]);
    }
    const [, ...others] = joined.map(({ engine }) => engine);
    members = new SwarmMembers([manager.engine, ...others], stack);
    place = new Place("swarm", temporaryDirectory(), {});
    place.configure({
      images: { ...swarmImages },
      swarm: { host: manager.host, singleNode: false, placement: [`node.hostname==${manager.node}`] },
      mailpit: { enabled: false },
      mysql: { topology: "replicated", memory: "768Mi", replicaPlacement: ["node.role==worker"] },
    });
    writer = new Writer(serviceWriter(manager.engine, stack, `${stack}_mysql-db-blog`), "ghost_blog");
    blog = new GhostClient(`http://${manager.address}:2368`, "http://localhost:2368");
  });

  after(async () => {
    await manager.engine.docker("service", "rm", `${stack}_writer`).catch(() => undefined);
    const said = succeeded(await place.destroy("--data"));
    for (const machine of machines) {
      await leaveSwarm(machine);
    }
    expect(said).to.contain("Volumes on other nodes stay there. On each: docker volume ls --filter label=");
  });

  it("S5 M2 comes up: the source on its node, a replica on each of the others", async () => {
    succeeded(await timed("nothing → Ghost on three members on three nodes", () => place.start()));
    await blog.answers("/", 60);
    expect(await nodeOf(0)).to.equal(manager.node);
    expect([await nodeOf(1), await nodeOf(2)].sort()).to.deep.equal(["node8", "node9"]);
    await members.read(2);
    const { output } = await place.ops("mysql status");
    expect(output)
      .to.match(/mysql-0 +source +writable/)
      .and.to.match(/mysql-1 +replica +replicating/)
      .and.to.match(/mysql-2 +replica +replicating/);
    await underLoad("three nodes", () => Promise.resolve());
  });

  it("S5 M3 the node of a replica is drained: the replica fills itself on another", async () => {
    const moving = (await nodeOf(1)) === "node8" ? 1 : 2;
    await underLoad("node of a replica drained", async () => {
      const former = await members.running(moving);
      await availability("node8", "drain");
      await members.ready(moving, former);
      expect(await nodeOf(moving)).to.equal("node9");
      expect(await members.log(moving)).to.match(/clone: copied \d+ MiB/);
    });
    await members.read(2);
  });

  it("S5 M3 it comes back to what it has left there, and catches up; the other one fills itself", async () => {
    await underLoad("back to the first node", async () => {
      const former = [await members.running(1), await members.running(2)];
      await availability("node8", "active");
      await availability("node9", "drain");
      await Promise.all([1, 2].map((member) => members.ready(member, former[member - 1])));
    });
    const logs = await Promise.all([1, 2].map((member) => members.log(member)));
    const cloned = logs.filter((log) => /clone: copied \d+ MiB/.test(log));
    const found = logs.filter((log) => log.includes("the data directory is complete"));
    expect([cloned.length, found.length]).to.deep.equal([1, 1]);
    await availability("node9", "active");
    await members.read(2);
  });

  it("S5 M5 the source's node is drained: writes wait for it, and no other source is made elsewhere", async () => {
    await writer.start();
    await writer.goesOn();
    const acknowledged = await writer.stop();
    const former = await members.running(0);
    await availability(manager.node, "drain");
    await until("the source to end", 120, async () => !(await members.container(0)));
    expect(Number(await members.root(1, "SELECT COUNT(*) FROM ghost_blog.numbers"))).to.be.greaterThan(0);
    for (const { engine } of machines.slice(1)) {
      const volumes = await engine.lines("volume", "ls", "--quiet", "--filter", `name=${members.source}-data`);
      expect(volumes).to.deep.equal([]);
    }
    await availability(manager.node, "active");
    await timed("the source's node is back → writes", () => members.ready(0, former));
    await nothingLost(
      members.root,
      acknowledged.map(({ number }) => number),
      [0, 1, 2],
    );
    await blog.answers("/", 240);
  });
});
