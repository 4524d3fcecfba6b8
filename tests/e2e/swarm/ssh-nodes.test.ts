import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";
import { expect } from "chai";
import { run } from "../../../engines/process";
import type { ClusterReport } from "../../../machines/words";
import { clusterPlace, type ClusterPlace, type MachineName } from "../support/cluster-place";
import { describePage } from "../support/doc-page";
import { GhostClient } from "../support/ghost-client";
import { succeeded } from "../support/place";
import { timed, until } from "../support/until";

/** A site, and all that the pages about swarms have commands for, over ssh: `npm run e2e -- swarm --long`. */
const [long, describeLong] = process.env["E2E_LONG"] ? [it, describe] : [it.skip, describe.skip];

/** Five machines that are reached over ssh, as in docs/swarm-cluster.md. */
describe("a swarm of machines over ssh", () => {
  const stack = "swarm";
  const owner = { name: "Ada", email: "ada@example.com", password: "a long enough phrase 7", title: "Notes" };
  let cluster: ClusterPlace;
  let blog: GhostClient;
  let post: string;
  const command = (...args: string[]) => cluster.place.command("machines/main.ts", [...args, "--stack", stack]);
  const status = async () => {
    const { output } = await command("status", "--json");
    return JSON.parse(output.slice(output.indexOf("{"))) as ClusterReport;
  };

  /** Stops or starts a machine's engine, as a person would. */
  const systemctl = (action: "start" | "stop", machine: MachineName) =>
    run("ssh", [`root@${cluster.address(machine)}`, `systemctl ${action} docker.service`], {
      env: cluster.place.variables,
      timeout: 120,
    });

  before(async () => {
    const images = process.env["E2E_LONG"] ? (["ghost", "mysql", "mailpit"] as const) : [];
    cluster = await clusterPlace(stack, images, { ssh: true });
    blog = new GhostClient(`http://${cluster.address("worker1")}:2368`, "http://localhost:2368");
  });
  after(async () => {
    await cluster.remove();
  });

  it("S1 machines that cannot be reached are told in one message, each with its reason and what to do", async () => {
    // Takes connections and says nothing.
    const sockets: net.Socket[] = [];
    const silent = net.createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, "10.99.0.254", resolve));
    const { port } = silent.address() as net.AddressInfo;
    const worker = (host: string, number: number) => ({ host, address: `10.99.1.${number}`, role: "worker" });
    const behind = (door: number) => worker(`ssh://root@10.99.0.1:${door}`, door - 2200);
    cluster.place.configure({
      swarm: {
        nodes: {
          // No connection to it is kept by others.
          unknown: worker("ssh://nobody@stranger", 1),
          keyless: behind(2202),
          dockerless: behind(2203),
          hanging: behind(2204),
          closed: behind(2205),
          silent: worker(`ssh://root@10.99.0.254:${port}`, 6),
        },
      },
    });
    const { output, status: ended } = await timed("six machines that cannot be reached → one message", () =>
      command("up", "--yes"),
    );
    sockets.forEach((socket) => socket.destroy());
    silent.close();
    expect(ended).to.equal(1);
    expect(output)
      .to.match(/unknown: .*does not know its host key\. Compare and accept it once: ssh nobody@stranger/)
      .and.to.match(/keyless: .*ssh-copy-id -p 2202 root@10\.99\.0\.1/)
      .and.to.match(/dockerless: .*there is no docker command for root on it/)
      .and.to.match(/hanging: .*ssh hangs/)
      .and.to.match(/closed: .*nothing listens for ssh on port 2205/)
      .and.to.match(/silent: .*no ssh server answers on port/);
    expect((await cluster.machines.manager1.lines("info", "--format", "{{.Swarm.LocalNodeState}}"))[0]).to.equal(
      "inactive",
    );
  });

  long("S1 is made from the configuration, and a second run changes nothing", async () => {
    cluster.place.reset();
    const drained = { availability: "drain" };
    cluster.configure({ manager1: drained, manager2: drained, manager3: drained }, { autolock: true });
    succeeded(await timed("five machines over ssh → one swarm", () => command("up", "--yes")));
    const report = await timed("status", status);
    expect(report.well, JSON.stringify(report.plan)).to.equal(true);
    expect(report.nodes.map(({ host }) => host)).to.include("ssh://root@10.99.0.1");
    expect(succeeded(await command("up", "--yes"))).to.contain("Nothing to do.");
  });

  long("S1 takes a stack, and shows it", async () => {
    succeeded(await timed("npm start over ssh", () => cluster.place.start()));
    const before = await cluster.machines.worker1.current("ghost-swarm_ghost-blog");
    succeeded(await cluster.place.start());
    expect(await cluster.machines.worker1.current("ghost-swarm_ghost-blog")).to.deep.equal(before);
    const shown = succeeded(await cluster.place.ops("status"));
    expect(shown).to.contain("ssh://root@10.99.0.2").and.to.contain("All is well.");
    expect(succeeded(await cluster.place.ops("logs", "--tail", "20"))).to.contain("ghost-blog");
    // Of a machine that is no manager.
    expect(succeeded(await cluster.place.ops("metrics"))).to.match(/^ghost-blog\.1 .* \d+Mi .* node1$/m);
    expect(succeeded(await cluster.place.ops("inbox"))).to.contain("http://10.99.0.1:8025/");
    // The first request after the start compiles half of Ghost.
    await blog.answers("/ghost/api/admin/site/", 120);
    await blog.setUp(owner);
    post = await blog.publish("Over ssh", "<p>From afar</p>");
  });

  long("S2 S10 the manager that deploys is away: another one tells of the stack", async () => {
    await systemctl("stop", "manager1");
    await until("another leader", 120, async () => (await status()).hasQuorum);
    const shown = succeeded(await cluster.place.ops("status"));
    expect(shown)
      .to.match(/Stack swarm on ssh:\/\/root@10\.99\.0\.[34]/)
      .and.to.contain("All is well.");
    await systemctl("start", "manager1");
    succeeded(await command("up", "--yes"));
  });

  describeLong("its pages", () => {
    const typed = {
      environment: () => cluster.place.variables,
      replace: {
        "--stack press": `--stack ${stack}`,
        // On those machines, one after the other.
        "docker swarm leave --force":
          "for address in 10.99.0.3 10.99.0.4; do ssh root@$address 'systemctl start docker.service && docker swarm leave --force' || exit; done",
        // Not among the units of this machine.
        "/mnt/backups/press": '"$GHOST_PLATFORM_HOME/mnt" --out "$GHOST_PLATFORM_HOME/units"',
      },
      timeout: 900,
    };

    describePage("docs/swarm-cluster.md", {
      ...typed,
      prepare: {
        "When managers are lost": async () => {
          for (const machine of ["manager2", "manager3"] as const) {
            await systemctl("stop", machine);
          }
          await until("the managers to be missed", 120, async () => !(await status()).hasQuorum);
        },
      },
      rows: { "Make it": "S1", "When managers are lost": "S2", Drills: "S2" },
    });

    describe("after that", () => {
      it("S1 S2 all is well, and the post is there", async () => {
        expect((await status()).well).to.equal(true);
        expect(await blog.page(post)).to.contain("From afar");
      });
    });

    describePage("docs/backup.md", {
      ...typed,
      sections: ["Make one", "At given times", "Restore on empty machines"],
      prepare: {
        "Restore on empty machines": async () => {
          await cluster.erase();
          for (const name of ["deployments.json", "passphrase", "rendered", "state", "unlock-keys"]) {
            fs.rmSync(path.join(cluster.place.home, name), { recursive: true, force: true });
          }
        },
      },
      rows: { "Make one": "S9", "At given times": "S9", "Restore on empty machines": "S9" },
    });

    describe("on machines that were erased", () => {
      it("S9 the same post is there again, and npm start changes nothing", async () => {
        await blog.answers("/", 120);
        expect(await blog.page(post)).to.contain("From afar");
        expect((await status()).well).to.equal(true);
        const before = await cluster.machines.worker1.current("ghost-swarm_ghost-blog");
        succeeded(await timed("npm start after the restore", () => cluster.place.start()));
        expect(await cluster.machines.worker1.current("ghost-swarm_ghost-blog")).to.deep.equal(before);
      });
    });
  });
});
