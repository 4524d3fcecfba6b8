import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { expect } from "chai";
import { parseStackConfig } from "../../../config/parse";
import { collect } from "../../../render/collect";
import { PasswordStore } from "../../../render/passwords";
import { refusePlainSecrets } from "../../../render/plain-secrets";
import { rejection } from "../../support/rejection";

const config = parseStackConfig({
  platform: "kubernetes",
  kubernetes: { context: "none" },
  sites: { blog: { url: "http://localhost:2368" } },
});

describe("collecting a program's resources", () => {
  it("A4 runs the stack's own program and gives its objects, without components and random values", async () => {
    const { resources } = await collect(config, "dev");
    const types = resources.map(({ type }) => type);
    expect(types).to.include.members(["kubernetes:core/v1:Namespace", "kubernetes:apps/v1:StatefulSet"]);
    expect(types.filter((type) => !type.startsWith("kubernetes:"))).to.deep.equal([]);
  });

  it("A4 gives the same resources for the same passwords, run after run in one process", async () => {
    const passwords = new PasswordStore();
    const first = await collect(config, "dev", passwords);
    const second = await collect(config, "dev", passwords);
    const sorted = (resources: typeof first.resources) => resources.map((resource) => JSON.stringify(resource)).sort();
    expect(sorted(second.resources)).to.deep.equal(sorted(first.resources));
  });

  it("A5 tells where secrets stand, and refuses them outside a Secret", async () => {
    const { resources } = await collect(config, "dev", undefined, () => {
      const password = new random.RandomPassword("password", { length: 33, special: false }).result;
      new k8s.core.v1.Secret("good", { stringData: { password } });
      new k8s.core.v1.ConfigMap("bad", { data: { password } });
      return {};
    });
    const good = resources.find(({ name }) => name === "good");
    const bad = resources.find(({ name }) => name === "bad");
    expect(good?.secretPaths).to.deep.equal(["stringData"]);
    expect(bad?.inputs["data"])
      .to.have.property("password")
      .that.matches(/^[A-Za-z0-9]{33}$/);
    expect(() => refusePlainSecrets(resources)).to.throw(/ConfigMap bad would hold a secret in plain text: data/);
    expect(() => refusePlainSecrets(good ? [good] : [])).not.to.throw();
  });

  it("hands on what the program throws, also from inside an apply", async () => {
    const direct = collect(config, "dev", undefined, () => {
      throw new Error("at once");
    });
    expect((await rejection(direct)).message).to.contain("at once");
    const inside = collect(config, "dev", undefined, () => {
      const data = pulumi.output("x").apply((): Record<string, string> => {
        throw new Error("in an apply");
      });
      new k8s.core.v1.ConfigMap("map", { data });
      return {};
    });
    expect((await rejection(inside)).message).to.contain("in an apply");
    // The next program does not notice.
    expect((await collect(config, "dev")).resources).not.to.have.length(0);
  });

  it("refuses a random value that would change from run to run", async () => {
    const declared = collect(config, "dev", undefined, () => {
      new random.RandomPet("pet");
      return {};
    });
    expect((await rejection(declared)).message).to.contain("RandomPet");
  });

  it("A4 keeps the passwords of what the program has no more: it may come back, and a swarm has its secret still", async () => {
    const passwords = new PasswordStore();
    const withSites = (...names: string[]) =>
      parseStackConfig({
        platform: "kubernetes",
        kubernetes: { context: "none" },
        sites: Object.fromEntries(names.map((name, index) => [name, { url: `http://localhost:${2368 + index}` }])),
      });
    const passwordOf = async (...names: string[]) => {
      const { resources } = await collect(withSites(...names), "dev", passwords);
      return resources.find(({ name }) => name === "ghost-mysql-db-shop")?.inputs["stringData"];
    };
    const first = await passwordOf("blog", "shop");
    expect(await passwordOf("blog")).to.equal(undefined);
    expect(await passwordOf("blog", "shop")).to.deep.equal(first);
  });
});
