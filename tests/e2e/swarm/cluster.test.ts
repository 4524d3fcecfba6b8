import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect } from "chai";
import type { ClusterReport } from "../../../machines/words";
import type { DrillReport } from "../../../drills/timeline";
import { run } from "../../../engines/process";
import { imageNames } from "../../../sandbox/images";
import { clusterPlace, powerCut, type ClusterPlace, type MachineName } from "../support/cluster-place";
import { succeeded } from "../support/place";
import { timed, until } from "../support/until";

/** The drills that wait longest: `npm run e2e -- swarm --long`. */
const long = process.env["E2E_LONG"] ? it : it.skip;

/** Five engines, made one swarm from the configuration, and broken on purpose. */
describe("a swarm of five machines", () => {
  let cluster: ClusterPlace;
  const stack = "swarm";
  const command = (...args: string[]) => cluster.place.command("machines/main.ts", [...args, "--stack", stack]);
  const up = () => command("up", "--yes");
  const status = async () => {
    const { output } = await command("status", "--json");
    return JSON.parse(output.slice(output.indexOf("{"))) as ClusterReport;
  };
  const drill = async (...args: string[]) => {
    const output = succeeded(
      await cluster.place.command("drills/main.ts", [
        ...args,
        "--stack",
        stack,
        "--yes",
        "--json",
        "--url",
        page("worker1"),
      ]),
    );
    const report = JSON.parse(output.slice(output.indexOf("{"))) as DrillReport;
    report.timeline.forEach(({ at, text }) => console.log(`      ${at.toFixed(1).padStart(6)} s  ${text}`));
    const { failed = 0, requests = 0 } = report.client ?? {};
    console.log(`      ⏱ ${JSON.stringify(report.measured)}; ${failed} of ${requests} requests lost`);
    return report;
  };
  const page = (machine: MachineName) => `http://${cluster.address(machine)}:8088/`;
  const answers = (machine: MachineName, seconds: number) =>
    until(`a page on ${machine}`, seconds, async () => (await fetch(page(machine))).status === 200);
  const manager = () => cluster.machines.manager1;
  const runningOn = () =>
    manager().lines(
      "service",
      "ps",
      "ghost-swarm_web",
      "--filter",
      "desired-state=running",
      "--format",
      "{{.Node}} {{.CurrentState}}",
    );

  before(async () => {
    cluster = await clusterPlace(stack, ["busybox"]);
  });
  after(async () => {
    await cluster.remove();
  });

  it("S1 is made from the configuration; killed half-way, the next run goes on", async () => {
    cluster.configure(
      { worker1: { labels: { storage: "nfs" } }, manager3: { availability: "drain" } },
      { autolock: true },
    );
    const first = spawn("node", ["runtime/bootstrap.mjs", "machines/main.ts", "up", "--yes", "--stack", stack], {
      env: { ...process.env, GHOST_PLATFORM_HOME: cluster.place.home },
      stdio: "ignore",
    });
    await until("the second manager", 120, async () => (await manager().lines("node", "ls", "--quiet")).length >= 2);
    first.kill("SIGKILL");
    await once(first, "close");
    const output = succeeded(await timed("the rest of five machines → one swarm", up));
    expect(output).to.contain("Join worker2");
    expect(output).to.not.contain("Make a swarm");
    const report = await status();
    expect(report.well, JSON.stringify(report.plan)).to.equal(true);
    expect(report.quorum).to.equal("3 managers, quorum 2 (3/2 + 1), tolerates the loss of 1; 3 answer");
    expect(report.nodes.filter(({ role }) => role === "manager").map(({ node }) => node)).to.have.members([
      "manager1",
      "manager2",
      "manager3",
    ]);
    expect(report.nodes.find(({ node }) => node === "worker1")?.labels).to.deep.equal({ storage: "nfs" });
    expect(report.nodes.find(({ node }) => node === "manager3")?.availability).to.equal("drain");
    expect(report.autolock).to.equal(true);
  });

  it("S1 a second run changes nothing, and shows no key", async () => {
    const output = succeeded(await up());
    expect(output).to.contain("Nothing to do.");
    expect(output).to.not.contain("SWMKEY");
    expect(succeeded(await command("unlock-key"))).to.match(/^SWMKEY-1-/m);
  });

  it("S1 refuses an even number of managers, and machines that do not answer, with all of them in one message", async () => {
    cluster.configure({ manager3: { role: "worker" } });
    const even = await up();
    expect(even.status).to.equal(1);
    expect(even.output).to.contain(
      "must have an odd number of managers. 2 managers, quorum 2 (2/2 + 1), tolerates the loss of none",
    );
    cluster.configure({});
    cluster.place.configure({ swarm: { nodes: { x: nowhere("x"), y: nowhere("y") } } });
    const away = await up();
    expect(away.status).to.equal(1);
    expect(away.output)
      .to.match(/x: its Docker Engine at .* does not answer/)
      .and.to.match(/y: its Docker Engine/);
  });
  const nowhere = (name: string) => ({
    host: `unix:///run/${name}.sock`,
    address: `10.99.1.${name.charCodeAt(0)}`,
    role: "worker",
  });

  it("S11 refuses an encrypted network that the kernel would not carry, before anything is deployed", async function () {
    const { stdout } = await run("sh", ["machines/scripts/carries-encryption.sh"]);
    if (!stdout.startsWith("no: ")) {
      this.skip();
    }
    cluster.configure({}, { encryptBackend: true });
    const { output, status: ended } = await cluster.place.start();
    cluster.configure({});
    expect(ended).to.equal(1);
    expect(output).to.contain("swarm.encryptBackend: encrypted overlay networks need ESP");
    expect(output).to.contain(`worker1: its kernel refuses (${stdout.slice("no: ".length).trim()})`);
    expect(await manager().lines("network", "ls", "--quiet", "--filter", "name=ghost-swarm")).to.deep.equal([]);
  });

  it("S1 promotes and demotes: two machines change places", async () => {
    cluster.configure({ manager3: { role: "worker" }, worker2: { role: "manager" } });
    const output = succeeded(await timed("a worker and a manager change places", up));
    expect(output.indexOf("Promote worker2")).to.be.lessThan(output.indexOf("Demote manager3"));
    const roles = Object.fromEntries((await status()).nodes.map(({ node, role }) => [node, role]));
    expect(roles).to.include({ worker2: "manager", manager3: "worker" });
    cluster.configure({});
    succeeded(await up());
  });

  it("S10 a container that is not well is replaced", async () => {
    await manager().docker(
      ...[
        "service",
        "create",
        "--detach",
        "--name",
        "ghost-swarm_web",
        "--label",
        "com.docker.stack.namespace=ghost-swarm",
        "--label",
        "ghost-platform.stack=ghost-swarm",
      ],
      ...["--endpoint-mode", "dnsrr", "--publish", "mode=host,published=8088,target=8088"],
      ...["--constraint", "node.role==worker", "--constraint", "node.labels.ghost-platform.node!=worker2"],
      ...["--health-cmd", "test -f /tmp/index.html", "--health-interval", "1s", "--health-retries", "2"],
      ...["--no-resolve-image", imageNames.busybox],
      ...["sh", "-c", "echo well >/tmp/index.html; exec httpd -f -p 8088 -h /tmp"],
    );
    await answers("worker1", 60);
    const former = await cluster.machines.worker1.current("ghost-swarm_web");
    await timed("health check fails → another container answers", async () => {
      await cluster.machines.worker1.docker("exec", former.id, "rm", "/tmp/index.html");
      await cluster.machines.worker1.successor("ghost-swarm_web", former, 90);
      await answers("worker1", 30);
    });
  });

  it("S2 the leader fails under load: another one leads, nobody notices, and it comes back as a follower", async () => {
    const before = (await status()).nodes.find(({ manager: role }) => role === "leader")?.node;
    const report = await drill("leader", "--break-with", powerCut);
    expect(report.nodes).to.deep.equal([before]);
    expect(report.client?.requests).to.be.greaterThan(0);
    expect(report.client?.failed).to.equal(0);
    // A follower is ready for tasks a moment after it is one.
    const after = await until("the swarm to be well", 60, async () => {
      const now = await status();
      return now.well && now;
    });
    expect(after.nodes.find(({ manager: role }) => role === "leader")?.node).to.not.equal(before);
    expect(after.nodes.find(({ node }) => node === before)?.manager).to.equal("reachable");
  });

  it("S1 S10 a worker is drained: its task moves, and moves to nobody who is pinned away", async () => {
    await manager().docker(
      "service",
      "update",
      "--detach",
      "--constraint-rm",
      "node.labels.ghost-platform.node!=worker2",
      "ghost-swarm_web",
    );
    await answers("worker1", 90);
    cluster.configure({ worker1: { availability: "drain" } });
    await timed("drain → the task answers on the other worker", async () => {
      succeeded(await up());
      await answers("worker2", 90);
    });
    expect(await runningOn()).to.have.length(1);
    cluster.configure({});
    succeeded(await up());
  });

  it("S2 without a quorum nothing is changed: neither the swarm nor a stack", async () => {
    for (const name of ["manager2", "manager3"] as const) {
      await cluster.stop(name);
    }
    await until("the managers to be missed", 60, async () => !(await status()).hasQuorum);
    const [changed, removed] = [await up(), await cluster.place.destroy()];
    expect([changed.status, removed.status]).to.deep.equal([1, 1]);
    expect(changed.output).to.match(/no quorum|no manager knows/);
    expect(removed.output).to.contain("has no quorum: 3 managers, quorum 2 (3/2 + 1), tolerates the loss of 1");
    for (const name of ["manager2", "manager3"] as const) {
      await cluster.start(name);
    }
    succeeded(await timed("two managers back → unlocked, quorum", up));
    expect((await status()).well).to.equal(true);
  });

  long("S2 a worker fails: a task that may runs elsewhere, one that is pinned waits", async () => {
    await manager().docker(
      ...["service", "create", "--detach", "--name", "ghost-swarm_pinned", "--endpoint-mode", "dnsrr"],
      ...["--label", "com.docker.stack.namespace=ghost-swarm", "--label", "ghost-platform.stack=ghost-swarm"],
      "--no-resolve-image",
      ...["--constraint", "node.labels.ghost-platform.node==worker2"],
      ...[imageNames.busybox, "sleep", "86400"],
    );
    await until("the pinned task to run", 60, () => cluster.machines.worker2.task("ghost-swarm_pinned"));
    await answers("worker2", 60);
    const report = await drill("worker", "--node", "worker2", "--break-with", powerCut);
    expect(report.measured).to.include.keys("detection", "web.1 elsewhere", "back in the swarm");
    expect(report.findings.join()).to.contain("they waited for worker2: pinned.1");
    await answers("worker1", 10);
    expect(await cluster.machines.worker2.tasks("ghost-swarm_pinned")).to.have.length(1);
    await manager().docker("service", "rm", "ghost-swarm_pinned");
  });

  long(
    "S2 recover makes a new swarm of the manager that is left; those that come back leave the old one and join",
    async () => {
      for (const name of ["manager2", "manager3"] as const) {
        await cluster.stop(name);
      }
      await until("the managers to be missed", 60, async () => !(await status()).hasQuorum);
      const output = succeeded(
        await timed("two of three managers lost → a new swarm", () =>
          command("recover", "--from", "manager1", "--yes"),
        ),
      );
      expect(output).to.contain("Not in the new swarm, because they do not answer: manager2, manager3.");
      // Workers, services and their tasks are the new swarm's.
      await answers("worker1", 10);
      expect(await runningOn()).to.have.length(1);
      for (const name of ["manager2", "manager3"] as const) {
        await cluster.start(name);
        const refused = await up();
        expect(refused.status).to.equal(1);
        expect(refused.output).to.contain(`${name}: a locked manager that the swarm does not know`);
        await cluster.machines[name].docker("swarm", "leave", "--force");
      }
      succeeded(await timed("both have left the old swarm → joined", up));
      expect((await status()).well).to.equal(true);
    },
  );

  long("S2 the quorum is lost for good, the managers locked: a new swarm of the one that is left", async () => {
    const report = await drill("quorum", "--recover");
    expect(report.measured).to.have.property("all machines joined again");
    expect(report.client?.failed).to.equal(0);
    expect((await status()).well).to.equal(true);
  });

  long("S2 the quorum fails and comes back", async () => {
    const report = await drill("quorum");
    expect(report.findings.join()).to.contain("Refused without a quorum");
    expect(report.client?.failed).to.equal(0);
  });
});
