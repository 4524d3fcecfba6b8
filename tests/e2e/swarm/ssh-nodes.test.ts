import * as net from "node:net";
import { expect } from "chai";
import type { ClusterReport } from "../../../cluster/words";
import type { DrillReport } from "../../../drills/timeline";
import { clusterPlace, type ClusterPlace } from "../support/cluster-place";
import { succeeded } from "../support/place";
import { timed } from "../support/until";

/** A site, its backup and a drill, over ssh: `npm run e2e -- swarm --long`. */
const long = process.env["E2E_LONG"] ? it : it.skip;

/** Five machines that are reached over ssh, as in docs/swarm-cluster.md. */
describe("a swarm of machines over ssh", () => {
  const stack = "swarm";
  let cluster: ClusterPlace;
  const command = (...args: string[]) => cluster.place.command("cluster/main.ts", [...args, "--stack", stack]);
  const status = async () => {
    const { output } = await command("status", "--json");
    return JSON.parse(output.slice(output.indexOf("{"))) as ClusterReport;
  };

  before(async () => {
    const images = process.env["E2E_LONG"] ? (["ghost", "mysql", "mailpit"] as const) : [];
    cluster = await clusterPlace(stack, images, { ssh: true });
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
    expect(succeeded(await cluster.place.ops("metrics"))).to.contain("ghost-blog");
  });

  long("S2 its leader fails, stopped and started by systemctl", async () => {
    const output = succeeded(
      await cluster.place.command("drills/main.ts", ["leader", "--stack", stack, "--yes", "--json"]),
    );
    const { measured } = JSON.parse(output.slice(output.indexOf("{"))) as DrillReport;
    console.log(`      ⏱ ${JSON.stringify(measured)}`);
    expect((await status()).well).to.equal(true);
  });

  long("S9 is saved, from a manager that does not lead", async () => {
    const output = succeeded(
      await timed("backup over ssh", () => cluster.place.command("backup/main.ts", ["create", "--stack", stack])),
    );
    expect(output).to.match(/\d+ tables in a server that was thrown away/);
    expect((await status()).well).to.equal(true);
  });
});
