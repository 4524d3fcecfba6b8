import * as path from "node:path";
import { expect } from "chai";
import { startNode } from "../../../sandbox/kubernetes";
import { temporaryDirectory } from "../../support/temporary-directory";
import {
  ArchivedStack,
  changedAndDropped,
  hasAllUntil,
  isAsOf,
  isTold,
  momentText,
  saysWhatIsLost,
} from "../support/archived-stack";
import type { Kubectl } from "../support/kubectl";
import { kubernetesPlace } from "../support/kubernetes-place";
import { podWriter } from "../support/kubernetes-writer";
import { succeeded, type Place } from "../support/place";
import { Prometheus } from "../support/prometheus";
import { RemoteStorage } from "../support/remote-storage";
import { timed, until } from "../support/until";
import { Writer, type Acknowledged } from "../support/writer";

/** Two starts of a stack for each kind of database, and minutes in which something is archived: `npm run e2e -- kubernetes --long`. */
const long = process.env["E2E_LONG"] ? describe : describe.skip;

long("B4 to a point in time", () => {
  let storage: RemoteStorage;
  let place: Place;
  let archive: ArchivedStack;
  let kubectl: Kubectl;
  let writer: Writer;
  let acknowledged: Acknowledged[];
  /** Just before the table is dropped, in milliseconds. */
  let moment: number;

  const sql = (text: string) =>
    kubectl.run(
      ...["exec", "mysql-0", "--container", "mysql", "--"],
      ...["mysql", "--defaults-file=/run/secrets/mysql/root.cnf", "--skip-column-names", "--batch", "--execute", text],
    );
  const full = async (name: string) => {
    await kubectl.run("create", "job", "--from=cronjob/backup", name);
    await kubectl.run("wait", `job/${name}`, "--for=condition=complete", "--timeout=280s");
  };

  async function started(mysql: object): Promise<void> {
    await startNode();
    // The pods' own network, which this machine is on.
    storage = await RemoteStorage.start("s3", path.join(temporaryDirectory(), "s3"), "10.244.0.1");
    const settings = {
      kubernetes: { namespace: "pit" },
      mailpit: { enabled: false },
      mysql,
      monitoring: { dashboards: false, interval: "5s" },
    };
    ({ kubectl, place } = await kubernetesPlace("dev", settings, ["rclone", "haproxy"]));
    archive = new ArchivedStack(place, storage);
    await archive.configure({ schedule: "30 3 * * *" });
    succeeded(await timed("npm start", () => place.start()));
  }
  async function gone(): Promise<void> {
    await kubectl.run("delete", "namespace", kubectl.namespace, "--ignore-not-found", "--timeout=120s");
    await storage.stop();
  }
  async function lost(): Promise<void> {
    await timed("namespace deleted", () => kubectl.run("delete", "namespace", kubectl.namespace, "--timeout=120s"));
  }

  describe("with one database server", () => {
    before(async () => {
      await started({});
      writer = new Writer(podWriter(kubectl, "mysql-db-blog", "mysql"), "ghost_blog");
    });
    after(gone);

    it("everything that is acknowledged is archived, by who may follow the log and do nothing else", async () => {
      expect(await sql("SHOW GRANTS FOR 'archive'@'%'")).to.equal("GRANT REPLICATION SLAVE ON *.* TO `archive`@`%`");
      await writer.start();
      await full("first");
      const [last] = (await writer.acknowledged()).slice(-1);
      await archive.archived(last?.at ?? 0);
      expect(succeeded(await archive.backup("list"))).to.contain("To every moment (restore --until):");
      expect(archive.segments()).to.not.deep.equal([]);
    });

    it("tells the monitoring until when all is in the store", () => isTold(Prometheus.onKubernetes(kubectl)));

    it("a table that was dropped, and a row that was changed, are archived as they were before", async () => {
      moment = await changedAndDropped(sql);
      await writer.goesOn();
      const [last] = (await writer.acknowledged()).slice(-1);
      await archive.archived(last?.at ?? 0);
      acknowledged = await writer.stop();
    });

    it("a store that is away is told, and what waited for it is sent when it is back", async () => {
      succeeded(await place.ops("status"));
      await storage.stop();
      await sql("INSERT INTO ghost_blog.numbers (n) VALUES (-1)");
      const since = Date.now();
      await timed("told that nothing is sent", () =>
        until("status to tell it", 420, async () => {
          const { output, status } = await place.ops("status");
          return status === 3 && /backup-archive/.test(output);
        }),
      );
      await storage.resume();
      await archive.archived(since);
      await until("all to be well", 120, async () => (await place.ops("status")).status === 0);
    });

    it("a hole is refused, with what is lacking and the last point that can be reached", () => archive.refusesHole());

    it("the namespace is lost: all that was acknowledged before the moment is there, and nothing after it", async () => {
      await lost();
      saysWhatIsLost(await archive.restored(momentText(moment)));
      await isAsOf(sql, moment, acknowledged);
    });

    it("the archive goes on in the restored stack, from its next full backup on", async () => {
      await full("second");
      await writer.start();
      const [last] = (await writer.acknowledged()).slice(-1);
      await archive.archived(last?.at ?? 0);
      expect((await archive.reached()).length).to.be.greaterThan(1);
      await writer.stop();
    });

    it("ends with the stack", async () => {
      succeeded(await place.destroy());
      expect(await kubectl.run("get", "deployments,pods,secrets", "-o", "name")).to.not.contain("archive");
    });
  });

  for (const { service, topology } of [
    { topology: "group", service: "mysql-primary" },
    { topology: "replicated", service: "mysql-source" },
  ]) {
    describe(`with a ${topology} database`, () => {
      before(async () => {
        await started({ topology, replicas: topology === "group" ? 3 : 2 });
        writer = new Writer(podWriter(kubectl, "mysql-db-blog", service), "ghost_blog");
      });
      after(gone);

      it("goes on when the member that takes writes is ended, and all comes back that was archived", async () => {
        await writer.start();
        await full("first");
        const role =
          "SELECT MEMBER_HOST FROM performance_schema.replication_group_members WHERE MEMBER_ROLE = 'PRIMARY'";
        const [writes = ""] = topology === "group" ? (await sql(role)).split(".") : ["mysql-0"];
        await kubectl.run("delete", "pod", writes, "--wait=false", "--grace-period=1");
        await writer.goesOn();
        const [last] = (await writer.acknowledged()).slice(-1);
        await archive.archived(last?.at ?? 0);
        acknowledged = await writer.stop();
        await lost();
        expect(await archive.restored("latest")).to.contain("the archive has no later one");
        await hasAllUntil(sql, last?.at ?? 0, acknowledged);
      });
    });
  }
});
