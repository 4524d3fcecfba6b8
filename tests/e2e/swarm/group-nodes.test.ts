import { expect } from "chai";
import { startEngine, stopEngines } from "../../../sandbox/engine";
import { loadIntoDocker } from "../../../sandbox/images";
import { temporaryDirectory } from "../../support/temporary-directory";
import { GhostClient } from "../support/ghost-client";
import { joinedEngines, leaveSwarm, type JoinedEngine } from "../support/joined-engines";
import { MySqlGroup } from "../support/mysql-group";
import { Place, succeeded } from "../support/place";
import { powerCut } from "../support/power-cut";
import { swarmImages } from "../support/stack-images";
import { GroupMembers } from "../support/swarm-members";
import { serviceWriter } from "../support/swarm-writer";
import { timed, until } from "../support/until";
import { Writer } from "../support/writer";

/** Three machines of their own: `npm run e2e -- swarm --long`. */
const long = process.env["E2E_LONG"] ? describe : describe.skip;
/** `E2E_ENGINES` names others, three with commas between them. */
const numbers = (process.env["E2E_ENGINES"] ?? "7,8,9").split(",").map(Number);

/** A group on a swarm of three machines: each member stays with its volume. */
long("a group of MySQL servers on several nodes of a swarm", () => {
  const stack = "ghost-swarm";
  let machines: JoinedEngine[] = [];
  let manager: JoinedEngine;
  let place: Place;
  let members: GroupMembers;
  let writer: Writer;
  let blog: GhostClient;
  const group = new MySqlGroup(
    (member, sql) => members.root(member, sql),
    () => writer,
  );

  before(async () => {
    const joined = await joinedEngines(numbers);
    [manager] = joined;
    machines = joined;
    for (const { host } of machines) {
      await loadIntoDocker(host, host === manager.host ? ["mysql", "ghost", "haproxy"] : ["mysql", "haproxy"]);
    }
    const [, ...others] = joined.map(({ engine }) => engine);
    members = new GroupMembers([manager.engine, ...others], stack);
    place = new Place("swarm", temporaryDirectory(), {});
    const memberPlacement = machines.map(({ node }) => `node.hostname==${node}`);
    place.configure({
      images: { ...swarmImages },
      swarm: { host: manager.host, singleNode: false, placement: [`node.hostname==${manager.node}`] },
      mailpit: { enabled: false },
      mysql: { topology: "group", memberPlacement },
    });
    const writes = serviceWriter(manager.engine, stack, `${stack}_mysql-db-blog`, "mysql-primary");
    writer = new Writer(writes, "ghost_blog");
    blog = new GhostClient(`http://${manager.address}:2368`, "http://localhost:2368");
  });

  after(async () => {
    for (const number of numbers) {
      await startEngine(number);
    }
    await manager.engine.docker("service", "rm", `${stack}_writer`).catch(() => undefined);
    succeeded(await place.destroy("--data"));
    for (const machine of machines) {
      await leaveSwarm(machine);
    }
  });

  it("S5 D2 comes up: a member on each node", async () => {
    succeeded(await timed("nothing → Ghost on a group on three nodes", () => place.start()));
    await blog.answers("/", 60);
    await group.whole();
    for (const [member, { engine }] of machines.entries()) {
      expect((await members.running(member)).engine).to.equal(engine);
    }
  });

  it("S5 D2 members on machines that the stack does not name are asked by the others", async () => {
    const status = succeeded(await place.ops("mysql status"));
    expect(status).to.match(/mysql-1 +(primary +writable|secondary +replicating)/);
    expect(status).to.contain("All is well.");
  });

  const losses = {
    "is stopped": (number: number) => stopEngines({ data: false, only: [number] }),
    "loses its power": powerCut,
  };
  for (const [what, lose] of Object.entries(losses)) {
    it(`S5 D2 the node of the primary ${what}: another takes writes; back, its member takes what it lacks`, async () => {
      // The writer, and what leads it to the primary, run on the first node.
      if ((await group.primary()) === 0) {
        succeeded(await place.ops("mysql switchover", "mysql-1"));
      }
      const lost = await group.primary();
      const number = numbers[lost] ?? 0;
      await group.underLoad(`node of the primary ${what}, and comes back`, async () => {
        await lose(number);
        const others = group.all.filter((member) => member !== lost);
        await until("another primary", 120, async () => {
          const seen = await Promise.all(others.map((member) => group.seenBy(member)));
          return seen.every((all) => all.some(({ name, role }) => role === "PRIMARY" && name !== `mysql-${lost}`));
        });
        await writer.goesOn(60);
        await startEngine(number);
      });
    });
  }
});
