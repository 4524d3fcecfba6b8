import { expect } from "chai";
import { PasswordStore } from "../../../../render/passwords";
import type { Resource } from "@pulumi/pulumi";
import { volumesOf, type ServiceSpec } from "../../../../backup/swarm/sources";
import { mysql } from "../../../../components/mysql/app";
import { parseStackConfig } from "../../../../config/parse";
import { UserError } from "../../../../errors";
import type { DeclaredResource } from "../../../../render/collect";
import { contentOf, declared, declaredOptions, ofKind, service } from "../../../support/swarm";

/** The same at each run. */
const passwords = new PasswordStore();

const group = async (own: Record<string, unknown> = {}, more: Record<string, unknown> = {}) =>
  (await declared({ mysql: { topology: "group", ...own }, ...more }, passwords)).resources;

describe("a group of MySQL servers on Swarm", () => {
  let resources: DeclaredResource[];
  before(async () => {
    resources = await group();
  });
  const members = ["mysql", "mysql-1", "mysql-2"];
  const volumes = (name: string) =>
    (service(resources, name).container.mounts ?? [])
      .filter(({ type }) => type === "volume")
      .map(({ source }) => source);

  it("S5 D2 is a service a member, each with a name and a volume of its own, and two proxies before them", () => {
    for (const [ordinal, name] of members.entries()) {
      const { container, inputs, networksAdvanceds } = service(resources, name);
      expect(inputs).to.deep.include({ mode: { replicated: { replicas: 1 } } });
      expect(container.hostname).to.equal(`mysql-${ordinal}`);
      expect(networksAdvanceds?.[0]?.aliases).to.deep.equal([...new Set([name, `mysql-${ordinal}`])]);
      expect(container.env).to.include({ MEMBER: `mysql-${ordinal}`, MEMBERS: "3" });
    }
    expect(members.flatMap(volumes)).to.deep.equal([
      ...["ghost-test_mysql-data", "ghost-test_mysql-tmp"],
      ...["ghost-test_mysql-data-1", "ghost-test_mysql-tmp-1", "ghost-test_mysql-data-2", "ghost-test_mysql-tmp-2"],
    ]);
    expect(service(resources, "mysql-primary").inputs).to.deep.include({ mode: { replicated: { replicas: 2 } } });
    expect(service(resources, "ghost-blog").container.env).to.include({ database__connection__host: "mysql-primary" });
  });

  it("S5 D2 members are found at their own addresses, whatever the stack's endpoints are", async () => {
    const virtual = await group({}, { swarm: { endpointMode: "vip" } });
    expect(service(virtual, "mysql-1").inputs.endpointSpec.mode).to.equal("dnsrr");
    expect(service(virtual, "mysql-primary").inputs.endpointSpec.mode).to.equal("vip");
  });

  it("S5 D2 one member is updated after the other, by either engine", async () => {
    const options = await declaredOptions({ mysql: { topology: "group" } });
    const after = members.map((name) =>
      ((options[name]?.dependsOn ?? []) as Resource[]).map((one) =>
        (one as unknown as { __name: string }).__name.replace(/^ghost-/, ""),
      ),
    );
    expect(after).to.deep.equal([[], ["mysql"], ["mysql-1"]]);
    for (const name of members) {
      expect(ofKind(resources, "Service").find((one) => one.name === name)?.inputs["labels"]).to.deep.include({
        label: "ghost-platform.one-after-another",
        value: "ghost-test_mysql",
      });
    }
  });

  it("S5 D2 ends no member that clones or recovers, however long it takes", () => {
    for (const name of members) {
      expect(service(resources, name).container.healthcheck).to.deep.include({
        tests: ["CMD", "bash", "/scripts/group-healthy.sh"],
        startPeriod: "24h",
      });
    }
  });

  it("S5 D2 that it has been up stands in a label: to learn of it restarts nothing", async () => {
    const known = await group({ installed: true });
    for (const name of members) {
      expect(service(known, name).inputs.taskSpec).to.deep.equal(service(resources, name).inputs.taskSpec);
    }
    const labels = (from: readonly DeclaredResource[]) =>
      JSON.stringify(ofKind(from, "Service").find(({ name }) => name === "mysql")?.inputs["labels"]);
    expect(labels(known)).to.contain('"ghost-platform.installed"');
    expect(labels(resources)).to.not.contain('"ghost-platform.installed"');
  });

  it("S5 D2 a stack that changes its topology keeps the first member's service and its data", async () => {
    const { resources: single } = await declared();
    const volume = (from: readonly DeclaredResource[]) =>
      ofKind(from, "Volume").find(({ name }) => name === "mysql-data")?.inputs["name"];
    expect(volume(single)).to.equal(volume(resources));
    expect(service(single, "mysql").inputs.name).to.equal(service(resources, "mysql").inputs.name);
  });

  it("S5 D2 members are where they are said to be, and the proxies where the rest is", async () => {
    const memberPlacement = ["node.hostname==a", "node.hostname==b", "node.hostname==c"];
    const swarm = { singleNode: false, placement: ["node.hostname==a"] };
    const placed = await group({ memberPlacement, placement: ["node.role==worker"] }, { swarm });
    expect(members.map((name) => service(placed, name).placement?.constraints)).to.deep.equal(
      memberPlacement.map((constraint) => [constraint]),
    );
    expect(service(placed, "mysql-primary").placement?.constraints).to.deep.equal(["node.role==worker"]);
  });

  it("S5 D2 no secret stands anywhere but in secrets, and the proxies have none", () => {
    const passwords = ofKind(resources, "Secret").map(contentOf);
    for (const name of [...members, "mysql-primary"]) {
      const values = Object.values(service(resources, name).container.env ?? {});
      expect(passwords.filter((password) => values.includes(password))).to.deep.equal([]);
    }
    expect(service(resources, "mysql-primary").container.secrets).to.deep.equal([]);
  });

  it("S5 D2 S9 a backup has the first member's databases, and nothing of the others", () => {
    const saved = members.flatMap((name) => {
      const { env = {}, mounts = [], secrets = [] } = service(resources, name).container;
      const spec: ServiceSpec = {
        Name: name,
        TaskTemplate: {
          ContainerSpec: {
            Image: "mysql",
            Env: Object.entries(env).map(([key, value]) => `${key}=${value}`),
            Mounts: mounts.map(({ source, target, type }) => ({ Type: type, Source: source ?? "", Target: target })),
            Secrets: secrets.map(({ fileName }) => ({ File: { Name: fileName ?? "" } })),
          },
        },
      };
      return volumesOf(spec, "ghost-test", 1).map(({ kind, volume }) => `${kind} ${volume.name}`);
    });
    expect(saved).to.deep.equal(["mysql ghost-test_mysql-data"]);
  });

  it("S5 D2 S7 every member's passwords rotate, and the former ones end at the primary", () => {
    const sites = { b: { url: "http://localhost:2368" } };
    const config = parseStackConfig({ platform: "swarm", sites, mysql: { topology: "group", replicas: 5 } });
    const [password] = mysql.passwords?.(config) ?? [];
    expect(password?.swarm.services).to.deep.equal(["mysql", "mysql-1", "mysql-2", "mysql-3", "mysql-4"]);
    expect(password?.discard?.swarm?.variables).to.include({ DB_HOST: "mysql-primary" });
  });

  const several = { swarm: { singleNode: false, placement: ["node.hostname==a"] } };
  const refusals: [string, Record<string, unknown>, Record<string, unknown>, string][] = [
    ["members without a node each", {}, several, "mysql.memberPlacement: a local volume cannot follow"],
    [
      "members that are pinned to no node",
      { memberPlacement: ["node.role==worker", "node.role==worker", "node.role==worker"] },
      several,
      "mysql.memberPlacement: a local volume cannot follow",
    ],
    [
      "members that are all on one node of several",
      { memberPlacement: ["node.hostname==a", "node.hostname == a", "node.hostname==a"] },
      several,
      "mysql.memberPlacement: pins all members to one node",
    ],
    [
      "a placement for some members",
      { memberPlacement: ["node.hostname==a", "node.hostname==b"] },
      several,
      "mysql.memberPlacement: must have a constraint for each of the 3 members (got 2)",
    ],
    [
      "one directory for all members",
      { storage: { driverOptions: { type: "nfs", o: "addr=10.0.0.1", device: ":/data" } } },
      {},
      "mysql.storage.driverOptions.device: each member of a group needs a place of its own",
    ],
    ["a member's placement without a group", { topology: "single", memberPlacement: [] }, {}, "mysql.memberPlacement"],
  ];
  for (const [what, own, more, message] of refusals) {
    it(`A3 S5 D2 refuses ${what}`, () => {
      const sites = { b: { url: "http://localhost:2368" } };
      const raw = { platform: "swarm", sites, mysql: { topology: "group", ...own }, ...more };
      expect(() => parseStackConfig(raw)).to.throw(UserError, message);
    });
  }
});
