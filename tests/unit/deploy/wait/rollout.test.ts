import { expect } from "chai";
import {
  isRolledOut,
  podActivity,
  podTrouble,
  type Pod,
  type Workload,
} from "../../../../deploy/wait/kubernetes-rollout";
import { isComplete } from "../../../../deploy/wait/waiting-services";
import { progressOf, type Service } from "../../../../deploy/wait/swarm-updates";

const workload = (status: Workload["status"], generation = 2): Workload => ({
  kind: "Deployment",
  metadata: { name: "ghost", generation },
  spec: { replicas: 1 },
  status,
});

describe("a rollout on Kubernetes", () => {
  const complete = { observedGeneration: 2, updatedReplicas: 1, readyReplicas: 1, replicas: 1 };

  it("is through when every replica is new and ready, and no old one is left", () => {
    expect(isRolledOut(workload(complete))).to.equal(true);
    expect(isRolledOut(workload({ ...complete, observedGeneration: 1 }))).to.equal(false);
    expect(isRolledOut(workload({ ...complete, updatedReplicas: 0 }))).to.equal(false);
    expect(isRolledOut(workload({ ...complete, readyReplicas: 0 }))).to.equal(false);
    expect(isRolledOut(workload({ ...complete, replicas: 2 }))).to.equal(false);
    expect(isRolledOut(workload(undefined))).to.equal(false);
  });

  const container = (name: string, state: object, ready = false) => ({
    name,
    ready,
    restartCount: 0,
    image: "registry.test/ghost:6",
    state,
  });
  const pod = (...containers: ReturnType<typeof container>[]): Pod => ({
    kind: "Pod",
    metadata: { name: "ghost-1" },
    status: { initContainerStatuses: containers.slice(0, -1), containerStatuses: containers.slice(-1) },
  });
  const done = { terminated: { exitCode: 0 } };
  const waiting = { waiting: { reason: "PodInitializing" } };

  it("tells which container a pod is at", () => {
    expect(podActivity(pod(container("init", { running: {} }), container("ghost", waiting)))).to.equal("ghost-1: init");
    expect(podActivity(pod(container("init", done, true), container("ghost", { running: {} })))).to.equal(
      "ghost-1: ghost",
    );
    expect(podActivity(pod(container("init", done, true), container("ghost", { running: {} }, true)))).to.equal(
      "ghost-1: ready",
    );
  });

  it("tells why a pod is on no node", () => {
    const unscheduled: Pod = {
      kind: "Pod",
      metadata: { name: "mysql-0" },
      status: { conditions: [{ type: "PodScheduled", status: "False", message: "0/1 nodes: Insufficient memory" }] },
    };
    expect(podActivity(unscheduled)).to.contain("Insufficient memory");
  });

  it("names the image that a node cannot get, and says what to do", () => {
    const trouble = podTrouble(
      pod(container("ghost", { waiting: { reason: "ImagePullBackOff", message: "no host" } })),
    );
    expect(trouble).to.contain("registry.test/ghost:6").and.contain("`images`");
    expect(podTrouble(pod(container("ghost", waiting)))).to.equal(undefined);
  });
});

describe("a rollout on Swarm", () => {
  it("is through when all tasks of a service run", () => {
    expect(["1/1", "3/3 (max 1 per node)", "0/0"].map(isComplete)).to.deep.equal([true, true, true]);
    expect(["0/1 (1/1 completed)", "1/1 (0/1 completed)"].map(isComplete), "a job").to.deep.equal([true, true]);
    expect(["0/1", "1/3", "", "1/10"].map(isComplete)).to.deep.equal([false, false, false, false]);
  });

  const template = (secret: string) => ({ ContainerSpec: { Secrets: [{ SecretName: secret }] } });
  const site = (UpdateStatus?: Service["UpdateStatus"]): Service => ({
    ID: "id",
    Spec: { Name: "s_site", TaskTemplate: template("new") },
    ...(UpdateStatus ? { UpdateStatus } : {}),
  });
  const names = (before: Service, after: Service, ...secrets: string[]) => {
    const tasks = secrets.map((secret) => ({ ServiceID: "id", Spec: template(secret) }));
    const states = new Map([[before.ID, JSON.stringify(before.UpdateStatus ?? {})]]);
    const { failed, updating } = progressOf([after], tasks, states);
    return { failed: failed.length, updating: updating.length };
  };

  it("S7 goes on while one task is of the former version, though as many run as should", () => {
    expect(names(site(), site(), "new", "new", "old")).to.deep.equal({ failed: 0, updating: 1 });
    expect(names(site(), site({ State: "updating" }), "new")).to.deep.equal({ failed: 0, updating: 1 });
    expect(names(site(), site({ State: "completed" }), "new", "new")).to.deep.equal({ failed: 0, updating: 0 });
  });

  it("S10 has failed when a service went back, but not for one that had before", () => {
    const back = site({ State: "rollback_completed", StartedAt: "2026-01-01T00:00:00Z" });
    const again = site({ State: "rollback_completed", StartedAt: "2026-01-01T00:01:00Z" });
    expect(names(site(), back, "new")).to.deep.equal({ failed: 1, updating: 0 });
    expect(names(back, back, "new")).to.deep.equal({ failed: 0, updating: 0 });
    expect(names(back, again, "new")).to.deep.equal({ failed: 1, updating: 0 });
  });
});
