import { expect } from "chai";
import { PasswordStore } from "../../../../render/passwords";
import { parseStackConfig } from "../../../../config/parse";
import { UserError } from "../../../../errors";
import { composeStack } from "../../../../render/compose";
import type { DeclaredResource } from "../../../../render/collect";
import { contentOf, declared, ofKind, service } from "../../../support/swarm";

/** The same at each run. */
const passwords = new PasswordStore();

const replicated = async (mysql: Record<string, unknown> = {}, more: Record<string, unknown> = {}) =>
  (await declared({ mysql: { topology: "replicated", ...mysql }, ...more }, passwords)).resources;

describe("a replicated set on Swarm", () => {
  let resources: DeclaredResource[];
  before(async () => {
    resources = await replicated();
  });
  const labels = (from: readonly DeclaredResource[]) =>
    (ofKind(from, "Service").find(({ name }) => name === "mysql")?.inputs["labels"] ?? []) as {
      label: string;
      value: string;
    }[];

  it("S5 M2 is a service of the source and a service of the replicas, each under a name for what it is for", () => {
    const source = service(resources, "mysql");
    const replica = service(resources, "mysql-replica");
    expect(source.inputs).to.deep.include({ mode: { replicated: { replicas: 1 } } });
    expect(replica.inputs).to.deep.include({ mode: { replicated: { replicas: 2 } } });
    expect(source.networksAdvanceds?.map(({ aliases }) => aliases)).to.deep.equal([["mysql", "mysql-source"]]);
    expect(replica.networksAdvanceds?.map(({ aliases }) => aliases)).to.deep.equal([["mysql-replica", "mysql-read"]]);
    expect(service(resources, "ghost-blog").container.env).to.include({
      database__connection__host: "mysql-source",
    });
  });

  it("S5 M3 gives each replica a volume of its own, that no other task opens", () => {
    const { mounts } = service(resources, "mysql-replica").container;
    const volumes = (mounts ?? []).filter(({ type }) => type === "volume").map(({ source }) => source);
    expect(volumes).to.have.length(2);
    for (const volume of volumes) {
      expect(volume).to.match(/-\{\{\.Task\.Slot\}\}$/);
    }
    expect(service(resources, "mysql-replica").container.env).to.include({ MEMBER: "mysql-{{.Task.Slot}}" });
    const source = (service(resources, "mysql").container.mounts ?? []).map(({ source: volume }) => volume);
    expect(source).to.include("ghost-test_mysql-data");
  });

  it("A4 S5 renders volumes of each task under keys that a compose file takes", () => {
    for (const key of Object.keys(composeStack(resources).document.volumes)) {
      expect(key).to.match(/^[a-zA-Z0-9._-]+$/);
    }
  });

  it("S5 M5 keeps what is known about the set in labels: to learn of it restarts nothing", async () => {
    const known = await replicated({ installed: true, recoverFrom: 2, recoverWithout: [1] });
    expect(labels(resources).map(({ label }) => label)).to.not.include("ghost-platform.installed");
    expect(labels(resources)).to.deep.include({ label: "ghost-platform.members", value: "3" });
    expect(labels(known)).to.deep.include.members([
      { label: "ghost-platform.installed", value: "yes" },
      { label: "ghost-platform.recover-from", value: "2" },
      { label: "ghost-platform.recover-without", value: "1" },
    ]);
    for (const name of ["mysql", "mysql-replica"]) {
      expect(service(known, name).inputs.taskSpec).to.deep.equal(service(resources, name).inputs.taskSpec);
    }
  });

  it("S5 M7 ends no member that clones or recovers, however long it takes", () => {
    for (const name of ["mysql", "mysql-replica"]) {
      const { healthcheck } = service(resources, name).container;
      expect(healthcheck).to.deep.include({ tests: ["CMD", "bash", "/scripts/member-healthy.sh"], startPeriod: "24h" });
    }
  });

  it("S5 M6 gives each member the secrets it needs and no other", () => {
    const files = (name: string) =>
      (service(resources, name).container.secrets ?? []).map(({ fileName }) => fileName?.replace(/^.*\//, "")).sort();
    const both = ["ca.crt", "clone-password", "monitor.cnf", "root.cnf", "tls.crt", "tls.key"];
    expect(files("mysql")).to.deep.equal([...both, "backup.cnf", "source.sql"].sort());
    expect(files("mysql-replica")).to.deep.equal([...both, "replica.sql", "replication-password"].sort());
    const passwords = ofKind(resources, "Secret").map(contentOf);
    for (const { container } of [service(resources, "mysql"), service(resources, "mysql-replica")]) {
      const values = Object.values(container.env ?? {});
      expect(passwords.filter((password) => values.includes(password))).to.deep.equal([]);
    }
  });

  it("S5 lets replicas run elsewhere than the source, which its volume pins", async () => {
    const mysql = { placement: ["node.hostname==one"], replicaPlacement: ["node.hostname!=one"] };
    const placed = await replicated(mysql, { swarm: { singleNode: false, placement: ["node.hostname==two"] } });
    expect(service(placed, "mysql").placement?.constraints).to.deep.equal(["node.hostname==one"]);
    expect(service(placed, "mysql-replica").placement?.constraints).to.deep.equal(["node.hostname!=one"]);
    const unnamed = await replicated(
      { placement: ["node.hostname==one"] },
      { swarm: { singleNode: false, placement: ["node.hostname==two"] } },
    );
    expect(service(unnamed, "mysql-replica").placement?.constraints).to.deep.equal(["node.hostname==two"]);
  });

  it("S5 a stack that changes its topology keeps the source's service and its data", async () => {
    const { resources: single } = await declared();
    const volume = (from: readonly DeclaredResource[]) =>
      ofKind(from, "Volume").find(({ name }) => name === "mysql-data")?.inputs["name"];
    expect(volume(single)).to.equal(volume(resources));
    expect(service(single, "mysql").inputs.name).to.equal(service(resources, "mysql").inputs.name);
  });

  const kubernetes = { platform: "kubernetes", kubernetes: { context: "x" } };
  const refusals: [string, Record<string, unknown>, Record<string, unknown>, string][] = [
    ["an order of start on Swarm", {}, { topology: "replicated", startOrder: "ordered" }, "mysql.startOrder: must be"],
    ["a mark of its own on Kubernetes", kubernetes, { installed: true }, "mysql.installed: only for platform swarm"],
    ["a placement on Kubernetes", kubernetes, { replicaPlacement: [] }, "mysql.replicaPlacement: only for platform"],
  ];
  for (const [what, platform, mysql, message] of refusals) {
    it(`A3 S5 refuses ${what}`, () => {
      const raw = { platform: "swarm", ...platform, sites: { b: { url: "http://b.test:81" } }, mysql };
      expect(() => parseStackConfig(raw)).to.throw(UserError, message);
    });
  }
});
