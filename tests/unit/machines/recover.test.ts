import { expect } from "chai";
import { withoutLost } from "../../../machines/recover";
import { away, machines, stack, swarm } from "./cluster-states";

describe("S2 after a recovery", () => {
  const nodes = machines("m1:manager m2:manager m3:manager w1:worker w2:worker");

  it("goes on without machines that are gone, and with workers that the new swarm knows", () => {
    const facts = swarm(nodes, "m1:manager w1:worker w2:worker:away");
    facts.engines["m2"] = away;
    const { wanted } = withoutLost({ stack, wanted: { stack, nodes, autolock: true } }, facts);
    expect(Object.keys(wanted.nodes)).to.deep.equal(["m1", "m3", "w1", "w2"]);
    expect(wanted.autolock).to.equal(true);
  });
});
