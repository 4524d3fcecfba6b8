import { expect } from "chai";
import { DockerEngine } from "../../../../engines/docker-engine";
import { refuseForeignOnSwarm, removeOwned, swarmObjectsOf } from "../../../../deploy/before/swarm-ownership";
import { CommandError, type Completed, UserError } from "../../../../errors";
import { removeStack, removeVolumes } from "../../../../deploy/rendered/swarm";
import { stateOnSwarm } from "../../../../deploy/pulumi/state-on-platform";
import { ownedLabels, ownerLabel, stackLabel } from "../../../../platforms/swarm/stack";
import { composeStack } from "../../../../render/compose";
import { rejection } from "../../../support/rejection";
import { declared, ofKind } from "../../../support/swarm";

interface Thing {
  kind: string;
  name: string;
  labels?: Record<string, string>;
}

/** An engine that has these, lists and removes them. */
class FakeEngine extends DockerEngine {
  constructor(
    public things: readonly Thing[],
    private readonly silent?: string,
  ) {
    super("unix:///test");
  }

  override docker([kind = "", verb, ...args]: readonly string[]): Promise<Completed> {
    if (kind === this.silent) {
      return Promise.reject(new CommandError("no answer", 1, "context deadline exceeded"));
    }
    if (verb === "rm") {
      this.things = this.things.filter((thing) => thing.kind !== kind || !args.includes(thing.name));
      return Promise.resolve({ stdout: "", stderr: "" });
    }
    const [, key = "", value] = /^label=(.*?)=(.*)$/.exec(args[args.indexOf("--filter") + 1] ?? "") ?? [];
    const listed = this.things.filter(
      (thing) => thing.kind === kind && (key === "" || (thing.labels ?? {})[key] === value),
    );
    return Promise.resolve({ stdout: listed.map(({ name }) => name).join("\n"), stderr: "" });
  }
}

const stack = "ghost-test";
const ours = (kind: string, name: string): Thing => ({ kind, name, labels: ownedLabels({ name: stack }) });

