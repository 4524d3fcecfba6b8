import { expect } from "chai";
import { imageNames } from "../../../sandbox/images";
import { GhostClient } from "../support/ghost-client";
import { kubernetesPlace } from "../support/kubernetes-place";
import { Members, signalServer } from "../support/kubernetes-members";
import { podWriter } from "../support/kubernetes-writer";
import { restarts, type Kubectl, type Pod } from "../support/kubectl";
import { succeeded, type Place } from "../support/place";
import { nothingLost, underLoad as underLoadOf } from "../support/replicated-set";
import { keepStackFile } from "../support/rotation";
import { letEnd, show, strangers, writing } from "../support/strangers";
import { timed, until } from "../support/until";
import { Writer } from "../support/writer";

/** The drills that differ little from another one, or wait long: `npm run e2e -- kubernetes --long`. */
const long = process.env["E2E_LONG"] ? it : it.skip;

/**
 * A replicated set on a real node, with Ghost on it: what docs/mysql-replication.md promises. A writer inserts numbers while members die in
 * every way; afterwards each member must have every number that was acknowledged.
 */
describe("replicated MySQL on Kubernetes", () => {
  let place: Place;
  let kubectl: Kubectl;
  let members: Members;
  let writer: Writer;
  let blog: GhostClient;

  const settings = {
    kubernetes: { namespace: "repl" },
    mailpit: { enabled: false },
    mysql: { topology: "replicated", memory: "768Mi", storage: { size: "5Gi" }, maxLag: 5 },
  };
  const root = (member: number, sql: string) => members.root(member, sql);
  const log = (member: number, container: string) => members.log(member, container);
  const pod = (member: number) => members.pod(member);
  const ready = (member: number, otherThan?: string) => members.ready(member, otherThan);
  const readAddresses = () => members.readAddresses();
  const deletePod = (member: number, ...options: string[]) => members.deletePod(member, ...options);
  const underLoad = (what: string, work: () => Promise<void>, compared?: number[]) =>
    underLoadOf({ root, writer }, what, work, compared);

  keepStackFile("dev");

  before(async () => {
    ({ kubectl, place } = await kubernetesPlace("dev", settings));
    members = new Members(kubectl);
    writer = new Writer(podWriter(kubectl, "mysql-db-blog"), "ghost_blog");
  });

  after(async () => {
    await place.destroy("--data");
  });

  it("M2 comes up: a source and two replicas, with Ghost on it", async () => {
    succeeded(await timed("nothing → Ghost on three members", () => place.start()));
    blog = new GhostClient(await kubectl.serviceUrl("ghost-blog", "http"), "http://localhost:2368");
    await until("the site to answer", 120, async () => (await blog.status("/")) === 200);
    expect(await readAddresses()).to.deep.equal(["mysql-0", "mysql-1", "mysql-2"]);
    expect(await kubectl.run("get", "configmap", "mysql-installed", "-o", "name")).to.contain("mysql-installed");
  });

  it("M2 writes go to the source alone, and are read on every member", async () => {
    await root(0, "CREATE TABLE ghost_blog.hello (id INT PRIMARY KEY); INSERT INTO ghost_blog.hello VALUES (7)");
    for (const member of [0, 1, 2]) {
      await until("the row", 60, async () => (await root(member, "SELECT id FROM ghost_blog.hello")) === "7");
      expect(await root(member, "SELECT @@server_id, @@super_read_only")).to.equal(
        `${100 + member}\t${member ? 1 : 0}`,
      );
    }
    const refused = await root(1, "INSERT INTO ghost_blog.hello VALUES (8)").catch(String);
    expect(refused).to.contain("super-read-only");
  });

  it("M6 TLS between members, no password of replication in the server or in a log", async () => {
    const status = await root(1, "SHOW REPLICA STATUS");
    expect(status).to.contain("mysql-0.mysql.repl.svc.cluster.local");
    const kept = "SELECT LENGTH(User_password), Enabled_ssl FROM mysql.slave_master_info";
    expect(await root(1, kept)).to.equal("0\t1");
    const { data } = await kubectl.get<{ data: Record<string, string> }>("secret", "mysql-server");
    const password = (key: string) => Buffer.from(data[key] ?? "", "base64").toString();
    for (const member of [0, 1, 2]) {
      const logs = (await log(member, "initialise")) + (await log(member, "mysql"));
      for (const key of ["replication-password", "clone-password"]) {
        expect(logs.includes(password(key)), `${key} in the log of mysql-${member}`).to.equal(false);
      }
    }
  });

  it("M6 each user may do what it is for and nothing else, over TLS alone", async () => {
    const rights: Record<string, { may: string[]; mayNot: string[] }> = {
      ghost_blog: {
        may: ["SELECT COUNT(*) FROM ghost_blog.posts", "CREATE TABLE ghost_blog.x (i INT); DROP TABLE ghost_blog.x"],
        mayNot: ["SELECT * FROM mysql.user", "SHOW REPLICAS", "CREATE DATABASE another", "SET GLOBAL read_only = 1"],
      },
      replication: {
        may: ["SHOW REPLICAS"],
        mayNot: ["SELECT COUNT(*) FROM ghost_blog.posts", "SHOW REPLICA STATUS", "STOP REPLICA", "CREATE DATABASE x"],
      },
      clone: {
        may: ["LOCK INSTANCE FOR BACKUP"],
        mayNot: ["SELECT COUNT(*) FROM ghost_blog.posts", "SHOW REPLICAS", "SHUTDOWN", "CREATE DATABASE x"],
      },
      monitor: {
        may: ["SHOW REPLICA STATUS", "SELECT COUNT(*) FROM performance_schema.replication_connection_status"],
        mayNot: ["SELECT COUNT(*) FROM ghost_blog.posts", "SHOW REPLICAS", "SHUTDOWN", "SELECT * FROM mysql.user"],
      },
      backup: {
        may: ["SELECT COUNT(*) FROM ghost_blog.posts", "LOCK INSTANCE FOR BACKUP", "FLUSH TABLES"],
        mayNot: ["DELETE FROM ghost_blog.posts", "DROP TABLE ghost_blog.posts", "SHUTDOWN", "CREATE USER x"],
      },
    };
    for (const [user, { may, mayNot }] of Object.entries(rights)) {
      for (const sql of may) {
        expect(await members.as(user, sql), `${user}: ${sql}`).to.not.contain("ERROR");
      }
      for (const sql of mayNot) {
        expect(await members.as(user, sql), `${user}: ${sql}`).to.match(/ERROR \d+ .*(denied|privilege)/);
      }
      expect(await members.as(user, "DO 1", "DISABLED"), `${user} without TLS`).to.contain("ERROR");
    }
  });

  it("D4 who shows another certificate in the source's place is told nothing, by replicas and by sites, which say so", async () => {
    const source = "mysql-0.mysql.repl.svc.cluster.local";
    const found = await strangers(place, [source, "mysql-source.repl.svc.cluster.local", "mysql-source", "mysql-0"]);
    const onSource = (program: string) => kubectl.run("exec", "mysql-0", "-c", "mysql", "--", "bash", "-c", program);
    const replicating = async (member: number) =>
      (await root(member, "SELECT SERVICE_STATE FROM performance_schema.replication_connection_status")) === "ON";
    await onSource(writing(found.anotherAuthority, "/tmp/another-authority"));
    await onSource(writing(found.anotherName, "/tmp/another-name"));

    await root(0, show("/tmp/another-authority"));
    const refused = async (member: number, words: string) => {
      await root(member, "STOP REPLICA");
      await until(`the replica's refusal of ${words}`, 60, async () => {
        const text = await kubectl.run("logs", `mysql-${member}`, "-c", "mysql");
        return text.includes(`REFUSED: what answers as ${source} shows a certificate that is not the source's`);
      });
      // As the site does at its start.
      const { metadata } = await until("a pod of the site", 60, () => kubectl.pod("ghost-blog"));
      const start = ["env", "WAIT_SECONDS=1", "node", "/scripts/migrate.js"];
      const said = await kubectl.run("exec", metadata.name, "-c", "ghost", "--", ...start).catch(String);
      expect(said).to.contain(`REFUSED, for it shows ${words}`);
    };
    await refused(1, "a certificate of an authority that this site does not believe");

    await root(0, show("/tmp/another-name"));
    await refused(2, "a certificate of another name");
    expect([await replicating(1), await replicating(2)]).to.deep.equal([false, false]);

    await root(0, show());
    await until("both to replicate again", 60, async () => (await replicating(1)) && (await replicating(2)));
    await until("the site to answer again", 180, async () => (await blog.status("/")) === 200);
  });

  it("D4 a certificate that is renewed is shown by every member, without a restart", async function () {
    if (!letEnd(place)) {
      this.skip();
    }
    const shown = () =>
      Promise.all([0, 1, 2].map((member) => root(member, "SHOW STATUS LIKE 'Ssl_server_not_before'")));
    const uids = async () => Promise.all([0, 1, 2].map(async (member) => (await pod(member)).metadata.uid));
    const [before, pods] = [await shown(), await uids()];
    await underLoad("certificate renewed", async () => {
      succeeded(await place.start());
      // The node looks for new files each minute, and whenever something about a pod changes.
      await kubectl.run("annotate", "pod", "mysql-0", "mysql-1", "mysql-2", "--overwrite", "test/renewed=yes");
      await until("the new certificate", 180, async () =>
        (await shown()).every((text, member) => text !== before[member]),
      );
    });
    expect(await uids()).to.deep.equal(pods);
  });

  it("M2 a replica's pod is deleted", async () => {
    await underLoad("replica's pod deleted", async () => {
      const { metadata } = await pod(1);
      await deletePod(1);
      await ready(1, metadata.uid);
    });
  });

  it("M3 a replica's claim is deleted: it fills itself from another member", async () => {
    await underLoad("replica's claim deleted", async () => {
      const { metadata } = await pod(2);
      await kubectl.run("delete", "pvc", "data-mysql-2", "--wait=false");
      await deletePod(2);
      await ready(2, metadata.uid);
      expect(await log(2, "initialise")).to.match(/clone: copied \d+ MiB/);
    });
  });

  it("M5 the source is killed with -9", async () => {
    await underLoad("source killed -9", async () => {
      const { metadata, status } = await pod(0);
      const before = restarts({ status } as Pod);
      signalServer(metadata.uid, "SIGKILL");
      await until("the container to be restarted", 120, async () => restarts(await pod(0)) > before);
      await ready(0);
    });

    it("M7 E4 the source hangs: it is killed, and writes go on", async () => {
      await underLoad("source hangs", async () => {
        const { metadata, status } = await pod(0);
        const before = restarts({ status } as Pod);
        await timed("source hangs → writes go on", async () => {
          signalServer(metadata.uid, "SIGSTOP");
          await until("the container to be restarted", 120, async () => restarts(await pod(0)) > before);
          await writer.goesOn(120);
        });
        await ready(0);
      });
    });
  });

  long("M5 the source's pod is force-deleted", async () => {
    await underLoad("source's pod force-deleted", async () => {
      const { metadata } = await pod(0);
      await deletePod(0, "--grace-period=0", "--force");
      await ready(0, metadata.uid);
    });
  });

  long("M5 the source's pod is deleted", async () => {
    await underLoad("source's pod deleted", async () => {
      const { metadata } = await pod(0);
      await deletePod(0);
      await ready(0, metadata.uid);
    });
  });

  long("M5 every pod is force-deleted at once", async () => {
    await underLoad("all pods force-deleted", async () => {
      const uids = await Promise.all([0, 1, 2].map(async (member) => (await pod(member)).metadata.uid));
      await kubectl.run(
        "delete",
        "pod",
        "mysql-0",
        "mysql-1",
        "mysql-2",
        "--grace-period=0",
        "--force",
        "--wait=false",
      );
      await Promise.all([0, 1, 2].map((member) => ready(member, uids[member])));
    });
  });

  long("M4 scales from 3 to 5 and back", async () => {
    await underLoad(
      "scaled 3 → 5",
      async () => {
        await kubectl.run("scale", "statefulset/mysql", "--replicas=5");
        await Promise.all([3, 4].map((member) => until("the pod", 60, () => pod(member)).then(() => ready(member))));
      },
      [0, 1, 2, 3, 4],
    );
    await underLoad("scaled 5 → 3", async () => {
      await kubectl.run("scale", "statefulset/mysql", "--replicas=3");
      await until("the pods to go", 180, async () => (await readAddresses()).length === 3);
    });
  });

  it("M5 a rolling update: replicas first, the source last", async () => {
    await underLoad("rolling update", async () => {
      await kubectl.run("rollout", "restart", "statefulset/mysql");
      await kubectl.run("rollout", "status", "statefulset/mysql", "--timeout=280s");
    });
    const started = await Promise.all(
      [0, 1, 2].map(
        async (member) => (await pod(member)).status.initContainerStatuses?.[0]?.state.terminated?.startedAt ?? "",
      ),
    );
    expect([...started].sort()).to.deep.equal([started[2], started[1], started[0]]);
  });

  long("M5 M6 S7 its own users get other passwords", async () => {
    await underLoad("secrets rotate --mysql", async () => {
      expect(succeeded(await place.ops("secrets rotate", "--mysql"))).to.contain("have password 2 now, and no other");
    });
  });

  it("M7 a replica that is late leaves the read Service, and comes back", async () => {
    await writer.start();
    const held = root(1, "FLUSH TABLES ghost_blog.numbers WITH READ LOCK; SELECT SLEEP(600)").catch(String);
    await until("the late replica to leave", 180, async () => !(await readAddresses()).includes("mysql-1"));
    expect(await readAddresses()).to.deep.equal(["mysql-0", "mysql-2"]);
    const locking = "SELECT ID FROM performance_schema.processlist WHERE INFO LIKE 'SELECT SLEEP(600)%'";
    await root(1, `KILL ${await root(1, locking)}`);
    await held;
    await timed("late replica → back in the read Service", () =>
      until("the replica to be back", 180, async () => (await readAddresses()).includes("mysql-1")),
    );
    expect(restarts(await pod(1)), "restarts").to.equal(0);
    await writer.stop();
  });

  long("M5 M7 a replica with transactions of its own does not join, and says what to do", async () => {
    await root(
      1,
      "SET GLOBAL super_read_only = 0; CREATE TABLE ghost_blog.errant (id INT PRIMARY KEY); SET GLOBAL super_read_only = 1",
    );
    await until("the refusal", 120, async () =>
      (await log(1, "mysql")).includes("REFUSED to join: this member has transactions that the source lacks"),
    );
    await until("it to leave the read Service", 120, async () => !(await readAddresses()).includes("mysql-1"));
    const { metadata } = await pod(1);
    const commands = (await log(1, "mysql"))
      .split("\n")
      .flatMap((line) => /^follow: +kubectl (.*)$/.exec(line)?.[1] ?? []);
    for (const command of commands.slice(0, 2)) {
      await kubectl.run(...command.split(" "));
    }
    await timed("the printed commands → ready", () => ready(1, metadata.uid));
    expect(await root(1, "SHOW TABLES IN ghost_blog LIKE 'errant'")).to.equal("");
  });

  it("M5 the source's data is lost: it refuses to start empty, reads go on, the printed commands bring writes back", async () => {
    await writer.start();
    await writer.goesOn();
    const { metadata } = await pod(0);
    await kubectl.run("delete", "pvc", "data-mysql-0", "--wait=false");
    await deletePod(0, "--grace-period=0", "--force");
    const acknowledged = await writer.stop();
    const refusal = await members.sourceRefusal();
    console.log(refusal.replace(/^/gm, "        | "));
    expect((await pod(0)).metadata.uid).to.not.equal(metadata.uid);
    await until(
      "the other members alone to serve reads",
      120,
      async () => (await readAddresses()).join() === "mysql-1,mysql-2",
    );
    expect(Number(await root(1, "SELECT COUNT(*) FROM ghost_blog.numbers"))).to.be.greaterThan(0);

    await timed("the printed commands → writes", async () => {
      await members.recoverAsPrinted(refusal);
      await until("the source", 60, () => pod(0));
      await ready(0, (await pod(0)).metadata.deletionTimestamp ? (await pod(0)).metadata.uid : "");
    });
    const said = await log(0, "initialise");
    expect(said).to.match(/its last transaction was committed on the old source at/);
    console.log(
      said
        .split("\n")
        .filter((line) => /recover|lost/.test(line))
        .join("\n")
        .replace(/^/gm, "        | "),
    );
    await kubectl.run("delete", "configmap", "mysql-recovery");
    const kept = new Set((await root(0, "SELECT n FROM ghost_blog.numbers")).split("\n").map(Number));
    const lost = acknowledged.filter(({ number }) => !kept.has(number));
    console.log(
      `      ⏱ source's data lost under load: ${acknowledged.length} acknowledged, ${lost.length} never replicated`,
    );
    await Promise.all([1, 2].map((member) => ready(member)));
    await underLoad("after the recovery", () => Promise.resolve());
  });

  long(
    "M5 the source's data is lost while one replica has received what no member has applied: that one is named",
    async () => {
      const follow = (signal: string) =>
        kubectl.run(
          ...["exec", "mysql-2", "-c", "mysql", "--", "bash", "-c"],
          `for process in /proc/[0-9]*; do if grep -qs 'follo[w].sh' "$process/cmdline"; then kill -${signal} "\${process##*/}"; fi; done`,
        );
      const locking = "SELECT ID FROM performance_schema.processlist WHERE INFO LIKE 'SELECT SLEEP(600)%'";
      await writer.start();
      const held = root(1, "FLUSH TABLES ghost_blog.numbers WITH READ LOCK; SELECT SLEEP(600)").catch(String);
      await until("the lock", 60, async () => (await root(1, locking)) !== "");
      await follow("STOP");
      await root(2, "STOP REPLICA");
      await writer.goesOn();
      const acknowledged = await writer.stop();
      const written = await root(0, "SELECT REPLACE(@@global.gtid_executed, '\n', '')");
      const received = "(SELECT RECEIVED_TRANSACTION_SET FROM performance_schema.replication_connection_status)";
      await until("mysql-1 to receive it", 60, async () => {
        const missing = `SELECT GTID_SUBTRACT(GTID_SUBTRACT('${written}', @@global.gtid_executed), ${received})`;
        return (await root(1, missing)) === "";
      });
      expect(await root(1, `SELECT GTID_SUBSET('${written}', @@global.gtid_executed)`)).to.equal("0");
      const uid = await members.deleteData(0, "--grace-period=0", "--force");
      const refusal = await members.sourceRefusal();
      expect(refusal).to.contain("from member 1, which has all that any of these has");
      await members.recoverAsPrinted(refusal);
      await until("the source to wait for member 1", 120, async () =>
        (await log(0, "initialise")).includes("member 1 has still to apply"),
      );
      await root(1, `KILL ${await root(1, locking)}`);
      await held;
      await ready(0, uid);
      await kubectl.run("delete", "configmap", "mysql-recovery");
      // A source that was cloned has no binary logs from before.
      await follow("CONT");
      await until("mysql-2's new clone", 180, async () => (await log(2, "mysql")).includes("clone: copied"));
      await Promise.all([1, 2].map((member) => ready(member)));
      await nothingLost(
        root,
        acknowledged.map(({ number }) => number),
        [0, 1, 2],
      );
      console.log(`      ⏱ received and not applied: ${acknowledged.length} acknowledged, 0 lost`);
    },
  );

  long("M3 a replica that was away for longer than the source keeps its binary logs gets a new clone", async () => {
    await underLoad("away too long", async () => {
      await kubectl.run("scale", "statefulset/mysql", "--replicas=2");
      await kubectl.run("wait", "--for=delete", "pod/mysql-2", "--timeout=180s");
      await writer.goesOn();
      const written = await root(0, "SELECT REPLACE(@@global.gtid_executed, '\n', '')");
      await until("the binary logs to be purged", 60, async () => {
        await root(0, "FLUSH BINARY LOGS; PURGE BINARY LOGS BEFORE NOW() + INTERVAL 1 SECOND");
        return (await root(0, `SELECT GTID_SUBSET('${written}', @@global.gtid_purged)`)) === "1";
      });
      await kubectl.run("scale", "statefulset/mysql", "--replicas=3");
      await until("the pod", 60, () => pod(2));
      await until("the new clone", 180, async () => (await log(2, "mysql")).includes("clone: copied"));
      await ready(2);
    });
  });

  long("M3 M6 a clone that is refused says why, and a restart of the source mends it", async () => {
    await root(0, "ALTER USER 'clone'@'%' IDENTIFIED BY 'another'");
    const { metadata } = await pod(2);
    await kubectl.run("delete", "pvc", "data-mysql-2", "--wait=false");
    await deletePod(2);
    await until("the reason", 120, async () =>
      (await log(2, "initialise")).includes("refuses the clone user's password"),
    );
    const source = await pod(0);
    await deletePod(0);
    await ready(0, source.metadata.uid);
    const stuck = await pod(2);
    expect(stuck.metadata.uid).to.not.equal(metadata.uid);
    await deletePod(2);
    await ready(2, stuck.metadata.uid);
  });

  long("M3 a volume with another server's files is left as it is", async () => {
    const claim = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "data-mysql-3", namespace: kubectl.namespace },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    };
    const busybox = (script: string) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "visitor", namespace: kubectl.namespace },
      spec: {
        restartPolicy: "Never",
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 999,
          fsGroup: 999,
          seccompProfile: { type: "RuntimeDefault" },
        },
        containers: [
          {
            name: "visitor",
            image: imageNames.busybox,
            command: ["sh", "-c", script],
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
            volumeMounts: [{ name: "data", mountPath: "/data" }],
          },
        ],
        volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data-mysql-3" } }],
      },
    });
    const visit = async (script: string) => {
      await kubectl.apply(busybox(script));
      await kubectl.run("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/visitor", "--timeout=120s");
      const output = await kubectl.run("logs", "visitor");
      await kubectl.run("delete", "pod", "visitor");
      return output;
    };
    await kubectl.run("delete", "pvc", "data-mysql-3", "--ignore-not-found");
    await kubectl.apply(claim);
    await visit("echo theirs >/data/ibdata1");
    await kubectl.run("scale", "statefulset/mysql", "--replicas=4");
    await until("the refusal", 120, async () =>
      (await log(3, "initialise")).includes("holds files that this program did not make: ibdata1"),
    );
    await kubectl.run("scale", "statefulset/mysql", "--replicas=3");
    await kubectl.run("wait", "--for=delete", "pod/mysql-3", "--timeout=180s");
    expect(await visit("cat /data/ibdata1; ls /data")).to.equal("theirs\nibdata1");
  });

  long("M5 everything is down and the source's volume lost: it refuses although nobody answers", async () => {
    await kubectl.run("scale", "statefulset/mysql", "--replicas=0");
    await until("every pod to go", 180, async () => {
      const { items } = await kubectl.get<{ items: Pod[] }>("pods", "-l", "app.kubernetes.io/instance=mysql");
      return items.length === 0;
    });
    await kubectl.run("delete", "pvc", "data-mysql-0");
    await kubectl.run("scale", "statefulset/mysql", "--replicas=1");
    await until("the refusal", 120, async () => (await log(0, "initialise")).includes("no other member answers"));
    await kubectl.run("scale", "statefulset/mysql", "--replicas=3");
    await Promise.all([1, 2].map((member) => until("the pod", 60, () => pod(member)).then(() => ready(member))));
    const { metadata } = await pod(0);
    await kubectl.run("create", "configmap", "mysql-recovery", "--from-literal=recoverFrom=1");
    await deletePod(0);
    await timed("total outage, source's volume lost: recovered", () => ready(0, metadata.uid));
    await kubectl.run("delete", "configmap", "mysql-recovery");
    await underLoad("after the total outage", () => Promise.resolve());
  });

  it("G6 M5 Ghost came through all of it by itself", async () => {
    await until("the site to answer", 120, async () => (await blog.status("/")) === 200);
    const ghost = await until("Ghost's pod", 30, () => kubectl.pod("ghost-blog"));
    expect(restarts(ghost)).to.equal(0);
  });
});
