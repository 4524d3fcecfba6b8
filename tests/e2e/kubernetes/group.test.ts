import { expect } from "chai";
import { GhostClient } from "../support/ghost-client";
import { Members, signalServer } from "../support/kubernetes-members";
import { kubernetesPlace } from "../support/kubernetes-place";
import { MySqlGroup } from "../support/mysql-group";
import { podWriter } from "../support/kubernetes-writer";
import { restarts, type Kubectl, type Pod } from "../support/kubectl";
import { succeeded, type Place } from "../support/place";
import { keepStackFile } from "../support/rotation";
import { timed, until } from "../support/until";
import { Writer } from "../support/writer";

/** The drills that differ little from another one, or wait long: `npm run e2e -- kubernetes --long`. */
const [long, describeLong] = process.env["E2E_LONG"] ? [it, describe] : [it.skip, describe.skip];

/**
 * A group on a real node, with Ghost on it: what docs/mysql-group.md promises. A writer inserts numbers through the proxies while members die in every
 * way; afterwards each member must have every number that was acknowledged.
 */
describe("a group of MySQL servers on Kubernetes", () => {
  let place: Place;
  let kubectl: Kubectl;
  let members: Members;
  let writer: Writer;
  let blog: GhostClient;

  const root = (member: number, sql: string) => members.root(member, sql);
  const group = new MySqlGroup(root, () => writer);
  const primary = () => group.primary();
  const whole = (seconds?: number) => group.whole(seconds);
  const underLoad = (what: string, work: () => Promise<void>) => group.underLoad(what, work);
  const restarted = async (member: number, act: (uid: string) => void) => {
    const { metadata, status } = await members.pod(member);
    const before = restarts({ status } as Pod);
    act(metadata.uid);
    await until("the container to be restarted", 120, async () => restarts(await members.pod(member)) > before);
  };

  before(async () => {
    ({ kubectl, place } = await kubernetesPlace(
      "dev",
      {
        kubernetes: { namespace: "group" },
        mailpit: { enabled: false },
        mysql: { topology: "group", storage: { size: "5Gi" } },
      },
      ["haproxy"],
    ));
    members = new Members(kubectl);
    writer = new Writer(podWriter(kubectl, "mysql-db-blog", "mysql-primary"), "ghost_blog");
  });

  keepStackFile("dev");

  after(async () => {
    await place.destroy("--data");
  });

  it("D2 comes up: three members of which one takes writes, with Ghost on it", async () => {
    succeeded(await timed("nothing → Ghost on a group", () => place.start()));
    blog = new GhostClient(await kubectl.serviceUrl("ghost-blog", "http"), "http://localhost:2368");
    await blog.answers("/", 120);
    await whole(10);
    expect(await primary()).to.equal(0);
    for (const member of group.all) {
      expect(await root(member, "SELECT @@super_read_only")).to.equal(member === 0 ? "0" : "1");
    }
    expect(await kubectl.run("get", "configmap", "mysql-installed", "-o", "name")).to.contain("mysql-installed");
  });

  it("D2 is told of by ops mysql status", async () => {
    const status = succeeded(await place.ops("mysql status"));
    expect(status).to.match(/mysql-0 +primary +writable/);
    expect(status).to.match(/mysql-1 +secondary +replicating/);
    expect(status).to.contain("All is well.");
  });

  it("D2 another member takes writes at a person's word, and readers notice nothing", async () => {
    await underLoad("ops mysql switchover", async () => {
      expect(succeeded(await place.ops("mysql switchover", "mysql-2"))).to.contain(
        "mysql-2 takes writes now, and mysql-0 no more",
      );
    });
    expect(await primary()).to.equal(2);
    expect((await place.ops("mysql switchover", "mysql-2")).output).to.contain("mysql-2 is the primary already");
  });

  it("D2 the primary is killed with -9: another one takes writes, and nothing is lost", async () => {
    const before = await primary();
    await underLoad("primary killed -9", () => restarted(before, (uid) => signalServer(uid, "SIGKILL")));
    expect(await primary()).to.not.equal(before);
    expect(await blog.status("/")).to.equal(200);
  });

  long("D2 the primary's pod is deleted: it hands its part over first", async () => {
    const before = await primary();
    await underLoad("primary's pod deleted", async () => {
      const { metadata } = await members.pod(before);
      await members.deletePod(before);
      await members.ready(before, metadata.uid);
    });
    expect(await primary()).to.not.equal(before);
  });

  it("D2 a member's data is lost: it fills itself from another member", async () => {
    const lost = (await primary()) === 2 ? 1 : 2;
    await underLoad("claim deleted", async () => {
      await members.ready(lost, await members.deleteData(lost));
      expect(await members.log(lost, "initialise")).to.match(/clone: copied \d+ MiB/);
    });
  });

  it("D2 every pod is force-deleted at once: who has everything makes the group again", async () => {
    await underLoad("all pods force-deleted", async () => {
      const uids = await Promise.all(group.all.map(async (member) => (await members.pod(member)).metadata.uid));
      const names = group.all.map((member) => `mysql-${member}`);
      await kubectl.run("delete", "pod", ...names, "--grace-period=0", "--force", "--wait=false");
      await Promise.all(group.all.map((member) => members.ready(member, uids[member])));
    });
    expect(await blog.status("/")).to.equal(200);
  });

  long("D2 a member with transactions of its own does not join, and says what to do", async () => {
    const other = (await primary()) === 1 ? 2 : 1;
    await root(other, "STOP GROUP_REPLICATION; SET GLOBAL super_read_only = 0; CREATE DATABASE errant; DO 1");
    const refusal = await until("the refusal", 60, async () => {
      const log = await members.log(other, "mysql");
      return log.includes("REFUSED to join: this member has transactions that the group lacks") && log;
    });
    const [commands = ""] = refusal.split("\n").flatMap((line) => /^group: +(kubectl .*)$/.exec(line)?.[1] ?? []);
    const { metadata } = await members.pod(other);
    for (const command of commands.split(";")) {
      await kubectl.run(...command.trim().split(" ").slice(1));
    }
    await members.ready(other, metadata.uid);
    await whole();
    expect(await root(other, "SHOW DATABASES LIKE 'errant'")).to.equal("");
  });

  long("D2 a rolling update moves the primary before its pod goes", async () => {
    await underLoad("rolling update", async () => {
      await kubectl.run("rollout", "restart", "statefulset/mysql");
      await kubectl.run("rollout", "status", "statefulset/mysql", "--timeout=280s");
    });
  });

  long("D2 S7 its own users get other passwords", async () => {
    await underLoad("secrets rotate --mysql", async () => {
      expect(succeeded(await place.ops("secrets rotate", "--mysql"))).to.contain("have password 2 now, and no other");
    });
  });

  long("D2 the primary hangs for a minute", async () => {
    const before = await primary();
    await underLoad("primary SIGSTOP", () => restarted(before, (uid) => signalServer(uid, "SIGSTOP")));
  });

  long("D2 two members are lost for good: nobody writes until a person says so", async () => {
    const last = await primary();
    const gone = group.all.filter((member) => member !== last);
    // Without a word to the third, which a server that stops in peace has.
    for (const member of gone) {
      signalServer((await members.pod(member)).metadata.uid, "SIGSTOP");
    }
    for (const member of gone) {
      await members.deleteData(member, "--grace-period=0", "--force");
    }
    await until("no primary", 60, async () => (await root(last, "SELECT @@super_read_only")) === "1");
    await until("the way out", 120, async () => /touch .*bootstrap$/m.test(await members.log(last, "mysql")));
    const plan = await place.ops("mysql recover");
    expect(plan.output).to.contain(`mysql-${last} makes the group, and the others join it.`);
    expect(plan.output).to.match(/GIVEN UP, if there is any: what only mysql-\d and mysql-\d had/);
    expect(plan.output).to.contain("Nothing was changed");
    expect(await root(last, "SELECT @@super_read_only")).to.equal("1");
    succeeded(await place.ops("mysql recover", "--yes"));
    await whole();
    await underLoad("after an order", () => Promise.resolve());
  });

  long("D2 scales from 3 to 5 and back", async () => {
    const scaleTo = async (replicas: number) => {
      group.all = Array.from({ length: replicas }, (_, ordinal) => ordinal);
      place.configure({ mysql: { replicas } });
      await underLoad(`scaled to ${replicas}`, async () => void succeeded(await place.start()));
    };
    await scaleTo(5);
    await scaleTo(3);
  });

  // The writer knows the first one alone.
  long("D2 S7 a site gets another password", async () => {
    expect(succeeded(await place.ops("secrets rotate", "blog"))).to.contain("has password 2 now, and no other");
    expect(await blog.status("/")).to.equal(200);
  });

  long("D2 gives its data to no server alone, not even after it was destroyed, and has them again itself", async () => {
    place.configure({ retainData: true });
    succeeded(await place.start());
    succeeded(await place.destroy());
    place.configure({ mysql: { topology: "single" } });
    const { output, status } = await place.start("--timeout", "120");
    expect(status, output).to.not.equal(0);
    expect(await kubectl.run("logs", "mysql-0")).to.contain("REFUSED: these data were in a group");
    place.configure({ mysql: { topology: "group" } });
    // Kubernetes lets no StatefulSet become that of another topology.
    await kubectl.run("delete", "statefulset", "mysql");
    succeeded(await place.start());
    blog = new GhostClient(await kubectl.serviceUrl("ghost-blog", "http"), "http://localhost:2368");
    await blog.answers("/", 60);
    place.configure({ retainData: false });
  });

  it("D2 A5 destroy takes everything along", async () => {
    succeeded(await place.destroy("--data"));
    expect(await kubectl.run("get", "namespace", "group", "--ignore-not-found", "-o", "name")).to.equal("");
  });
});

