import { expect } from "chai";
import { driversOfMachines, mustHaveDrivers, type NodeDrivers } from "../../../machines/volume-drivers";
import { parseStackConfig } from "../../../config/parse";
import type { SwarmStackConfig } from "../../../config/schema";
import { UserError } from "../../../errors";

describe("S4 a volume driver", () => {
  const nodes = {
    m1: { host: "unix:///run/m1.sock", address: "10.0.0.1", role: "manager", labels: { disk: "yes" } },
    w1: { host: "unix:///run/w1.sock", address: "10.0.0.2", role: "worker" },
    w2: { host: "unix:///run/w2.sock", address: "10.0.0.3", role: "worker" },
  };
  const stack = (driver: string | undefined, swarm: object = { nodes, toleratedFailures: 0 }) =>
    parseStackConfig({
      platform: "swarm",
      swarm: { ...swarm, placement: ["node.labels.disk==yes", "node.hostname==m1"] },
      wordpress: {
        magazine: {
          url: "http://localhost:8080",
          placement: ["node.role==worker"],
          storage: { driver, driverOptions: driver ? { size: "1GiB" } : { type: "nfs", device: ":/srv" } },
        },
      },
    }) as SwarmStackConfig;
  const found = (drivers: Record<string, string[] | undefined>, disabled: string[] = []): NodeDrivers[] =>
    Object.entries(drivers).map(([node, names]) => ({ node, ...(names ? { drivers: names } : {}), disabled }));
  const refused = (driver: string, answers: NodeDrivers[], swarm?: object) => {
    try {
      mustHaveDrivers(stack(driver, swarm), answers);
    } catch (error) {
      expect(error).to.be.instanceOf(UserError);
      return (error as UserError).message;
    }
    throw new Error("it was not refused");
  };

  it("is refused where no machine has it that may run the app, with what each has and what to do", () => {
    const message = refused("plug", found({ m1: ["local", "plug:latest"], w1: ["local", "plug:1"], w2: ["local"] }));
    expect(message.split("\n")).to.deep.equal([
      "A volume plugin is missing. Install it (docker plugin install NAME) on every machine that may run the app, and name it as docker plugin ls does there, with its tag:",
      "  - wordpress.magazine.storage.driver: plug is no volume driver of any machine that may run it (w1 has local, plug:1; w2 has local)",
    ]);
  });

  it("is refused with the command that enables it, where that is all there is to do", () => {
    const message = refused("plug:1", found({ w1: ["local"], w2: ["local"] }, ["plug:1"]));
    expect(message).to.contain("w1 has it, but not enabled: docker plugin enable plug:1");
  });

  it("is asked for on every node of a swarm that others have made", () => {
    expect(refused("plug", found({ "a.example": ["local"] }), { singleNode: false })).to.contain("a.example has local");
  });

  it("is enough on some of the machines, and the others are named", () => {
    const answers = found({ m1: ["local"], w1: ["local", "plug:latest"], w2: ["local"] });
    expect(mustHaveDrivers(stack("plug"), answers)).to.deep.equal([
      "wordpress.magazine.storage.driver: no task of it will run on w2, without plug (w2 has local)",
    ]);
  });

  it("is deployed where it cannot be told", () => {
    expect(mustHaveDrivers(stack("plug"), found({ w1: ["local"], w2: undefined }))).to.have.length(1);
    expect(mustHaveDrivers(stack("plug"), found({ w1: undefined, w2: undefined }))).to.deep.equal([]);
  });

  it("is asked about only where an app has another than the engine's own", async () => {
    expect(await driversOfMachines(stack(undefined))).to.deep.equal([]);
    // Machines that do not answer are told of elsewhere.
    expect(await driversOfMachines(stack("plug"))).to.deep.equal(
      ["m1", "w1", "w2"].map((node) => ({ node, disabled: [] })),
    );
  });
});
