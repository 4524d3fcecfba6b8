import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import type { Reachable } from "../../../backup/binlog/words";
import { startNode } from "../../../sandbox/kubernetes";
import { temporaryDirectory } from "../../support/temporary-directory";
import type { Kubectl } from "../support/kubectl";
import { kubernetesPlace } from "../support/kubernetes-place";
import { podWriter } from "../support/kubernetes-writer";
import { succeeded, type Place } from "../support/place";
import { RemoteStorage } from "../support/remote-storage";
import { timed, until } from "../support/until";
import { Writer, type Acknowledged } from "../support/writer";

/** Two starts of a stack for each kind of database, and minutes in which something is archived: `npm run e2e -- kubernetes --long`. */
const long = process.env["E2E_LONG"] ? describe : describe.skip;

long("B4 to a point in time", () => {
  let storage: RemoteStorage;
  let place: Place;
  let kubectl: Kubectl;
  let writer: Writer;
  let acknowledged: Acknowledged[];
  /** Just before the table is dropped, in milliseconds. */
  let moment: number;

  const backup = (...args: string[]) => place.command("backup/main.ts", [...args, "--stack", "dev"]);
  const sql = (text: string) =>
    kubectl.run(
      ...["exec", "mysql-0", "--container", "mysql", "--"],
      ...["mysql", "--defaults-file=/run/secrets/mysql/root.cnf", "--skip-column-names", "--batch", "--execute", text],
    );
  const text = (at: number) => new Date(at).toISOString().replace("T", " ").replace("Z", "");
  const reached = async () => {
    const { output } = await backup("list", "--json");
    const { pointInTime } = JSON.parse(output.slice(output.indexOf("{"))) as { pointInTime?: Reachable };
    return pointInTime?.windows ?? [];
  };
  /** Waits until the archive knows what was at a moment. */
  const archived = (at: number) =>
    timed(`archived until ${text(at)}`, () =>
      until("the archive to get there", 180, async () => ((await reached()).at(-1)?.until ?? 0) > at * 1000),
    );
  const full = async (name: string) => {
    await kubectl.run("create", "job", "--from=cronjob/backup", name);
    await kubectl.run("wait", `job/${name}`, "--for=condition=complete", "--timeout=280s");
  };
  const segments = () => storage.files().filter((file) => /\/binlog\/.*\.age$/.test(file));

  async function started(mysql: object): Promise<void> {
    await startNode();
    // The pods' own network, which this machine is on.
    storage = await RemoteStorage.start("s3", path.join(temporaryDirectory(), "s3"), "10.244.0.1");
    const settings = { kubernetes: { namespace: "pit" }, mailpit: { enabled: false }, mysql };
    ({ kubectl, place } = await kubernetesPlace("dev", settings, ["rclone", "haproxy"]));
    place.add(storage.variables);
    const said = succeeded(await backup("key"));
    const [, recipient] = /recipient: (age1\S+)/.exec(said) ?? [];
    const [, signingKeyFile] = /signingKeyFile: (\S+)/.exec(said) ?? [];
    const own = { recipient, signingKeyFile, rcloneFile: storage.configuration, pointInTime: true };
    place.configure({ backup: { target: "offsite:backups", schedule: "30 3 * * *", ...own } });
    succeeded(await timed("npm start", () => place.start()));
  }
  async function gone(): Promise<void> {
    await kubectl.run("delete", "namespace", kubectl.namespace, "--ignore-not-found", "--timeout=120s");
    await storage.stop();
  }
  async function lost(): Promise<void> {
    await timed("namespace deleted", () => kubectl.run("delete", "namespace", kubectl.namespace, "--timeout=120s"));
  }
  async function restored(to: string): Promise<string> {
    const said = succeeded(await timed("restore", () => backup("restore", "--until", to, "--yes")));
    succeeded(await timed("npm start on what was restored", () => place.start()));
    return said;
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
      await archived(last?.at ?? 0);
      expect(succeeded(await backup("list"))).to.contain("To every moment (restore --until):");
      expect(segments()).to.not.deep.equal([]);
    });

    it("a table that was dropped, and a row that was changed, are archived as they were before", async () => {
      await sql(
        "CREATE TABLE ghost_blog.kept (n INT PRIMARY KEY, text VARCHAR(20)); INSERT INTO ghost_blog.kept VALUES (1, 'before')",
      );
      moment = Number(await sql("DO SLEEP(1); SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED); DO SLEEP(1)"));
      await sql("UPDATE ghost_blog.kept SET text = 'after'; DROP TABLE ghost_blog.kept");
      await writer.goesOn();
      const [last] = (await writer.acknowledged()).slice(-1);
      await archived(last?.at ?? 0);
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
      await archived(since);
      await until("all to be well", 120, async () => (await place.ops("status")).status === 0);
    });

    it("a hole is refused, with what is lacking and the last point that can be reached", async () => {
      const [gone = "", ...others] = segments().map((file) =>
        path.join(storage.bucket, file.replace(/binlog\.gz\.age$/, "signed")),
      );
      expect(others.length, "further segments").to.be.greaterThan(0);
      // The last but one: what comes after it can still not be reached.
      const hole = others.at(-2) ?? gone;
      const kept = fs.readFileSync(hole);
      fs.rmSync(hole);
      try {
        const { output, status } = await backup("restore", "--until", "latest", "--yes");
        expect(status, output).to.equal(1);
        expect(output).to.match(/the archive has a hole: after backup \S+ it lacks [0-9a-f-]+:\d+/);
        expect(output).to.match(/--until "\d{4}-|restore \S+, without --until/);
      } finally {
        fs.writeFileSync(hole, kept);
      }
      expect((await backup("restore", "--until", "2020-01-01 00:00", "--yes")).output).to.contain("cannot be reached");
    });

    it("the namespace is lost: all that was acknowledged before the moment is there, and nothing after it", async () => {
      await lost();
      const said = await restored(text(moment));
      expect(said).to.match(/the last is [0-9a-f-]+:\d+, committed /);
      expect(said).to.match(/the next, which is left out, is [0-9a-f-]+:\d+, committed /);
      expect(said).to.match(/lost are \d+ transactions that are archived/);
      expect(await sql("SELECT text FROM ghost_blog.kept")).to.equal("before");
      const rows = (await sql("SELECT n, CAST(UNIX_TIMESTAMP(at) * 1000 AS UNSIGNED) FROM ghost_blog.numbers")).split(
        "\n",
      );
      const found = new Map(rows.map((row) => row.split("\t").map(Number) as [number, number]));
      // A client hears of a commit after it; one of those around the moment may be on either side.
      const before = acknowledged.filter(({ at }) => at < moment);
      expect(before.filter(({ number }) => !found.has(number))).to.deep.equal([]);
      expect([...found.values()].filter((at) => at > moment)).to.deep.equal([]);
      expect([before.length > 0, before.length < acknowledged.length]).to.deep.equal([true, true]);
    });

    it("the archive goes on in the restored stack, from its next full backup on", async () => {
      await full("second");
      await writer.start();
      const [last] = (await writer.acknowledged()).slice(-1);
      await archived(last?.at ?? 0);
      expect((await reached()).length).to.be.greaterThan(1);
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
        await archived(last?.at ?? 0);
        acknowledged = await writer.stop();
        await lost();
        const said = await restored("latest");
        expect(said).to.contain("the archive has no later one");
        const rows = new Set((await sql("SELECT n FROM ghost_blog.numbers")).split("\n").map(Number));
        const before = acknowledged.filter(({ at }) => at <= (last?.at ?? 0));
        expect(before.filter(({ number }) => !rows.has(number))).to.deep.equal([]);
        expect(before.length).to.be.greaterThan(10);
      });
    });
  }
});