describe("what a stack owns on a swarm", () => {
  it("S5 carries the stack's name: every object, every container and every volume that a node makes", async () => {
    const labels = Object.entries(ownedLabels({ name: stack })).map(([label, value]) => ({ label, value }));
    const { resources } = await declared({
      mysql: { topology: "replicated" },
      swarm: { singleNode: false, placement: ["node.hostname==a"] },
      monitoring: {},
    });
    for (const { inputs, name, type } of resources) {
      expect(inputs["labels"], `${type} ${name}`).to.include.deep.members(labels);
    }
    for (const { inputs, name } of ofKind(resources, "Service")) {
      const { containerSpec } = (inputs as { taskSpec: { containerSpec: { labels: object[]; mounts: Mount[] } } })
        .taskSpec;
      expect(containerSpec.labels, name).to.include.deep.members(labels);
      for (const { type, volumeOptions } of containerSpec.mounts) {
        expect(type !== "volume" || volumeOptions?.labels, name).to.satisfy(
          (found: unknown) => found === true || JSON.stringify(found) === JSON.stringify(labels),
        );
      }
    }
    const { document } = composeStack(resources);
    for (const kind of ["networks", "volumes", "secrets", "configs"] as const) {
      for (const [name, object] of Object.entries(document[kind])) {
        expect(object["labels"], `${kind} ${name}`).to.deep.equal({ [ownerLabel]: stack });
      }
    }
    for (const [name, service] of Object.entries(document.services)) {
      expect(service["labels"], name).to.deep.equal({ [ownerLabel]: stack });
      expect((service["deploy"] as { labels: object }).labels, name).to.include({ [ownerLabel]: stack });
    }
  });

  it("S5 refuses a name that something else has, and what says that it is of the stack, before anything", async () => {
    const { resources } = await declared();
    const wanted = swarmObjectsOf(resources);
    for (const [foreign, words] of [
      [{ kind: "volume", name: "ghost-test_mysql-data" }, "volume create --label"],
      [
        { kind: "volume", name: "ghost-test_mysql-data", labels: { ...ownedLabels({ name: "ghost-other" }) } },
        "volume ghost-test_mysql-data",
      ],
      [{ kind: "network", name: "ghost-test_backend" }, "network rm ghost-test_backend"],
      [
        { kind: "service", name: "ghost-test_theirs", labels: { [stackLabel]: stack } },
        `service update --label-add ${stackLabel}=${stack} --label-add ${ownerLabel}=${stack} ghost-test_theirs`,
      ],
    ] as [Thing, string][]) {
      const engine = new FakeEngine([ours("service", "ghost-test_mysql"), foreign, { kind: "volume", name: "other" }]);
      const error = await rejection(refuseForeignOnSwarm(engine, stack, wanted));
      expect(error).to.be.instanceOf(UserError);
      expect(error.message).to.contain(words).and.not.contain("ghost-test_mysql\n");
    }
    await refuseForeignOnSwarm(
      new FakeEngine([...wanted.map(({ kind, name }) => ours(kind, name)), { kind: "volume", name: "other" }]),
      stack,
      wanted,
    );
  });

  it("S5 knows the volumes that tasks have by their number", async () => {
    const { resources } = await declared({ mysql: { topology: "replicated" } });
    const engine = new FakeEngine([{ kind: "volume", name: "ghost-test_mysql-replica-data-2" }]);
    const error = await rejection(refuseForeignOnSwarm(engine, stack, swarmObjectsOf(resources)));
    expect(error.message).to.contain("ghost-test_mysql-replica-data-2");
  });

  it("S5 refuses where the engine does not tell: unknown is not free", async () => {
    for (const silent of ["service", "volume", "secret"]) {
      const error = await rejection(refuseForeignOnSwarm(new FakeEngine([], silent), stack, []));
      expect(error).to.be.instanceOf(UserError);
      expect(error.message).to.contain("nothing is changed").and.contain("deadline");
    }
  });

  it("S5 removes what carries the mark and nothing else", async () => {
    const theirs = { kind: "service", name: "ghost-test_theirs", labels: { [stackLabel]: stack } };
    const engine = new FakeEngine([ours("service", "ghost-test_mysql"), theirs]);
    expect(await rejection(removeStack(engine, stack, () => undefined))).to.be.instanceOf(UserError);
    expect(await rejection(removeOwned(engine, stack, "service", theirs.name))).to.be.instanceOf(UserError);
    expect(engine.things).to.have.length(2);
    await removeOwned(engine, stack, "service", "ghost-test_mysql");
    await removeOwned(engine, stack, "service", "ghost-test_gone");
    expect(engine.things).to.deep.equal([theirs]);
    const volumes = new FakeEngine([
      ours("volume", "ghost-test_mysql-data"),
      { kind: "volume", name: "ghost-test_copy", labels: { [stackLabel]: stack } },
    ]);
    expect(await removeVolumes(volumes, stack)).to.deep.equal(["ghost-test_mysql-data"]);
  });

  it("P1 S5 an interrupted run is put in order without what is somebody else's", async () => {
    const secret = { type: "docker:index/secret:Secret", urn: "", inputs: { name: "ghost-test_key" } };
    const volume = { type: "docker:index/volume:Volume", urn: "", inputs: { name: "ghost-test_data" } };
    const engine = new FakeEngine([{ kind: "secret", name: "ghost-test_key" }, ours("volume", "ghost-test_data")]);
    const state = stateOnSwarm(engine, stack);
    expect(await rejection(state.refuseForeign([secret]))).to.be.instanceOf(UserError);
    expect(await rejection(state.discard(secret))).to.be.instanceOf(UserError);
    await state.discard(volume);
    expect(engine.things).to.have.length(2);
  });
});

interface Mount {
  type: string;
  volumeOptions?: { labels: object[] };
}
