import { expect } from "chai";
import { GhostClient } from "../support/ghost-client";
import { MySqlGroup } from "../support/mysql-group";
import { succeeded, type Place } from "../support/place";
import { keepStackFile } from "../support/rotation";
import { GroupMembers } from "../support/swarm-members";
import { swarmPlace, type Engine } from "../support/swarm-place";
import { serviceWriter } from "../support/swarm-writer";
import { timed, until } from "../support/until";
import { Writer } from "../support/writer";

/** The drills that differ little from another one, or wait long: `npm run e2e -- swarm --long`. */
const [long, describeLong] = process.env["E2E_LONG"] ? [it, describe] : [it.skip, describe.skip];

const stack = "ghost-swarm";
const images = ["busybox", "mysql", "ghost", "haproxy"] as const;

/**
 * A group on a real engine, with Ghost on it: what docs/mysql-group.md promises of Swarm. A writer inserts numbers through the proxies while members die in
 * every way; afterwards each member must have every number that was acknowledged.
 */
describe("a group of MySQL servers on Docker Swarm", () => {
  let place: Place;
  let engine: Engine;
  let members: GroupMembers;
  let writer: Writer;
  let blog: GhostClient;

  const root = (member: number, sql: string) => members.root(member, sql);
  const group = new MySqlGroup(root, () => writer);
  const allContainers = () => Promise.all(group.all.map((member) => members.running(member)));

  before(async () => {
    let address: string;
    ({ address, engine, place } = await swarmPlace("swarm", images));
    members = new GroupMembers([engine], stack);
    place.configure({ mailpit: { enabled: false }, mysql: { topology: "group" } });
    writer = new Writer(serviceWriter(engine, stack, `${stack}_mysql-db-blog`, "mysql-primary"), "ghost_blog");
    blog = new GhostClient(`http://${address}:2368`, "http://localhost:2368");
  });

  keepStackFile("swarm");

  after(async () => {
    await engine.docker("service", "rm", `${stack}_writer`).catch(() => undefined);
    succeeded(await place.destroy("--data"));
    expect((await engine.holdings(stack))["volumes"]).to.deep.equal([]);
  });

  it("S5 D2 comes up: three members of which one takes writes, with Ghost on it", async () => {
    succeeded(await timed("nothing → Ghost on a group", () => place.start()));
    await blog.answers("/", 120);
    await group.whole(60);
    expect(await group.primary()).to.equal(0);
    for (const member of group.all) {
      expect(await root(member, "SELECT @@super_read_only")).to.equal(member === 0 ? "0" : "1");
    }
    const label = '{{index .Spec.Labels "ghost-platform.installed"}}';
    expect(await engine.docker("service", "inspect", "--format", label, members.service(0))).to.equal("yes");
    const status = succeeded(await place.ops("mysql status"));
    expect(status)
      .to.match(/mysql-0 +primary +writable/)
      .and.to.match(/mysql-1 +secondary +replicating/);
    expect(status).to.contain("All is well.");
  });

  it("S5 D2 the primary is killed with -9: another one takes writes, and nothing is lost", async () => {
    const before = await group.primary();
    await group.underLoad("primary killed -9", async () => {
      const former = await members.running(before);
      process.kill(await members.serverProcess(former), "SIGKILL");
      await members.succeeded(before, former);
    });
    expect(await group.primary()).to.not.equal(before);
    expect(await blog.status("/")).to.equal(200);
  });

  it("S5 D2 another member takes writes at a person's word, and readers notice nothing", async () => {
    const before = await group.primary();
    const after = (before + 1) % 3;
    await group.underLoad("ops mysql switchover", async () => {
      expect(succeeded(await place.ops("mysql switchover", `mysql-${after}`))).to.contain(
        `mysql-${after} takes writes now, and mysql-${before} no more`,
      );
    });
    expect(await group.primary()).to.equal(after);
    expect((await place.ops("mysql switchover", `mysql-${after}`)).output).to.contain("is the primary already");
  });

  it("S5 D2 another topology is refused, and nothing is touched", async () => {
    const before = await allContainers();
    place.configure({ mysql: { topology: "single" } });
    const { output, status } = await place.start();
    place.configure({ mysql: { topology: "group" } });
    expect(status).to.not.equal(0);
    expect(output).to.contain("mysql.topology: is single, and the database of stack swarm is a group");
    expect((await allContainers()).map(({ id }) => id)).to.deep.equal(before.map(({ id }) => id));
  });

  long("S5 D2 the primary's container is removed by force", async () => {
    const before = await group.primary();
    await group.underLoad("primary's container removed by force", async () => {
      const former = await members.running(before);
      await engine.docker("rm", "--force", former.id);
      await members.succeeded(before, former);
    });
  });

  long("S5 D2 the primary is told to stop: it hands its part over first", async () => {
    const before = await group.primary();
    await group.underLoad("primary's container stopped", async () => {
      const former = await members.running(before);
      await engine.docker("stop", former.id);
      await members.succeeded(before, former);
    });
    expect(await group.primary()).to.not.equal(before);
  });

  long("S5 D2 the primary hangs", async () => {
    const before = await group.primary();
    await group.underLoad("primary SIGSTOP", async () => {
      const former = await members.running(before);
      process.kill(await members.serverProcess(former), "SIGSTOP");
      await members.succeeded(before, former);
    });
  });

  long("S5 D2 a member's data is lost: it fills itself from another member", async () => {
    const lost = (await group.primary()) === 2 ? 1 : 2;
    await group.underLoad("volume removed", async () => {
      await members.removeData(lost);
      await members.ready(lost);
      await until("the copy", 240, async () => /clone: copied \d+ MiB/.test(await members.log(lost)));
    });
  });

  long("S5 D2 every member is killed at once: who has everything makes the group again", async () => {
    await group.underLoad("all containers removed by force", async () => {
      const former = await allContainers();
      await engine.docker("rm", "--force", ...former.map(({ id }) => id));
      await Promise.all(former.map((one, member) => members.succeeded(member, one)));
    });
    expect(await blog.status("/")).to.equal(200);
  });

  long(
    "S5 D2 another option is a rolling update: one member after the other, the primary hands over first",
    async () => {
      let fewest = group.all.length;
      let watching = true;
      const watch = async () => {
        while (watching) {
          const views = await Promise.all(group.all.map((member) => group.seenBy(member)));
          fewest = Math.min(
            fewest,
            Math.max(...views.map((seen) => seen.filter(({ state }) => state === "ONLINE").length)),
          );
          await new Promise((resolve) => setTimeout(resolve, 500));
        }
      };
      const watched = watch();
      await group.underLoad("rolling update by npm start", async () => {
        place.configure({ mysql: { options: { long_query_time: 5 } } });
        succeeded(await place.start());
      });
      watching = false;
      await watched;
      for (const member of group.all) {
        expect(await root(member, "SELECT @@long_query_time")).to.equal("5.000000");
      }
      expect(fewest, "fewest members in the group").to.equal(2);
    },
  );

  long("S5 D2 a member with transactions of its own does not join, and says what to do", async () => {
    const other = (await group.primary()) === 1 ? 2 : 1;
    await root(other, "STOP GROUP_REPLICATION; SET GLOBAL super_read_only = 0; CREATE DATABASE errant; DO 1");
    const refusal = await until("the refusal", 60, async () => {
      const log = await members.log(other);
      return log.includes("REFUSED to join: this member has transactions that the group lacks") && log;
    });
    const [commands = ""] = refusal.split("\n").flatMap((line) => /^group: +(docker .*)$/.exec(line)?.[1] ?? []);
    const former = await members.running(other);
    for (const command of commands.split(";")) {
      const [words = ""] = command.trim().split("   (");
      await members.asPrinted(former.engine, words);
    }
    await members.succeeded(other, former);
    await group.whole();
    expect(await root(other, "SHOW DATABASES LIKE 'errant'")).to.equal("");
  });

  long("S5 D2 S7 its own users get other passwords", async () => {
    await group.underLoad("secrets rotate --mysql", async () => {
      expect(succeeded(await place.ops("secrets rotate", "--mysql"))).to.contain("have password 2 now, and no other");
    });
  });

  long("S5 D2 two members are lost for good: nobody writes until a person says so", async () => {
    const last = await group.primary();
    const gone = group.all.filter((member) => member !== last);
    // Without a word to the third, which a server that stops in peace has.
    for (const member of gone) {
      process.kill(await members.serverProcess(await members.running(member)), "SIGSTOP");
    }
    const placed = (change: "add" | "rm", member: number) =>
      engine.docker(
        ...["service", "update", "--detach", `--constraint-${change}`, "node.hostname==nowhere"],
        members.service(member),
      );
    for (const member of gone) {
      const { id } = await members.running(member);
      await placed("add", member);
      await engine.docker("rm", "--force", id);
    }
    await until("no primary", 90, async () => (await root(last, "SELECT @@super_read_only")) === "1");
    await until("the way out", 120, async () => /touch .*bootstrap/.test(await members.log(last)));
    const plan = await place.ops("mysql recover");
    expect(plan.output).to.contain(`mysql-${last} makes the group, and the others join it.`);
    expect(plan.output).to.match(/GIVEN UP, if there is any: what only mysql-\d and mysql-\d had/);
    expect(await root(last, "SELECT @@super_read_only")).to.equal("1");
    succeeded(await place.ops("mysql recover", "--yes"));
    await until("writes", 120, async () => (await root(last, "SELECT @@super_read_only")) === "0");
    for (const member of gone) {
      await placed("rm", member);
    }
    await group.whole();
    await group.underLoad("after an order", () => Promise.resolve());
  });

  long("S5 D2 scales from 3 to 5 and back", async () => {
    const scaleTo = async (replicas: number) => {
      place.configure({ mysql: { replicas } });
      group.all = Array.from({ length: replicas }, (_, ordinal) => ordinal);
      await group.underLoad(`scaled to ${replicas}`, async () => void succeeded(await place.start()));
    };
    await scaleTo(5);
    await scaleTo(3);
  });

  // The writer knows the first one alone.
  long("S5 D2 S7 a site gets another password", async () => {
    expect(succeeded(await place.ops("secrets rotate", "blog"))).to.contain("has password 2 now, and no other");
    expect(await blog.status("/")).to.equal(200);
  });
});

