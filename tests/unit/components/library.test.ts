import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { GhostWithMySql, MailRelay } from "../../../components/kubernetes";
import { GhostWithMySql as GhostOnSwarm, Shop, type SwarmTransforms } from "../../../components/swarm";
import { defaultImages as images } from "../../../config/images";
import { UserError } from "../../../errors";
import { claimName } from "../../../platforms/claimed-names";
import { contentHash } from "../../../platforms/content-hash";
import type { DeclaredResource } from "../../../render/collect";
import { everyKubernetesComponent, everySwarmComponent, run, someStack } from "../../support/every-component";
import { rejection } from "../../support/rejection";

const platforms = {
  Kubernetes: (name: string, transform?: never) => everyKubernetesComponent(name, { transform }),
  Swarm: (name: string, transform?: never) => {
    const stack = someStack("press", transform);
    return everySwarmComponent(name, { stack, transform });
  },
};

const isObject = ({ type }: { type: string }) => /^(kubernetes|docker|random|tls):/.test(type);
const described = ({ name, type }: { name: string; type: string }) => `${type} ${name}`;
/** Adjusts what it is asked for by any name. */
const adjuster = (adjust: (args: Record<string, unknown>, kind: string, name: string) => void) =>
  new Proxy(
    {},
    {
      get: (_, kind) => (args: Record<string, unknown>, __: unknown, name: string) => adjust(args, String(kind), name),
    },
  ) as never;

