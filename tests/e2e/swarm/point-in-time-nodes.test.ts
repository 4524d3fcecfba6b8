import * as path from "node:path";
import { expect } from "chai";
import { DockerEngine } from "../../../engines/docker-engine";
import { startEngine, stopEngines, type SandboxEngine } from "../../../sandbox/engine";
import { loadIntoDocker } from "../../../sandbox/images";
import { stateFolder } from "../../../sandbox/state";
import { temporaryDirectory } from "../../support/temporary-directory";
import { ArchivedStack, hasAllUntil } from "../support/archived-stack";
import { Place, succeeded } from "../support/place";
import { RemoteStorage } from "../support/remote-storage";
import { swarmImages } from "../support/stack-images";
import { Engine, engineNumber } from "../support/swarm-place";
import { serviceWriter } from "../support/swarm-writer";
import { timed, until } from "../support/until";
import { Writer } from "../support/writer";

/** Two machines that are erased: `npm run e2e -- swarm --long`. */
const long = process.env["E2E_LONG"] ? describe : describe.skip;

/** Engines by the name of the machine they stand for: the database is on the worker. */
const numbers = { manager1: engineNumber, worker1: engineNumber + 1 } as const;

long("B4 to a point in time, on a swarm of two machines", () => {
  const stack = "ghost-swarm";
  const place = new Place("swarm", temporaryDirectory(), {});
  let storage: RemoteStorage;
  let archive: ArchivedStack;
  let writer: Writer;
  let machines: Record<keyof typeof numbers, SandboxEngine>;

  const engineOf = (name: keyof typeof numbers) => new Engine(new DockerEngine(machines[name].host));
  const on = (name: keyof typeof numbers) => [`node.labels.ghost-platform.node==${name}`];
  const sql = async (text: string) => {
    const { id } = await engineOf("worker1").current(`${stack}_mysql`);
    const login = ["mysql", "--defaults-file=/run/secrets/mysql/root.cnf", "--skip-column-names", "--batch"];
    return engineOf("worker1").docker("exec", id, ...login, "--execute", text);
  };
  const last = async () => (await writer.acknowledged()).at(-1)?.at ?? 0;

  /** Engines in no swarm, with images and nothing else. */
  async function emptyMachines(): Promise<void> {
    await stopEngines({ data: true, only: Object.values(numbers) });
    machines = { manager1: await startEngine(numbers.manager1), worker1: await startEngine(numbers.worker1) };
    for (const { host } of Object.values(machines)) {
      await loadIntoDocker(host, ["busybox", "mysql", "ghost", "rclone"]);
    }
  }

  before(async () => {
    await emptyMachines();
    storage = await RemoteStorage.start("s3", path.join(temporaryDirectory(), "s3"), "10.99.0.254");
    archive = new ArchivedStack(place, storage);
    const folder = stateFolder("engine");
    const scripts = path.join(__dirname, "..", "..", "..", "sandbox", "engine");
    const node = (name: keyof typeof numbers, role: string) => ({
      ...{ role, host: machines[name].host, address: machines[name].address },
      stop: `${scripts}/down.sh ${folder} ${numbers[name]}`,
      start: `${scripts}/up.sh ${folder} --only ${numbers[name]}`,
    });
    const nodes = { manager1: node("manager1", "manager"), worker1: node("worker1", "worker") };
    place.configure({
      images: { ...swarmImages },
      mailpit: { enabled: false },
      swarm: { nodes, encryptBackend: false, placement: on("worker1") },
    });
    await archive.configure();
    succeeded(await timed("npm start", () => place.start()));
    writer = new Writer(serviceWriter(engineOf("manager1"), stack, `${stack}_mysql-db-blog`, "mysql"), "ghost_blog");
  });
  after(async () => {
    await stopEngines({ data: true, only: Object.values(numbers) });
    await storage.stop();
  });

  it("goes on from what is in the store when it comes to another machine, without a hole", async () => {
    succeeded(await timed("create", () => archive.backup("create", "--with-outage")));
    await writer.start();
    await archive.archived(await last());
    place.configure({ backup: { placement: on("manager1") } });
    succeeded(await timed("npm start with the archive elsewhere", () => place.start()));
    const tasks = await engineOf("manager1").tasks(`${stack}_backup-archive`);
    expect(tasks).to.have.length(1);
    await writer.goesOn();
    await archive.archived(await last());
    expect(await archive.reached()).to.have.length(1);
  });

  it("both machines are erased: the swarm is as it was, its database with all that was archived", async () => {
    const end = await last();
    await archive.archived(end);
    const acknowledged = await writer.stop();
    await timed("machines erased", emptyMachines);
    const said = succeeded(await timed("restore", () => archive.backup("restore", "--until", "latest", "--yes")));
    expect(said).to.match(/Stack swarm is as it was at \S+, its databases those of \d{4}-/);
    await hasAllUntil(sql, end, acknowledged);
    await until("all to be well", 180, async () => (await place.ops("status")).status === 0);
  });
});
