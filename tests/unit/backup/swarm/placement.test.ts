import { expect } from "chai";
import { withoutMachines } from "../../../../backup/contents/deployment";
import type { Part } from "../../../../backup/format/manifest";
import {
  addressMistakes,
  mountWithoutName,
  pinsToOthers,
  placedOn,
  restoreTarget,
  unplaceable,
} from "../../../../backup/swarm/placement";
import { unmounted } from "../../../../backup/swarm/unmounted";
import { parseStackConfig } from "../../../../config/parse";
import type { SwarmStackConfig } from "../../../../config/schema";

describe("S9 S12 a backup on other machines", () => {
  const sealed = { sha256: "", bytes: 0, blocks: [] };
  const volume = (name: string, node: string): Part => ({
    ...{ kind: "files", service: "press_app", image: "app:1", target: "/data", file: `${name}-${node}.tar.gz.age` },
    ...sealed,
    node,
    volume: { name, driver: "local", options: {}, labels: {} },
  });
  const state: Part = { kind: "swarm", node: "south2", autolock: true, file: "swarm.tar.gz.age", ...sealed };
  const machine = (role: "manager" | "worker", address: string) => ({
    ...{ host: `ssh://${address}`, role, address, labels: {}, availability: "active" as const },
  });
  const nodes = {
    north: machine("worker", "10.0.0.1"),
    harbour: machine("manager", "10.0.0.2"),
    quay: machine("manager", "10.0.0.3"),
  };

  it("has each machine's data on the one that takes its place", () => {
    expect(placedOn({ south1: "north" }, "south1")).to.equal("north");
    expect(placedOn({ south1: "north" }, "south3")).to.equal("south3");
  });

  it("has the swarm's state where the person says; else at its address, on its own machine or its place; else on the first manager", () => {
    const target = (options: Parameters<typeof restoreTarget>[1], from = {}) =>
      restoreTarget({ node: "south2", ...from }, options, nodes);
    expect(target({ place: {}, to: "north" })).to.equal("north");
    expect(target({ place: {} }, { address: "10.0.0.3" })).to.equal("quay");
    expect(target({ place: { south2: "quay" } })).to.equal("quay");
    // A worker cannot have it.
    expect(target({ place: { south2: "north" } }, { address: "10.0.0.1" })).to.equal("harbour");
    expect(target({ place: {} })).to.equal("harbour");
    // Refused later, by its name.
    expect(restoreTarget({ node: "south2" }, { place: {} }, {})).to.equal("south2");
  });

  it("A3 is refused where other machines could not join: a state tells them the address that it knows", () => {
    expect(addressMistakes("10.0.0.2", "harbour", nodes)).to.deep.equal([]);
    expect(addressMistakes(undefined, "harbour", nodes)).to.deep.equal([]);
    expect(addressMistakes("192.168.1.9", "harbour", { harbour: nodes.harbour })).to.deep.equal([]);
    expect(addressMistakes("192.168.1.9", "harbour", nodes)[0]).to.match(
      /^harbour: the swarm's state knows its manager at 192\.168\.1\.9, which an engine at 10\.0\.0\.2 goes on/,
    );
  });

  it("A3 is refused where two volumes of one name would come to one machine", () => {
    const parts = [
      volume("press_mail", "south1"),
      volume("press_data", "south1"),
      volume("press_data", "south3"),
      state,
    ];
    expect(unplaceable(parts, { south1: "north" })).to.deep.equal([]);
    expect(unplaceable(parts, { south1: "north", south3: "north" })).to.deep.equal([
      "north: it would take volume press_data of south1 and of south3, which are two. Give them two machines (--place)",
    ]);
  });

  it("A3 is refused for a machine that the backup does not know", () => {
    expect(unplaceable([volume("press_data", "south1"), state], { west: "north" })).to.deep.equal([
      "--place west=north: the backup has nothing of west, only of south1, south2",
    ]);
  });

  it("tells which services wait for machines that are not there", () => {
    const constraints = ["node.labels.ghost-platform.node==south1", "node.labels.disk==ssd", "node.role == worker"];
    expect(pinsToOthers(constraints, ["north"])).to.deep.equal([constraints[0]]);
    expect(pinsToOthers(constraints, ["south1"])).to.deep.equal([]);
    expect(pinsToOthers(["node.labels.ghost-platform.node!=south1"], ["north"])).to.deep.equal([]);
  });

  it("is looked for on shared storage by a volume without a name, whose options may have commas", () => {
    const nfs = { driver: "local", options: { type: "nfs", o: "addr=10.0.0.9,rw", device: ":/srv/blog" } };
    expect(mountWithoutName(nfs, "/volume")).to.equal(
      '"type=volume","target=/volume","volume-nocopy","volume-driver=local","volume-opt=type=nfs","volume-opt=o=addr=10.0.0.9,rw","volume-opt=device=:/srv/blog"',
    );
  });

  it("takes the settings of the other machine, but not where that one reached its engines", () => {
    const settings = { images: { ghost: "own/ghost:1" }, mysql: { installed: true } };
    expect(withoutMachines({ ...settings, swarm: { host: "ssh://south1", nodes: {}, autolock: true } })).to.deep.equal({
      ...settings,
      swarm: { autolock: true },
    });
    expect(withoutMachines({ kubernetes: { context: "south", kubeconfig: "/k", namespace: "press" } })).to.deep.equal({
      kubernetes: { namespace: "press" },
    });
    expect(withoutMachines({})).to.deep.equal({});
  });

  it("tells which volumes nothing would mount, because the stack file differs from what was saved", async () => {
    const config = (storage: object) =>
      parseStackConfig({
        platform: "swarm",
        mysql: { topology: "replicated" },
        sites: { blog: { url: "http://localhost:2368", storage } },
      }) as SwarmStackConfig;
    const saved = ["ghost-press_ghost-blog-content", "ghost-press_mysql-data", "ghost-press_mysql-replica-data-2"];
    expect(await unmounted(config({}), "press", saved)).to.deep.equal([]);
    const elsewhere = { driverOptions: { type: "nfs", o: "addr=10.0.0.9", device: ":/srv/blog" } };
    expect(await unmounted(config(elsewhere), "press", [...saved, "ghost-press_old-content"])).to.deep.equal([
      "ghost-press_ghost-blog-content",
      "ghost-press_old-content",
    ]);
  });
});
