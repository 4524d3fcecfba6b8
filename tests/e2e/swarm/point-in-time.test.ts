import * as path from "node:path";
import { expect } from "chai";
import { stopEngines } from "../../../sandbox/engine";
import { loadIntoDocker, monitoringImages } from "../../../sandbox/images";
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
import { succeeded, type Place } from "../support/place";
import { Prometheus } from "../support/prometheus";
import { RemoteStorage } from "../support/remote-storage";
import { engineNumber, nothing, startedEngine, swarmPlace, type Engine } from "../support/swarm-place";
import { serviceWriter } from "../support/swarm-writer";
import { timed, until } from "../support/until";
import { Writer, type Acknowledged } from "../support/writer";

/** Two starts of a stack for each kind of database, and minutes in which something is archived: `npm run e2e -- swarm --long`. */
const long = process.env["E2E_LONG"] ? describe : describe.skip;

long("B4 to a point in time, on Swarm", () => {
  const stack = "ghost-swarm";
  const images = ["busybox", "mysql", "ghost", "rclone", "haproxy", ...monitoringImages] as const;
  let storage: RemoteStorage;
  let place: Place;
  let engine: Engine;
  let archive: ArchivedStack;
  let writer: Writer;
  let acknowledged: Acknowledged[];
  /** Just before the table is dropped, in milliseconds. */
  let moment: number;

  const sqlIn = async (service: string, text: string) =>
    engine.docker(
      ...["exec", (await engine.current(`${stack}_${service}`)).id],
      ...["mysql", "--defaults-file=/run/secrets/mysql/root.cnf", "--skip-column-names", "--batch", "--execute", text],
    );
  const sql = (text: string) => sqlIn("mysql", text);
  const full = async (...place: string[]) => succeeded(await timed("create", () => archive.backup("create", ...place)));
  const inspected = async (service: string, format: string) =>
    engine.docker("service", "inspect", "--format", format, `${stack}_${service}`);

  async function started(mysql: object, host: string): Promise<void> {
    ({ engine, place } = await swarmPlace("swarm", images));
    // The network of the engines, which this machine is on.
    storage = await RemoteStorage.start("s3", path.join(temporaryDirectory(), "s3"), "10.99.0.254");
    archive = new ArchivedStack(place, storage);
    place.configure({ mailpit: { enabled: false }, mysql, monitoring: { dashboards: false, interval: "5s" } });
    await archive.configure();
    succeeded(await timed("npm start", () => place.start()));
    writer = new Writer(serviceWriter(engine, stack, `${stack}_mysql-db-blog`, host), "ghost_blog");
  }
  async function gone(): Promise<void> {
    await place.destroy("--data");
    await storage.stop();
  }
  /** The machine is erased: its containers, volumes, images and the swarm. */
  async function lost(): Promise<void> {
    await timed("engine erased", async () => {
      await stopEngines({ data: true, only: [engineNumber] });
      const { host } = await startedEngine();
      await loadIntoDocker(host, images);
    });
    expect(await engine.holdings(stack)).to.deep.equal(nothing);
  }

  describe("with one database server", () => {
    const copies = path.join(temporaryDirectory(), "copies");
    before(() => started({}, "mysql"));
    after(gone);

    it("everything that is acknowledged is archived, by who may follow the log and do nothing else", async () => {
      expect(await sql("SHOW GRANTS FOR 'archive'@'%'")).to.equal("GRANT REPLICATION SLAVE ON *.* TO `archive`@`%`");
      await writer.start();
      await full();
      const [last] = (await writer.acknowledged()).slice(-1);
      await archive.archived(last?.at ?? 0);
      expect(succeeded(await archive.backup("list"))).to.contain("To every moment (restore --until):");
      expect(archive.segments()).to.not.deep.equal([]);
    });

    it("tells the monitoring until when all is in the store", () => isTold(Prometheus.onSwarm(engine, stack)));

    it("who follows the log has no way out and no login to the store, and who sends no login to the database", async () => {
      const { id } = await engine.current(`${stack}_backup-archive`);
      const route = await engine.docker("exec", id, "sh", "-c", "cat /proc/net/route");
      expect(
        route
          .split("\n")
          .slice(1)
          .filter((line) => line.split("\t")[1] === "00000000"),
      ).to.deep.equal([]);
      const secrets = "{{range .Spec.TaskTemplate.ContainerSpec.Secrets}}{{.File.Name}} {{end}}";
      expect((await inspected("backup-archive", secrets)).trim().split(" ")).to.have.members([
        "/run/secrets/backup/signing-key",
        "/run/secrets/mysql/archive-password",
      ]);
      expect((await inspected("backup-archive-send", secrets)).trim()).to.equal("/run/secrets/rclone/rclone.conf");
    });

    it("each of the two ends by itself when it is told to, and the next goes on", async () => {
      for (const name of ["backup-archive", "backup-archive-send"]) {
        const former = await engine.current(`${stack}_${name}`);
        await engine.docker("stop", "--time", "20", former.id);
        // 137 is that of a program that had to be killed.
        const code = await engine.docker("inspect", "--format", "{{.State.ExitCode}}", former.id);
        expect(["0", "143"], name).to.include(code);
        await engine.successor(`${stack}_${name}`, former, 60);
      }
      const [last] = (await writer.acknowledged()).slice(-1);
      await archive.archived(last?.at ?? 0);
    });

    it("a table that was dropped, and a row that was changed, are archived as they were before", async () => {
      await full("--directory", copies);
      moment = await changedAndDropped(sql);
      await writer.goesOn();
      const [last] = (await writer.acknowledged()).slice(-1);
      await archive.archived(last?.at ?? 0);
      acknowledged = await writer.stop();
    });

    it("a store that is away is told, and what waited for it is sent when it is back, also by an archive that was killed", async () => {
      succeeded(await place.ops("status"));
      await storage.stop();
      await sql("INSERT INTO ghost_blog.numbers (n) VALUES (-1)");
      const since = Date.now();
      await timed("told that nothing is sent", () =>
        until("status to tell it", 420, async () => {
          const { output, status } = await place.ops("status");
          return status === 3 && /service backup-archive-send: 0 of 1 tasks run/.test(output);
        }),
      );
      const former = await engine.current(`${stack}_backup-archive`);
      await engine.docker("kill", former.id);
      await engine.successor(`${stack}_backup-archive`, former, 60);
      await sql("INSERT INTO ghost_blog.numbers (n) VALUES (-2)");
      expect(await engine.log(`${stack}_backup-archive-send`)).to.contain("NOT SENT: offsite:backups/swarm/binlog");
      await storage.resume();
      await archive.archived(since);
      await until("all to be well", 180, async () => (await place.ops("status")).status === 0);
    });

    it("a hole is refused, with what is lacking and the last point that can be reached", () => archive.refusesHole());

    it("the engine is lost: all that was acknowledged before the moment is there, and nothing after it", async () => {
      await lost();
      saysWhatIsLost(await archive.restored(momentText(moment)));
      await isAsOf(sql, moment, acknowledged);
    });

    it("the archive goes on in the restored stack, from its next full backup on", async () => {
      await full();
      await writer.start();
      const [last] = (await writer.acknowledged()).slice(-1);
      await archive.archived(last?.at ?? 0);
      expect((await archive.reached()).length).to.be.greaterThan(1);
      await writer.stop();
    });

    it("a full backup in a folder begins a chain, too, with the archive of the stack file's target", async () => {
      succeeded(await place.destroy("--data"));
      const restored = ["restore", "--directory", copies, "--until", momentText(moment), "--yes"];
      saysWhatIsLost(succeeded(await timed("restore", () => archive.backup(...restored))));
      succeeded(await timed("npm start on what was restored", () => place.start()));
      await isAsOf(sql, moment, acknowledged);
    });

    it("ends with the stack", async () => {
      succeeded(await place.destroy("--data"));
      expect(await engine.holdings(stack)).to.deep.equal(nothing);
    });
  });

  for (const { host, topology } of [
    { topology: "group", host: "mysql-primary" },
    { topology: "replicated", host: "mysql-source" },
  ]) {
    describe(`with a ${topology} database`, () => {
      before(() => started({ topology, replicas: topology === "group" ? 3 : 2 }, host));
      after(gone);

      it("goes on when the member that takes writes is ended, and all comes back that was archived", async () => {
        await writer.start();
        await full();
        const role =
          "SELECT MEMBER_HOST FROM performance_schema.replication_group_members WHERE MEMBER_ROLE = 'PRIMARY'";
        const primary = topology === "group" ? await sql(role) : "mysql-0";
        const service = primary === "mysql-0" ? "mysql" : primary;
        await engine.docker("kill", (await engine.current(`${stack}_${service}`)).id);
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
