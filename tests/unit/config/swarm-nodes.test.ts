import { expect } from "chai";
import { parseStackConfig } from "../../../config/parse";
import type { SwarmStackConfig } from "../../../config/schema";
import { imageHosts, nameLabel } from "../../../config/swarm/swarm-nodes";

const sites = { blog: { url: "http://localhost:2368" } };
const machine = (number: number, role: string) => ({ host: `ssh://root@10.0.0.${number}`, role });
const nodes = (roles: string) =>
  Object.fromEntries(
    roles.split("").map((role, index) => [`n${index + 1}`, machine(index + 1, role === "m" ? "manager" : "worker")]),
  );
const stack = (swarm: object) => ({ platform: "swarm", sites, swarm: { placement: ["node.hostname==n1"], ...swarm } });

describe("S1 swarm.nodes", () => {
  it("names the engine to deploy to, and says whether there is one node only", () => {
    const five = parseStackConfig(stack({ nodes: nodes("wmmmw") }));
    expect(five.platform === "swarm" && five.swarm).to.include({ host: "ssh://root@10.0.0.2", singleNode: false });
    const one = parseStackConfig(stack({ nodes: nodes("m") }));
    expect(one.platform === "swarm" && one.swarm).to.include({ host: "ssh://root@10.0.0.1", singleNode: true });
    const none = parseStackConfig({ platform: "swarm", sites });
    expect(none.platform === "swarm" && none.swarm).to.include({
      host: "unix:///var/run/docker.sock",
      singleNode: true,
    });
  });

  const mistakes: [string, object, string][] = [
    ["no manager", { nodes: nodes("ww") }, "swarm.nodes: must have a manager"],
    [
      "two managers",
      { nodes: nodes("mm") },
      "must have an odd number of managers. 2 managers, quorum 2 (2/2 + 1), tolerates the loss of none; 1 manager, quorum 1",
    ],
    ["four managers", { nodes: nodes("mmmm") }, "4 managers, quorum 3 (4/2 + 1), tolerates the loss of 1; 3 managers"],
    ["nine managers", { nodes: nodes("mmmmmmmmm") }, "must have at most 7 managers (got 9)"],
    [
      "one manager of five nodes",
      { nodes: nodes("mwwww") },
      "too few managers to lose 1. 1 manager, quorum 1 (1/2 + 1), tolerates the loss of none; 3 managers, quorum 2",
    ],
    ["three managers that should stand the loss of two", { nodes: nodes("mmm"), toleratedFailures: 2 }, "5 managers"],
    ["the same machine twice", { nodes: { a: machine(1, "manager"), b: machine(1, "worker") } }, "swarm.nodes.b.host"],
    [
      "no address",
      { nodes: { a: { host: "unix:///run/a.sock", role: "manager" } } },
      "swarm.nodes.a.address: missing. unix:///run/a.sock names no machine",
    ],
    [
      "a name where the other nodes need an address",
      { nodes: { a: { host: "ssh://ops@node1.example.com", role: "manager" } } },
      "swarm.nodes.a.address: must be an IP address, because nodes of a swarm know each other by no names. Give the one that node1.example.com has",
    ],
    ["autolock of nobody's managers", { autolock: true }, "swarm.autolock: needs swarm.nodes"],
  ];
  for (const [name, swarm, message] of mistakes) {
    it(`refuses ${name}`, () => expect(() => parseStackConfig(stack(swarm))).to.throw(message));
  }

  it("gives images to the nodes where something of the stack may run", () => {
    const hosts = (apps: object) =>
      imageHosts(
        parseStackConfig({
          platform: "swarm",
          swarm: { nodes: nodes("mww"), toleratedFailures: 0, placement: [`node.labels.${nameLabel}==n2`] },
          ...apps,
        }) as SwarmStackConfig,
      );
    const elsewhere = { placement: [`node.labels.${nameLabel}==n3`] };
    expect(hosts({ shop: {} })).to.deep.equal([machine(2, "worker").host]);
    expect(hosts({ shop: elsewhere })).to.deep.equal([machine(3, "worker").host]);
    const wordpress = { magazine: { url: "http://localhost:8080", ...elsewhere } };
    expect(hosts({ wordpress })).to.deep.equal([machine(2, "worker").host, machine(3, "worker").host]);
  });

  it("takes one manager of many nodes when it is told that none may fail", () => {
    expect(() => parseStackConfig(stack({ nodes: nodes("mwwww"), toleratedFailures: 0 }))).to.not.throw();
  });
});