for (const former of ["single", "replicated"] as const) {
  describeLong(`from a ${former} MySQL to a group on Docker Swarm`, () => {
    let place: Place;
    let engine: Engine;
    let blog: GhostClient;

    before(async () => {
      let address: string;
      ({ address, engine, place } = await swarmPlace("swarm", images));
      place.configure({ mailpit: { enabled: false }, mysql: { topology: former } });
      blog = new GhostClient(`http://${address}:2368`, "http://localhost:2368");
    });

    after(async () => {
      succeeded(await place.destroy("--data"));
    });

    it("S5 D2 the data are those of the server, and every member has them", async () => {
      succeeded(await place.start());
      const members = new GroupMembers([engine], stack);
      const group = new MySqlGroup(members.root, () => {
        throw new Error("nobody writes");
      });
      await members.root(
        0,
        "CREATE TABLE ghost_blog.kept (n INT PRIMARY KEY); INSERT INTO ghost_blog.kept VALUES (42)",
      );
      place.configure({ mysql: { topology: "group" } });
      succeeded(await timed(`${former} → Ghost on a group`, () => place.start()));
      await group.whole();
      for (const member of group.all) {
        expect(await members.root(member, "SELECT n FROM ghost_blog.kept")).to.equal("42");
      }
      await blog.answers("/", 60);
    });
  });
}
