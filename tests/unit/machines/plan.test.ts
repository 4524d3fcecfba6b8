import { expect } from "chai";
import * as fc from "fast-check";
import { inactive, type ClusterFacts, type EngineFacts, type Member } from "../../../machines/facts";
import { applied, plan } from "../../../machines/plan";
import { hasQuorum, stateOf, type State, type WantedCluster } from "../../../machines/state";
import { stepWords } from "../../../machines/words";
import { away, joined, locked, machines, stack, swarm } from "./cluster-states";

const five = machines("m1:manager m2:manager m3:manager w1:worker w2:worker");
const words = (facts: ClusterFacts, wanted: WantedCluster) =>
  plan(facts, wanted).steps.map((step) => stepWords(step, wanted).replace(/ \([^)]*\)/, ""));
const refusals = (facts: ClusterFacts, wanted: WantedCluster) => plan(facts, wanted).refusals.join("\n");
const empty = (nodes: WantedCluster["nodes"], over: Record<string, EngineFacts> = {}): ClusterFacts => ({
  engines: { ...Object.fromEntries(Object.keys(nodes).map((name) => [name, inactive])), ...over },
  unlockKey: false,
});

describe("S1 the plan of a swarm", () => {
  it("makes it on the first manager, then joins managers, then workers", () => {
    expect(words(empty(five), { stack, nodes: five }).slice(0, 5)).to.deep.equal([
      "Make a swarm on m1",
      "Join m2 as manager",
      "Join m3 as manager",
      "Join w1 as worker",
      "Join w2 as worker",
    ]);
  });

  it("has nothing to do where all is as it should be", () => {
    const facts = swarm(five, "m1:manager m2:manager m3:manager w1:worker w2:worker");
    expect(plan(facts, { stack, nodes: five })).to.deep.equal({ steps: [], refusals: [], notices: [] });
  });

  const changes: [string, WantedCluster["nodes"], string, string[]][] = [
    ["promotes a worker", five, "m1:manager m2:manager m3:worker w1:worker w2:worker", ["Promote m3 to manager"]],
    [
      "promotes before it demotes",
      machines("m1:manager m2:manager m3:manager w1:worker"),
      "m1:manager m2:manager m3:worker w1:manager",
      ["Promote m3 to manager", "Demote w1 to worker"],
    ],
    [
      "joins what is missing",
      five,
      "m1:manager m2:manager w1:worker w2:worker",
      ["Join m3 as manager", "Label m3: its name"],
    ],
    ["activates before it drains", machines("m1:manager w1:worker:drain"), "m1:manager w1:worker", ["Set w1 to drain"]],
  ];
  for (const [name, nodes, present, expected] of changes) {
    it(name, () => expect(words(swarm(nodes, present), { stack, nodes })).to.deep.equal(expected));
  }

  it("forgets a manager whose machine was made anew, and joins it again", () => {
    const facts = swarm(five, "m1:manager m2:manager m3:manager:away w1:worker w2:worker");
    facts.engines["m3"] = inactive;
    expect(words(facts, { stack, nodes: five })).to.deep.equal([
      "Demote m3 to worker",
      "Forget m3 as it was",
      "Join m3 as manager",
      "Label m3: its name",
    ]);
  });

  it("takes an engine out of a join that never ended, and joins it anew", () => {
    const facts = swarm(five, "m1:manager m2:manager w1:worker w2:worker");
    facts.engines["m3"] = { ...inactive, state: "pending" };
    expect(words(facts, { stack, nodes: five }).slice(0, 2)).to.deep.equal([
      "Take m3 out of a swarm that does not know it",
      "Join m3 as manager",
    ]);
  });

  it("takes a manager of the swarm before a recovery out of that one, unless that one lives", () => {
    const facts = swarm(five, "m1:manager m2:manager m3:manager w1:worker w2:worker");
    const [, , m3] = facts.swarm?.members ?? [];
    Object.assign(m3 ?? {}, { manager: undefined, up: false });
    Object.assign(facts.engines["m3"] ?? {}, { state: "pending" });
    expect(words(facts, { stack, nodes: five })).to.deep.equal([
      "Take m3 out of a swarm that does not know it",
      "Forget m3 as it was",
      "Join m3 as manager",
      "Label m3: its name",
    ]);
    Object.assign(facts.engines["m3"] ?? {}, { state: "active" });
    expect(refusals(facts, { stack, nodes: five })).to.contain(
      "m3: it is still a manager of the swarm as it was before",
    );
  });

  it("unlocks all managers after a power cut, and makes no second swarm", () => {
    const facts = {
      ...empty(five, { m1: locked, m2: locked, m3: locked, w1: joined("w1", "worker").engine }),
      unlockKey: true,
    };
    expect(words(facts, { stack, nodes: five, autolock: true })).to.deep.equal(["Unlock m1", "Unlock m2", "Unlock m3"]);
  });

  it("unlocks a manager that restarted, also one that has no name in the swarm yet", () => {
    const facts = { ...swarm(five, "m1:manager m2:manager m3:manager:away w1:worker w2:worker"), unlockKey: true };
    facts.engines["m3"] = locked;
    expect(words(facts, { stack, nodes: five })[0]).to.equal("Unlock m3");
    Object.assign(facts.swarm?.members[2] ?? {}, { labels: {} });
    expect(words(facts, { stack, nodes: five })[0]).to.equal("Unlock m3");
  });

  it("leaves a machine that is away as it is, and says so", () => {
    const facts = swarm(five, "m1:manager m2:manager m3:manager w1:worker w2:worker:away");
    const { notices, steps } = plan(facts, { stack, nodes: five });
    expect(steps).to.deep.equal([]);
    expect(notices.join()).to.contain("w2: its engine does not answer");
  });

  it("takes away labels that the configuration no longer has, and leaves those of others alone", () => {
    const nodes = machines("m1:manager");
    const facts = swarm(nodes, "m1:manager");
    const list = "ghost-platform.labels.press";
    const labels = {
      ...facts.swarm?.members[0]?.labels,
      storage: "nfs",
      [list]: "ghost-platform.node,storage",
      rack: "7",
    };
    Object.assign(facts.swarm?.members[0] ?? {}, { labels });
    const change = { set: { [list]: "ghost-platform.node" }, remove: ["storage"] };
    expect(plan(facts, { stack, nodes }).steps).to.deep.equal([{ do: "label", node: "m1", id: "id-m1", change }]);
  });

  it("B1 sets and takes away nothing that another stack of the machine places its services by", () => {
    const nodes = { m1: { ...machines("m1:manager")["m1"], labels: { disk: "ssd" } } } as WantedCluster["nodes"];
    const facts = swarm(nodes, "m1:manager");
    const own = { "ghost-platform.node": "m1", "ghost-platform.labels.press": "ghost-platform.node,storage" };
    const others = { storage: "nfs", "ghost-platform.labels.shop": "disk,ghost-platform.node,storage" };
    const labelled = (labels: Record<string, string>) => {
      Object.assign(facts.swarm?.members[0] ?? {}, { labels });
      return plan(facts, { stack, nodes });
    };
    // What both want is set by both, and stays when one wants it no longer.
    expect(labelled({ ...own, ...others, disk: "ssd" }).steps).to.deep.equal([
      {
        do: "label",
        node: "m1",
        id: "id-m1",
        change: { set: { "ghost-platform.labels.press": "disk,ghost-platform.node" }, remove: [] },
      },
    ]);
    const { refusals: said, steps } = labelled({ ...others, disk: "hdd", "ghost-platform.node": "storage1" });
    expect(steps).to.deep.equal([]);
    expect(said.join("\n"))
      .to.contain("m1: stack shop has set disk=hdd on this machine")
      .and.contain("m1: stack shop has set ghost-platform.node=storage1 on this machine")
      .and.contain("docker node update --label-rm ghost-platform.labels.shop id-m1");
  });

  describe("refuses", () => {
    it("machines that do not answer and are no members yet, all of them at once", () => {
      const said = refusals(empty(five, { m2: away, w2: away }), { stack, nodes: five });
      expect(said).to.contain("m2: its Docker Engine at tcp://m2:2375 does not answer (timed out)");
      expect(said).to.contain("w2: its Docker Engine");
    });

    it("to change a swarm without quorum, with the arithmetic", () => {
      const facts = swarm(five, "m1:manager m2:manager:away m3:manager:away w1:worker");
      expect(refusals(facts, { stack, nodes: five })).to.contain(
        "no quorum: 3 managers, quorum 2 (3/2 + 1), tolerates the loss of 1, and 1 answers",
      );
    });

    it("a demotion after which too few managers would answer", () => {
      const nodes = machines("m1:worker m2:worker m3:manager");
      const facts = swarm(nodes, "m1:manager m2:manager m3:manager:away");
      expect(refusals(facts, { stack, nodes })).to.contain(
        "m1: demoting it would leave 2 managers, quorum 2 (2/2 + 1), tolerates the loss of none, and 1 would answer",
      );
    });

    it("a machine of another swarm", () => {
      const facts = swarm(five, "m1:manager m2:manager w1:worker w2:worker");
      facts.engines["m3"] = { ...joined("x", "manager").engine, clusterId: "other", managers: ["id-x"] };
      expect(refusals(facts, { stack, nodes: five })).to.contain("m3: its engine belongs to another swarm");
      facts.engines["m3"] = { ...joined("x", "worker").engine, managers: ["id-y"] };
      expect(refusals(facts, { stack, nodes: five })).to.contain("m3: its engine belongs to another swarm");
    });

    it("to take over a swarm that has other nodes", () => {
      const facts = swarm(five, "m1:manager z:worker");
      facts.swarm?.members.forEach((member) => (member.labels = {}));
      expect(refusals(facts, { stack, nodes: five })).to.contain(
        "in a swarm with nodes that the configuration does not name (host-z)",
      );
    });

    it("two swarms where there should be one", () => {
      const facts = swarm(five, "m1:manager m2:manager m3:manager w1:worker w2:worker");
      expect(refusals({ ...facts, split: [["m1", "m3"], ["m2"]] }, { stack, nodes: five })).to.contain(
        "there are 2 swarms with a leader each: m1 and m3; m2",
      );
    });

    it("to unlock a manager that the swarm has forgotten: it could bring the old swarm back to life", () => {
      const facts = { ...swarm(five, "m1:manager w1:worker w2:worker"), unlockKey: true };
      facts.engines["m2"] = locked;
      expect(refusals(facts, { stack, nodes: five })).to.contain(
        "m2: a locked manager that the swarm does not know, of the swarm as it was before a recovery or of another one",
      );
      expect(refusals(facts, { stack, nodes: five })).to.contain("docker --host tcp://m2:2375 swarm leave --force");
    });

    it("locked managers whose key is not here", () => {
      expect(refusals(empty(five, { m1: locked }), { stack, nodes: five })).to.contain("m1: locked");
    });
  });

  describe("whatever is there and whatever is wanted", () => {
    const name = fc.constantFrom("a", "b", "c", "d", "e", "f", "g");
    const role = fc.constantFrom("manager" as const, "worker" as const);
    const wanted = fc
      .dictionary(name, role, { minKeys: 1 })
      .filter((roles) => Object.values(roles).filter((value) => value === "manager").length % 2 === 1)
      .map((roles) => ({
        stack,
        nodes: machines(
          Object.entries(roles)
            .map(([key, value]) => `${key}:${value}`)
            .join(" "),
        ),
      }));
    const present = fc.dictionary(name, fc.tuple(role, fc.boolean(), fc.boolean()));
    const scene = fc.tuple(wanted, present).map(([cluster, members]) => {
      const text = Object.entries(members).map(([key, [as, up]]) => `${key}:${as}${up ? "" : ":away"}`);
      const facts = text.length === 0 ? empty(cluster.nodes) : swarm(cluster.nodes, text.join(" "));
      for (const [key, [, up, wiped]] of Object.entries(members)) {
        if (!up && wiped && key in cluster.nodes) {
          facts.engines[key] = inactive;
        }
      }
      return {
        cluster,
        facts: text.length > 0 && !facts.swarm?.members.some(isManager) ? empty(cluster.nodes) : facts,
      };
    });
    const isManager = ({ manager }: Member) => manager !== undefined;
    const factsOf = (state: State): ClusterFacts => ({
      engines: state.engines,
      unlockKey: state.unlockKey,
      ...(state.members ? { swarm: { id: "swarm1", autolock: state.autolock, members: state.members } } : {}),
    });

    it("more than half of the managers answer after every step", () => {
      fc.assert(
        fc.property(scene, ({ cluster, facts }) => {
          let state = stateOf(facts);
          for (const step of plan(facts, cluster).steps) {
            state = applied(state, step, cluster);
            expect(hasQuorum(state.members ?? [])).to.equal(true);
          }
        }),
        { numRuns: 200 },
      );
    });

    it("a run that stops after any step goes on with the rest, and a whole one leaves nothing to do", () => {
      fc.assert(
        fc.property(scene, fc.nat(), ({ cluster, facts }, where) => {
          const { steps } = plan(facts, cluster);
          let state = stateOf(facts);
          steps.forEach((step, index) => {
            state = applied(state, step, cluster);
            if (index === where % steps.length) {
              expect(plan(factsOf(state), cluster).steps).to.deep.equal(steps.slice(index + 1));
            }
          });
          if (steps.length > 0) {
            expect(plan(factsOf(state), cluster).steps).to.deep.equal([]);
          }
        }),
        { numRuns: 200 },
      );
    });
  });
});