describe("components in somebody's own program", function () {
  this.timeout(60_000);

  for (const [platform, declare] of Object.entries(platforms)) {
    let asked: Awaited<ReturnType<typeof run>>["asked"];
    before(async () => {
      ({ asked } = await run(() => declare("one")));
    });

    it(`K1 ${platform}: each child is named after its component`, () => {
      const children = asked.filter((child) => child.owner !== undefined && isObject(child));
      expect(children.length).to.be.greaterThan(30);
      for (const { name, owner } of children) {
        expect(name === owner || name.startsWith(`${owner}-`), `${name} of ${owner}`).to.equal(true);
      }
    });

    it(`K2 ${platform}: transform reaches every child that is registered, and what it changes arrives`, async () => {
      const reached: string[] = [];
      const label = [{ label: "adjusted", value: "yes" }];
      const { asked: adjusted, resources } = await run(() =>
        declare(
          "one",
          adjuster((args, kind, name) => {
            reached.push(name);
            if (["authority", "certificate", "key", "request"].includes(kind)) {
              // Values of the engine's own, which no platform sees.
              return;
            }
            if (kind === "password") {
              args["keepers"] = { adjusted: "yes" };
            } else if (platform === "Kubernetes") {
              args["metadata"] = { ...(args["metadata"] as object), annotations: { adjusted: "yes" } };
            } else {
              args["labels"] = [...((args["labels"] ?? []) as object[]), ...label];
            }
          }),
        ),
      );
      const objects = adjusted.filter(isObject);
      expect(reached.sort()).to.deep.equal(objects.map(({ name }) => name).sort());
      const passwords = objects.filter(({ type }) => type.startsWith("random:"));
      expect(passwords.filter(({ props }) => (props as { keepers?: unknown }).keepers === undefined)).to.deep.equal([]);
      const unchanged = resources.filter(({ inputs }) => !JSON.stringify(inputs).includes("adjusted"));
      expect(unchanged.map(described)).to.deep.equal([]);
    });

    it(`K2 ${platform}: a component hands out every child`, () => {
      const parts = asked.flatMap(({ resource, type }) => (type.startsWith("ghost-platform:") ? [resource] : []));
      const handed = parts.flatMap((part) =>
        Object.values((part as { nodes?: Record<string, Record<string, pulumi.Resource>> }).nodes ?? {}).flatMap(
          (kind) => Object.values(kind),
        ),
      );
      const children = asked
        .filter((child) => child.owner !== undefined && isObject(child))
        .map(({ resource }) => resource);
      expect(children.filter((child) => !handed.includes(child))).to.deep.equal([]);
    });
  }

  it("K1 two of everything in one namespace, and in two", async () => {
    const { resources } = await run(() => {
      everyKubernetesComponent("one", {});
      everyKubernetesComponent("two", {});
      everyKubernetesComponent("three", { namespace: pulumi.output("elsewhere") });
    });
    const sets = resources.filter(({ type }) => type.endsWith(":StatefulSet")).map(metadata);
    expect(sets.map(({ name }) => name)).to.include.members(["one-ghost-mysql", "two-ghost-mysql", "two-set-mysql"]);
  });

  it("K1 two of everything in one swarm stack, and in two", async () => {
    const { resources } = await run(() => {
      const stack = someStack("press");
      everySwarmComponent("one", { stack });
      everySwarmComponent("two", { stack });
      everySwarmComponent("six", { stack: someStack("other") });
    });
    const names = resources.map(({ inputs }) => String(inputs["name"]));
    expect(names).to.include.members([
      ...["press_one-ghost-mysql", "press_two-ghost-blog", "press_two-shop-postgres", "press_two-monitoring-grafana"],
      ...["other_frontend", "other_six-ghost-mysql"],
    ]);
    const env = (name: string) => JSON.stringify(resources.find(({ inputs }) => inputs["name"] === name)?.inputs);
    expect(env("press_two-shop-orders")).to.contain("http://two-shop-products:3000");
    expect(env("press_two-ghost-blog")).to.contain('"two-ghost-mysql"');
  });

  it("K1 objects are called by `name`, and those of two components never alike", async () => {
    const site = { url: "http://blog.test" };
    const program = (names: [string, string], namespaces: [string, string] = ["press", "press"]) =>
      run(() =>
        names.map((name, index) => {
          // An output, as that of a Namespace is.
          const namespace = pulumi.output(namespaces[index] ?? "");
          return new GhostWithMySql(`ghost${index}`, { namespace, images, mysql: { name }, sites: { blog: site } });
        }),
      );
    const { resources } = await program(["mysql", "db"]);
    expect(resources.filter(({ type }) => type.endsWith(":StatefulSet")).map(metadata)).to.deep.include({
      name: "db",
      namespace: "press",
    });
    const error = await rejection(program(["mysql", "mysql"]));
    expect(error.message).to.match(
      /(Secret|ConfigMap) mysql-\S+ in namespace press: the program declares two of this name, ghost0-mysql-\S+ and ghost1-mysql-\S+\. Give/,
    );
    await program(["mysql", "mysql"], ["press", "other"]);
    const shops = run(() => {
      const stack = someStack("press");
      ["one", "two"].map((name, index) => new Shop(name, { stack, images, port: 9000 + index, servicePrefix: "" }));
    });
    const alike = await rejection(shops);
    expect(alike).to.be.instanceOf(UserError);
    expect(alike.message).to.contain("declares two of this name, one-postgres");
    // The Node.js of the Pulumi engine asks this before it prints a stack trace.
    expect(pulumi.RunError.isInstance(alike), "a mistake in anybody's program is told without a stack trace").to.equal(
      true,
    );
    expect(pulumi.RunError.isInstance(new Error("of this project")), "a fault keeps its trace").to.equal(false);
  });

  it("K1 two providers may have one name each, and one not two", async () => {
    await run(() => {
      const [east, west] = ["east", "west"].map((context) => new k8s.Provider(context, { context }));
      claimName("Service mysql in namespace press", "one", east);
      claimName("Service mysql in namespace press", "two", west);
      expect(() => claimName("Service mysql in namespace press", "three", west)).to.throw(UserError, "two and three");
    });
  });

  it("provider, protection and dependencies of a component are its children's", async () => {
    const registered: string[] = [];
    let provider: k8s.Provider | undefined;
    const { asked, resources } = await run(() => {
      provider = new k8s.Provider("east", { context: "east" });
      const first = new k8s.core.v1.ConfigMap("first", {});
      everyKubernetesComponent("one", {}, { provider, protect: true, dependsOn: first });
    });
    registered.push(...resources.map(({ name }) => name));
    expect(registered[0]).to.equal("first");
    const children = asked.filter((child) => child.owner !== undefined && child.type.startsWith("kubernetes:"));
    for (const { name, resource, type } of children) {
      expect(resource.getProvider(type), name).to.equal(provider);
      expect((resource as unknown as { __protect: boolean }).__protect, name).to.equal(true);
    }
  });

  it("K2 the name of a config, secret, volume, mail password or image Job follows from what it holds after the adjustment", async () => {
    const objects = async (transform: SwarmTransforms) => {
      const declare = () =>
        new GhostOnSwarm("ghost", {
          stack: someStack("press"),
          images,
          sites: { blog: { url: "http://blog.test", transform } },
          mysql: { transform },
        });
      return (await run(declare)).resources;
    };
    const text = Buffer.from("changed").toString("base64");
    const changed = await objects({
      config: (args, _, name) => void (name.includes("-migrate.js") && (args.data = text)),
      secret: (args, _, name) => void (name.includes("-monitor.cnf") && (args.data = text)),
      volume: (args, _, name) => void (name.endsWith("-content") && (args.driverOpts = { type: "nfs" })),
    });
    const later = await objects({
      config: (args, _, name) => void (name.includes("-migrate.js") && (args.data = pulumi.output(text))),
      secret: (args) => void (args.labels = []),
    });
    const plain = await objects({});
    const named = (from: DeclaredResource[] | readonly DeclaredResource[], start: string) =>
      from.map(({ inputs }) => String(inputs["name"])).filter((name) => name.startsWith(start));
    const version = contentHash(Buffer.from("changed"));
    expect(named(changed, "press_ghost-blog-migrate.js")).to.deep.equal([`press_ghost-blog-migrate.js-${version}`]);
    expect(named(later, "press_ghost-blog-migrate.js")).to.deep.equal([`press_ghost-blog-migrate.js-${version}`]);
    const ghost = changed.find(({ inputs }) => inputs["name"] === "press_ghost-blog");
    expect(JSON.stringify(ghost?.inputs)).to.contain(`press_ghost-blog-migrate.js-${version}`);
    const secret = named(changed, "press_ghost-mysql-monitor.cnf-");
    expect(secret).to.have.length(1);
    expect(secret).to.not.deep.equal(named(plain, "press_ghost-mysql-monitor.cnf-"));
    expect(secret[0], "a hash that anybody can make would let guesses be checked").to.not.contain(version);
    expect(named(later, "press_ghost-mysql-")).to.deep.equal(named(plain, "press_ghost-mysql-"));
    const volume = `press_ghost-blog-content-${contentHash("local", "type", "nfs")}`;
    expect(named(changed, "press_ghost-blog-content")).to.deep.equal([volume]);
    expect(JSON.stringify(ghost?.inputs)).to.contain(`"source":"${volume}"`);
  });

  it("K2 on Kubernetes pods restart with the files that they have after the adjustment", async () => {
    const hashes = async (text: string | undefined) => {
      const { resources } = await run(() =>
        everyKubernetesComponent("one", {
          transform: {
            configMap: (args) => {
              if (text !== undefined) {
                args.data = pulumi.output(args.data).apply((data = {}) => ({ ...data, more: text }));
              }
            },
            imagePull: (args) => {
              args.spec = pulumi
                .output(args.spec ?? {})
                .apply((spec) => ({ ...spec, backoffLimit: text ? 9 : 2 })) as never;
            },
          },
        }),
      );
      const annotation = ({ inputs }: DeclaredResource) =>
        /"ghost-platform\/configuration":"(\w+)"/.exec(JSON.stringify(inputs))?.[1];
      const of = (kind: RegExp) => resources.filter(({ type }) => kind.test(type));
      return {
        pods: of(/:(StatefulSet)$/).map(annotation),
        deployments: of(/:Deployment$/)
          .filter((resource) => !metadata(resource).name.endsWith("mailpit"))
          .map(annotation),
        jobs: of(/:Job$/).map((job) => metadata(job).name),
      };
    };
    const [before, same, after] = [await hashes(undefined), await hashes(undefined), await hashes("changed")];
    expect(same).to.deep.equal(before);
    // Three servers, each with a site, and one elsewhere; the proxies of the group, and who makes databases elsewhere; what watches; the edge.
    const expected = { pods: 3, deployments: 11, jobs: 4 };
    for (const kind of ["pods", "deployments", "jobs"] as const) {
      expect(before[kind]).to.have.length(expected[kind]);
      before[kind].forEach((hash, index) => expect(after[kind][index]).to.not.equal(hash));
    }
  });

  it("K2 a mail relay's Secret has another name with another content", async () => {
    const nameOf = async (password: string) => {
      const args = { namespace: "press", host: "smtp.test", port: 587, login: { username: "u", password: "given" } };
      const { resources } = await run(
        () =>
          new MailRelay("relay", {
            ...args,
            transform: { secret: (secret) => void (secret.stringData = { password }) },
          }),
      );
      return resources.map((resource) => metadata(resource).name).join();
    };
    expect(await nameOf("one")).to.match(/^relay-[0-9a-f]{10}$/);
  });
});

function metadata({ inputs }: DeclaredResource): { name: string; namespace: string } {
  const { name, namespace } = inputs["metadata"] as { name: string; namespace: string };
  return { name, namespace };
}
