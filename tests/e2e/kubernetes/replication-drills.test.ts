import * as http from "node:http";
import { expect } from "chai";
import { Members } from "../support/kubernetes-members";
import { kubernetesPlace } from "../support/kubernetes-place";
import { podWriter } from "../support/kubernetes-writer";
import { restarts, type Kubectl, type Pod } from "../support/kubectl";
import { succeeded, type Place } from "../support/place";
import { nothingLost, underLoad as underLoadOf } from "../support/replicated-set";
import { SmallClaim } from "../support/small-volume";
import { timed, until } from "../support/until";
import { Writer } from "../support/writer";

/** Stack `prod` with two sites on a replicated set, through what takes long to try: `npm run e2e -- kubernetes --long`. */
const long = process.env["E2E_LONG"] ? describe : describe.skip;

long("stack prod on replicated MySQL", () => {
  const sites = ["blog", "news"];
  const mysql = { topology: "replicated", memory: "768Mi", storage: { size: "4Gi" }, startOrder: "ordered", maxLag: 5 };
  let place: Place;
  let kubectl: Kubectl;
  let members: Members;
  let writer: Writer;
  let sourceVolume: SmallClaim;
  const smallVolumes: SmallClaim[] = [];

  const root = (member: number, sql: string) => members.root(member, sql);
  const everyMember = () => Promise.all([0, 1, 2].map((member) => members.ready(member)));
  /** Waits until replicas have what the source has. */
  const caughtUp = async (seconds: number, ...replicas: number[]) => {
    const set = await root(0, "SELECT REPLACE(@@global.gtid_executed, '\n', '')");
    for (const member of replicas) {
      await until(
        `mysql-${member} to catch up`,
        seconds,
        async () => (await root(member, `SELECT WAIT_FOR_EXECUTED_GTID_SET('${set}', 20)`)) === "0",
      );
    }
  };
  const restartSource = async () => {
    const { metadata } = await members.pod(0);
    await members.deletePod(0);
    await members.ready(0, metadata.uid);
  };
  /** What a replica's log says of it, from now on. */
  const says = (member: number, what: RegExp) =>
    until(`mysql-${member} to say ${String(what)}`, 120, async () => {
      const line = what.exec(await members.log(member, "mysql", "--since=60s"))?.[0];
      return line;
    });
  const inReads = (member: number, wanted: boolean) =>
    until(
      `mysql-${member} to ${wanted ? "be in" : "leave"} the read Service`,
      120,
      async () => (await members.readAddresses()).includes(`mysql-${member}`) === wanted,
    );
  /** A database of another topology: a StatefulSet cannot change its claim templates, so Kubernetes wants it made anew. */
  const reshape = async (settings: object) => {
    place.configure({ mysql: { ...settings } });
    await kubectl.run("delete", "statefulset", "mysql", "--ignore-not-found");
    succeeded(await place.start());
  };

  const underLoad = (what: string, work: () => Promise<void>, compared?: number[]) =>
    underLoadOf({ root, writer }, what, work, compared);
  const sitesAnswer = (seconds: number) =>
    Promise.all(
      sites.map(async (site) => {
        const url = await kubectl.serviceUrl(`ghost-${site}`, "http");
        await until(
          `site ${site} to answer`,
          seconds,
          async () => (await pageStatus(url, `${site}.example.com`)) === 200,
        );
      }),
    );
  const dated = (member: number) => kubectl.get<DatedPod>("pod", `mysql-${member}`);

  before(async () => {
    const tlsSite = (name: string) => ({
      url: `https://${name}.example.com`,
      storage: { size: "1Gi" },
      ingress: { tlsSecret: `${name}-tls` },
    });
    ({ kubectl, place } = await kubernetesPlace("prod", {
      kubernetes: { namespace: "repl-prod" },
      mysql,
      sites: { blog: tlsSite("blog"), news: tlsSite("news") },
    }));
    members = new Members(kubectl);
    writer = new Writer(podWriter(kubectl, "mysql-db-blog"), "ghost_blog");
    sourceVolume = new SmallClaim(kubectl, "data-mysql-0", 6000);
    smallVolumes.push(sourceVolume);
    await sourceVolume.declare();
  });

  after(async () => {
    await place.destroy("--data");
    for (const volume of smallVolumes) {
      await volume.remove();
    }
  });

  it("M4 M5 comes up one member after the other, with both sites on it; the source is killed while it makes its data", async () => {
    const starting = timed("nothing → two sites on three members, in order", () => place.start());
    const killed = until("the source to make its data", 300, async () =>
      (await members.log(0, "initialise")).includes("making a new data directory"),
    ).then(() => members.deletePod(0, "--grace-period=0", "--force"));
    const [outcome] = await Promise.all([starting, killed]);
    succeeded(outcome);
    expect(await members.log(0, "initialise"))
      .to.contain("removing what an interrupted start left")
      .and.contain("initialise: done");
    await sitesAnswer(120);
    for (const member of [1, 2]) {
      const { status } = await dated(member - 1);
      const { metadata } = await dated(member);
      const serverStarted = status.containerStatuses[0]?.state.running?.startedAt ?? "";
      expect(Date.parse(metadata.creationTimestamp), `mysql-${member}`).to.be.at.least(Date.parse(serverStarted));
    }
  });

  it("M3 M7 the volume of a new replica is full: it says so, touches nothing, and goes on when there is room", async () => {
    const volume = new SmallClaim(kubectl, "data-mysql-3", 1000);
    smallVolumes.push(volume);
    await volume.fill(200);
    await volume.declare();
    await kubectl.run("scale", "statefulset/mysql", "--replicas=4");
    const message = await until(
      "the reason",
      180,
      async () =>
        /clone: FAILED: (no room|the volume is full).*/.exec(await members.log(3, "initialise").catch(() => ""))?.[0],
    );
    console.log(`        | ${message}`);
    expect((await members.readAddresses()).join()).to.equal("mysql-0,mysql-1,mysql-2");
    volume.empty();
    await timed("room again → the new replica is ready", () => members.ready(3));
    await underLoad("with the fourth member", () => Promise.resolve(), [0, 1, 2, 3]);
    await kubectl.run("scale", "statefulset/mysql", "--replicas=3");
    await kubectl.run("wait", "--for=delete", "pod/mysql-3", "--timeout=180s");
  });

  it("M5 G10 the source's volume runs full under load: writes wait, diagnose says so, and they go on when there is room", async () => {
    await underLoad("source's volume full", async () => {
      await sourceVolume.fill();
      const message = await until(
        "the server to say so",
        300,
        async () => /.*(Disk is full|No space left on device|errno: 28).*/.exec(await members.log(0, "mysql"))?.[0],
      );
      console.log(`        | ${message.slice(0, 200)}`);
      const { output } = await place.ops("diagnose");
      console.log(output.replace(/^/gm, "        | "));
      expect(output)
        .to.contain("pod mysql-0")
        .and.to.match(/volume .*is full/);
      expect(Number(await root(1, "SELECT COUNT(*) FROM ghost_blog.numbers"))).to.be.greaterThan(0);
      sourceVolume.empty();
      await timed("room again → acknowledged writes", () => writer.goesOn(300));
      await members.ready(0);
    });
    console.log(`        | restarts of the source: ${restarts(await members.pod(0))}`);
  });

  it("M6 the source refuses the replication password: the replica says so, and is back after a restart of the source", async () => {
    await root(0, "ALTER USER 'replication'@'%' IDENTIFIED BY 'another'");
    await caughtUp(60, 1, 2);
    await root(1, "STOP REPLICA");
    const said = await says(1, /follow: replication ended with error 1045.*\n.*kubectl.*delete pod mysql-0/);
    console.log(said.replace(/^/gm, "        | "));
    await inReads(1, false);
    expect(await members.readAddresses(), "who replicates already goes on").to.include("mysql-2");
    const { output, status } = await place.ops("mysql status");
    expect(output).to.match(/mysql-1 +replica +broken/);
    expect(status).to.equal(3);
    await timed("replication password: the source restarted → every replica is back", async () => {
      await restartSource();
      await Promise.all([1, 2].map((member) => inReads(member, true)));
    });
    await underLoad("after the replication password", () => Promise.resolve());
  });

  it("M6 the source refuses the monitoring password: the replica says so, and is back after a restart of the source", async () => {
    await root(0, "ALTER USER 'monitor'@'%' IDENTIFIED BY 'another'");
    await caughtUp(60, 1, 2);
    await root(1, "STOP REPLICA");
    const said = await says(
      1,
      /follow: the source refuses the monitoring user's password.*kubectl.*delete pod mysql-0/,
    );
    console.log(said.replace(/^/gm, "        | "));
    await inReads(1, false);
    await timed("monitoring password: the source restarted → every replica is back", async () => {
      await restartSource();
      await Promise.all([1, 2].map((member) => inReads(member, true)));
    });
    await underLoad("after the monitoring password", () => Promise.resolve());
  });

  it("M5 semi-synchronous: what it costs, and that with the source's data nothing acknowledged is lost", async () => {
    const milliseconds = async () => {
      const inserts = `for i in $(seq 300); do echo "INSERT INTO ghost_blog.cost (v) VALUES ($i);"; done`;
      const client = "mysql --defaults-file=/run/secrets/mysql/root.cnf";
      const script = `began=$(date +%s%N); (${inserts}) | ${client}; echo $(( ($(date +%s%N) - began) / 300000 ))`;
      const microseconds = await kubectl.run("exec", "mysql-0", "-c", "mysql", "--", "bash", "-c", script);
      return (Number(microseconds) / 1000).toFixed(1);
    };
    const rounds = async () => [await milliseconds(), await milliseconds(), await milliseconds()].join(", ");
    await root(0, "CREATE TABLE ghost_blog.cost (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
    const without = await rounds();
    place.configure({ mysql: { semiSync: true } });
    succeeded(await timed("semiSync turned on: a rolling update", () => place.start()));
    await until("both replicas to acknowledge", 120, async () =>
      (await root(0, "SHOW STATUS LIKE 'Rpl_semi_sync_source_clients'")).endsWith("2"),
    );
    console.log(`      ⏱ milliseconds a write: without ${without}; with semiSync ${await rounds()}`);
    const [, acknowledgedBy] = (await root(0, "SHOW STATUS LIKE 'Rpl_semi_sync_source_yes_tx'")).split("\t");
    expect(Number(acknowledgedBy)).to.be.greaterThan(800);

    await writer.start();
    const uid = await members.deleteData(0, "--grace-period=0", "--force");
    const acknowledged = await writer.stop();
    await members.recoverAsPrinted(await members.sourceRefusal());
    await members.ready(0, uid);
    await kubectl.run("delete", "configmap", "mysql-recovery");
    await everyMember();
    await nothingLost(
      root,
      acknowledged.map(({ number }) => number),
      [0, 1, 2],
    );
    console.log(`      ⏱ source's data lost with semiSync: ${acknowledged.length} acknowledged, 0 lost`);
  });

  it("M2 one server, and a set again: what was written between is on every member", async () => {
    await timed("set → one server", () => reshape({ topology: "single", semiSync: false }));
    await root(0, "CREATE TABLE ghost_blog.alone (id INT PRIMARY KEY); INSERT INTO ghost_blog.alone VALUES (1)");
    await timed("one server → set, on the replicas' old claims", () => reshape(mysql));
    await everyMember();
    for (const member of [1, 2]) {
      await until("the row", 120, async () => (await root(member, "SELECT id FROM ghost_blog.alone")) === "1");
    }
    await underLoad("after two changes of topology", () => Promise.resolve());
  });

  it("M3 M7 1 GiB of data: a new member by CLONE, which no probe disturbs, next to a logical dump", async () => {
    await root(
      0,
      `CREATE TABLE ghost_blog.large (id INT AUTO_INCREMENT PRIMARY KEY, content MEDIUMBLOB NOT NULL);
       INSERT INTO ghost_blog.large (content) VALUES (REPEAT(RANDOM_BYTES(1024), 128))`,
    );
    for (let rows = 1; rows < 8192; rows *= 2) {
      await root(0, "INSERT INTO ghost_blog.large (content) SELECT content FROM ghost_blog.large");
    }
    await caughtUp(600, 1, 2);
    const before = await Promise.all([0, 1].map(async (member) => restarts(await members.pod(member))));
    await timed("1 GiB: a replica's claim deleted → ready", async () => {
      const uid = await members.deleteData(2);
      await members.ready(2, uid, 600);
    });
    console.log(`        | ${/clone: copied \d+ MiB from .*/.exec(await members.log(2, "initialise"))?.[0] ?? ""}`);
    expect(restarts(await members.pod(2)), "restarts of the new member").to.equal(0);
    expect(await Promise.all([0, 1].map(async (member) => restarts(await members.pod(member))))).to.deep.equal(before);
    await timed("1 GiB: killed in the middle of a clone → ready, from the beginning", async () => {
      const uid = await members.deleteData(2);
      const copying = await until("the clone to be on its way", 180, async () => {
        const { metadata } = await members.pod(2);
        const log = metadata.uid === uid ? "" : await members.log(2, "initialise");
        return log.includes("clone: copying from") && !log.includes("clone: copied") ? metadata.uid : undefined;
      });
      await members.deletePod(2, "--grace-period=0", "--force");
      await members.ready(2, copying, 600);
    });
    expect(await members.log(2, "initialise"), "no part of the first one is kept").to.match(/clone: copied \d+ MiB/);
    const dump = `mysqldump --defaults-file=/run/secrets/mysql/root.cnf --single-transaction --databases ghost_blog >/var/lib/mysql/dump.tmp
      du -m /var/lib/mysql/dump.tmp; rm /var/lib/mysql/dump.tmp`;
    const size = await timed("1 GiB: mysqldump --single-transaction to the replica's disk", () =>
      kubectl.run("exec", "mysql-2", "-c", "mysql", "--", "bash", "-c", dump),
    );
    console.log(`        | the dump has ${size.split("\t")[0] ?? ""} MiB`);
    await timed("1 GiB: the source's pod deleted → ready", restartSource);
    await underLoad("with 1 GiB", () => Promise.resolve());
  });

  it("G6 M5 both sites are back by themselves", async () => {
    await sitesAnswer(120);
    for (const site of sites) {
      const pod = await until("Ghost's pod", 30, () => kubectl.pod(`ghost-${site}`));
      expect(restarts(pod), `restarts of ${site}`).to.equal(0);
    }
  });

  it("A1 M5 destroy keeps the mark of the set beside its data", async () => {
    succeeded(await place.destroy());
    expect(await kubectl.run("get", "configmap", "mysql-installed", "-o", "name")).to.contain("mysql-installed");
    const { items } = await kubectl.get<{ items: Pod[] }>("persistentvolumeclaims");
    expect(items.map(({ metadata }) => metadata.name)).to.include.members(["data-mysql-0", "data-mysql-1"]);
  });
});

interface DatedPod {
  metadata: { creationTimestamp: string };
  status: { containerStatuses: { state: { running?: { startedAt: string } } }[] };
}

/** Status of a site's home page as the Ingress in front of it would ask. */
function pageStatus(url: string, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { host, "x-forwarded-proto": "https", connection: "close" };
    http
      .get(url, { headers, timeout: 15_000 }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
      .on("error", reject);
  });
}