for (const former of ["single", "replicated"] as const) {
  describeLong(`from a ${former} MySQL to a group on Kubernetes`, () => {
    let place: Place;
    let kubectl: Kubectl;

    before(async () => {
      ({ kubectl, place } = await kubernetesPlace(
        "dev",
        {
          kubernetes: { namespace: `${former}-to-group` },
          mailpit: { enabled: false },
          mysql: { topology: former, storage: { size: "5Gi" } },
        },
        ["haproxy"],
      ));
    });

    after(async () => {
      await place.destroy("--data");
    });

    it("D2 the data are those of the server, and every member has them", async () => {
      succeeded(await place.start());
      const members = new Members(kubectl);
      await members.root(
        0,
        "CREATE TABLE ghost_blog.kept (n INT PRIMARY KEY); INSERT INTO ghost_blog.kept VALUES (42)",
      );
      // As docs/mysql-group.md says.
      await kubectl.run("delete", "statefulset", "mysql");
      place.configure({ mysql: { topology: "group" } });
      succeeded(await timed(`${former} → Ghost on a group`, () => place.start()));
      for (const member of [0, 1, 2]) {
        expect(await members.root(member, "SELECT n FROM ghost_blog.kept")).to.equal("42");
      }
      const blog = new GhostClient(await kubectl.serviceUrl("ghost-blog", "http"), "http://localhost:2368");
      await blog.answers("/", 60);
    });
  });
}
