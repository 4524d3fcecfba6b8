import { expect } from "chai";
import { loadIntoDocker, monitoringImages } from "../../../sandbox/images";
import { swarmImages } from "../support/stack-images";
import { startEngine, stopEngines } from "../../../sandbox/engine";
import { temporaryDirectory } from "../../support/temporary-directory";
import { messages } from "../support/inbox";
import { joinedEngines, leaveSwarm, type JoinedEngine } from "../support/joined-engines";
import { Place, succeeded } from "../support/place";
import { Prometheus } from "../support/prometheus";
import { nothing } from "../support/swarm-place";
import { timed, until } from "../support/until";

/** Three machines of their own: `npm run e2e -- swarm --long`. */
const long = process.env["E2E_LONG"] ? describe : describe.skip;

/** One of three machines is lost, and whoever owns the site hears of it. */
long("the monitoring of a swarm of several nodes", () => {
  const stack = "ghost-swarm";
  const numbers = [5, 6, 7] as const;
  let machines: JoinedEngine[] = [];
  let manager: JoinedEngine;
  let place: Place;
  let prometheus: Prometheus;

  const watched = async () =>
    (await prometheus.query("node_uname_info")).map(({ metric }) => metric["nodename"]).sort();

  before(async () => {
    [manager] = machines = await joinedEngines(numbers);
    await loadIntoDocker(manager.host, ["mysql", "ghost", "mailpit", ...monitoringImages]);
    for (const { host } of machines.slice(1)) {
      await loadIntoDocker(host, ["nodeExporter"]);
    }
    place = new Place("swarm", temporaryDirectory(), {});
    place.configure({
      images: { ...swarmImages },
      swarm: { host: manager.host, singleNode: false, placement: [`node.hostname==${manager.node}`] },
      monitoring: {
        dashboards: false,
        interval: "5s",
        alerts: { to: ["owner@example.com"], after: "10s", every: "10s" },
      },
    });
    prometheus = Prometheus.onSwarm(manager.engine, stack);
  });

  after(async () => {
    succeeded(await place.destroy("--data"));
    expect(await manager.engine.holdings(stack)).to.deep.equal(nothing);
    for (const machine of machines) {
      await leaveSwarm(machine);
    }
    await stopEngines({ data: true, only: numbers });
  });

  it("S12 has figures of every machine", async () => {
    succeeded(await timed("npm start", () => place.start()));
    const names = machines.map(({ node }) => node).sort();
    await until("figures of every machine", 60, async () => (await watched()).join() === names.join());
    succeeded(await place.ops("status"));
  });

  it("S12 a machine that loses its power is told by mail, and so is its return", async () => {
    const lost = machines[2]?.node ?? "";
    const inbox = `http://${manager.address}:8025`;
    const reader = await place.inboxReader();
    const told = async (subject: string) => (await messages(inbox, reader)).some(({ Subject }) => Subject === subject);
    const subject = `Machine ${lost} does not answer (stack swarm)`;
    await stopEngines({ data: false, only: [7] });
    await timed("machine lost → mail", () => until("the mail", 180, () => told(subject)));
    expect(await watched()).to.not.include(lost);

    await startEngine(7);
    await timed("machine back → mail", () => until("the mail that it is over", 180, () => told(`[over] ${subject}`)));
    expect(await watched()).to.include(lost);
  });
});
