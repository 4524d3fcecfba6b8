import { expect } from "chai";
import { fateOf } from "../../../drills/worker";
import type { Task } from "../../../engines/swarm-tasks";

describe("S2 a task whose node was lost", () => {
  const task = (over: Partial<Task>, state = "running", error?: string): Task => ({
    ID: "t1",
    ServiceID: "s1",
    NodeID: "lost",
    Slot: 1,
    CreatedAt: "2026-01-01T00:00:00Z",
    DesiredState: "running",
    Spec: { ContainerSpec: { Image: "app:1" } },
    ...over,
    Status: { Timestamp: "2026-01-01T00:00:00Z", State: state, ...(error === undefined ? {} : { Err: error }) },
  });
  const former = task({ DesiredState: "shutdown" });
  const fate = (...others: Task[]) => fateOf(task({}), "lost", [former, ...others]);

  it("has moved once another one runs in its place", () => {
    expect(fate()).to.equal(undefined);
    expect(fate(task({ ID: "t2", NodeID: "other" }, "preparing"))).to.equal(undefined);
    expect(fate(task({ ID: "t2", NodeID: "other" }))).to.equal("moved");
    expect(fate(task({ ID: "t2", NodeID: "other", Slot: 2 }))).to.equal(undefined);
  });

  it("waits where the swarm finds no node for it, whatever the reason", () => {
    for (const reason of [
      "scheduling constraints not satisfied on 4 nodes",
      "host-mode port already in use on 1 node",
    ]) {
      const pending = task({ ID: "t2", NodeID: "" }, "pending", `no suitable node (${reason})`);
      expect(fate(pending)).to.equal("waits");
    }
  });

  it("waits where it belongs to its node", () => {
    const { Slot, ...global } = task({});
    expect(fateOf(global, "lost", []), `not replica ${Slot}`).to.equal("waits");
  });
});
