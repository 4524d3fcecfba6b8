import { expect } from "chai";
import {
  inUseOnCluster,
  inUseOnSwarm,
  refuseFormerPasswords,
  type PasswordInUse,
  type Workload,
} from "../../../deploy/before/passwords-in-use";
import type { SwarmService, SwarmTask } from "../../../deploy/before/services-in-use";
import type { RawConfig } from "../../../config/files/machine";
import { parseStackConfig } from "../../../config/parse";
import { shopPasswords } from "../../../config/generations";
import { UserError } from "../../../errors";
import { wantedGeneration } from "../../../ops/rotation";
import { isThrough, passwordLines, passwordReport, rotatablePassword } from "../../../ops/secrets";
import { PasswordStore } from "../../../render/passwords";
import { rotatedPasswords } from "../../../stacks/apps";
import { manifestsOf, object } from "../../support/kubernetes";
import { declared, service } from "../../support/swarm";

const generations = (blog: number): RawConfig => ({ secrets: { generations: { blog } } });

describe("npm run ops -- secrets", function () {
  this.timeout(30_000);

  const stack = (raw: RawConfig) => ({
    name: "swarm",
    config: parseStackConfig({ platform: "swarm", sites: { blog: { url: "http://localhost:2368" } }, ...raw }),
  });

  /** The passwords of a stack, with the generations that run, by what names each. */
  const running = (raw: RawConfig, inUse: Record<string, number[]> = {}): PasswordInUse[] =>
    rotatedPasswords(stack(raw).config).map((password) => ({
      ...password,
      inUse: inUse[password.site ?? "mysql"] ?? [],
    }));
  const listed = (raw: RawConfig) => running(raw).map(passwordReport);
  /** The generations of each password that runs, by what names it. */
  const found = (passwords: readonly PasswordInUse[]) =>
    Object.fromEntries(
      passwords.filter(({ inUse }) => inUse.length > 0).map(({ inUse, site = "mysql" }) => [site, inUse]),
    );

  it("S7 lists each site with its user and its generations", () => {
    const wordpress = { magazine: { url: "http://localhost:8080" } };
    expect(listed({ ...generations(3), wordpress })).to.deep.equal([
      { site: "blog", username: "ghost_blog", generation: 3, kept: [2, 1], inUse: [] },
      { site: "magazine", username: "wp_magazine", generation: 1, kept: [], inUse: [] },
      { username: "root, monitor, backup", generation: 1, kept: [], inUse: [] },
    ]);
    const [, server] = listed({ mysql: { topology: "replicated", passwordGeneration: 4 } });
    expect(server).to.deep.equal({
      username: "root, replication, clone, monitor, backup",
      generation: 4,
      kept: [],
      inUse: [],
    });
    expect(listed({ sites: {}, shop: {} })).to.deep.equal([
      { site: "shop-postgres", username: "shop_a", generation: 1, kept: [], inUse: [] },
      { site: "shop-redis", username: "shop_a", generation: 1, kept: [], inUse: [] },
      { site: "shop-rabbitmq", username: "shop_a", generation: 1, kept: [], inUse: [] },
    ]);
  });

  it("S7 says which rotation is not through", () => {
    const report = (inUse: number[]) => ({ site: "blog", username: "ghost_blog", generation: 2, kept: [1], inUse });
    expect([[2], [], [1, 2], [1]].map((inUse) => isThrough(report(inUse)))).to.deep.equal([true, true, false, false]);
    expect(passwordLines([report([1, 2])])).to.deep.equal([
      "SITE  USER        GENERATION  IN USE  KEPT",
      "blog  ghost_blog           2  1 2     1",
      "The rotation of blog is not through: npm run ops -- secrets rotate blog goes on with it.",
    ]);
    expect(passwordLines([report([2])])).to.have.length(2);
    const server = { username: "root, monitor, backup", generation: 2, kept: [], inUse: [1, 2] };
    expect(passwordLines([server]).slice(1)).to.deep.equal([
      "(--mysql)  root, monitor, backup           2  1 2",
      "The rotation of the database server is not through: npm run ops -- secrets rotate --mysql goes on with it.",
    ]);
  });

  for (const [what, raw, words] of [
    ["replication", { mysql: { topology: "replicated" } }, "npm run ops -- secrets rotate --mysql --stack swarm"],
    ["mysql", {}, "own users (root, monitor, backup) are rotated together"],
    [
      "inbox",
      { shop: {} },
      "those that are: blog, shop-postgres, shop-redis, shop-rabbitmq. It changes together with all",
    ],
    ["shop_operator", { shop: {} }, "npm run destroy -- --stack swarm"],
    [
      "redis",
      { shop: {} },
      'no password "redis" that can be rotated. It has: blog, shop-postgres, shop-redis, shop-rabb',
    ],
    ["shop-redis", {}, 'Stack swarm has no password "shop-redis" that can be rotated. It has: blog'],
    ["replication", {}, 'Stack swarm has no password "replication" that can be rotated. It has: blog'],
  ] as const) {
    it(`S7 A3 refuses to rotate the password of ${what} (${words})`, () => {
      expect(() => rotatablePassword(stack(raw), running(raw), what)).to.throw(UserError, words);
    });
  }

  for (const password of Object.values(shopPasswords)) {
    it(`S7 S11 ${password} is that of two logins in turn`, () => {
      const shop = (generation: number) => {
        const raw = { shop: {}, secrets: { generations: { [password]: generation } } };
        return rotatablePassword(stack(raw), running(raw), password);
      };
      expect([1, 2, 3].map((generation) => shop(generation).username)).to.deep.equal(["shop_a", "shop_b", "shop_a"]);
      expect(() => stack({ secrets: { generations: { [password]: 2 } } })).to.throw(
        UserError,
        `secrets.generations.${password}: there is no site of this name`,
      );
    });
  }

  it("S7 makes another password only when every container has the present one", () => {
    const wanted = (raw: RawConfig, site: string | undefined, inUse: number[], resume = false) =>
      wantedGeneration("dev", rotatablePassword(stack(raw), running(raw, { [site ?? "mysql"]: inUse }), site), resume);
    const blog = (inUse: number[], resume = false) => wanted(generations(2), "blog", inUse, resume);
    expect(blog([2])).to.equal(3);
    // Stopped before it was deployed, and in the middle of it.
    expect(blog([1])).to.equal(2);
    expect(blog([1, 2])).to.equal(2);
    expect(blog([2], true)).to.equal(2);
    expect(() => blog([])).to.throw(UserError, "Site blog is not deployed");
    const server = (inUse: number[]) => wanted({ mysql: { passwordGeneration: 2 } }, undefined, inUse);
    expect(server([1, 2])).to.equal(2);
    expect(server([2])).to.equal(3);
    expect(() => server([])).to.throw(UserError, "The database server is not deployed");
  });

  it("S7 A3 refuses a stack file from before a rotation", () => {
    const refuse = (inUse: Record<string, number[]>) => () => {
      refuseFormerPasswords("dev", running(generations(2), inUse));
    };
    expect(refuse({ blog: [1, 2], mysql: [1] })).to.not.throw();
    expect(refuse({})).to.not.throw();
    expect(refuse({ blog: [2, 3], mysql: [1] })).to.throw(
      UserError,
      "secrets.generations.blog: is 2, and site blog already runs with password 3. Take the file that says so, or set it to 3",
    );
  });

  it("S7 S11 A3 refuses a stack file that would give a login of the shop another password while tasks have it", () => {
    const refuse = (wanted: number, inUse: number[]) => () => {
      const raw = { shop: {}, secrets: { generations: { "shop-redis": wanted } } };
      refuseFormerPasswords("shop", running(raw, { "shop-redis": inUse }));
    };
    expect(refuse(3, [2])).to.not.throw();
    expect(refuse(3, [2, 3])).to.not.throw();
    expect(refuse(3, [])).to.not.throw();
    for (const inUse of [[1], [1, 2]]) {
      expect(refuse(3, inUse)).to.throw(
        UserError,
        "secrets.generations.shop-redis: is 3, and the shop runs with password 1. Set it to 2 at most; one rotation",
      );
    }
  });

  it("S7 A3 refuses a stack file that is not what the database server has, nor what comes next", () => {
    const refuse = (server: number[]) => () => {
      refuseFormerPasswords("dev", running({ mysql: { passwordGeneration: 3 } }, { mysql: server }));
    };
    for (const server of [[], [3], [2], [2, 3]]) {
      expect(refuse(server)).to.not.throw();
    }
    expect(refuse([3, 4])).to.throw(
      UserError,
      "mysql.passwordGeneration: is 3, and the database server already runs with password 4",
    );
    for (const server of [[1], [1, 2]]) {
      expect(refuse(server)).to.throw(
        UserError,
        "mysql.passwordGeneration: is 3, and the database server runs with password 1. Set it to 2 at most",
      );
    }
  });

  for (const topology of ["single", "replicated"] as const) {
    it(`S7 sees which passwords a ${topology} database server has`, async () => {
      const mysql = (passwordGeneration: number) => ({ mysql: { topology, passwordGeneration } });
      const set = async (generation: number) =>
        object(await manifestsOf(mysql(generation)), "StatefulSet", "mysql") as unknown as Workload;
      const [former, present] = [await set(1), await set(2)];
      const pod: Workload = { metadata: former.metadata, spec: former.spec.template?.spec ?? {} };
      const onCluster = (...workloads: Workload[]) => found(inUseOnCluster(running(mysql(2)), workloads));
      expect(onCluster(present)).to.deep.equal({ mysql: [2] });
      expect(onCluster(present, pod)).to.deep.equal({ mysql: [1, 2] });
      expect(onCluster()).to.deep.equal({});

      const deployed = async (generation: number): Promise<SwarmService> => {
        const { env = {} } = service((await declared(mysql(generation))).resources, "mysql").container;
        const Env = Object.entries(env).map(([name, value]) => `${name}=${value}`);
        return { ID: "id", Spec: { Name: "ghost-test_mysql", TaskTemplate: { ContainerSpec: { Env } } } };
      };
      const task = { ServiceID: "id", Spec: (await deployed(1)).Spec.TaskTemplate };
      const onSwarm = (services: SwarmService[], tasks: SwarmTask[]) =>
        found(inUseOnSwarm(running(mysql(2)), "ghost-test", { services, tasks }));
      expect(onSwarm([await deployed(2)], [task])).to.deep.equal({ mysql: [1, 2] });
      expect(onSwarm([], [])).to.deep.equal({});
      const before = { ID: "id", Spec: { Name: "ghost-test_mysql", TaskTemplate: { ContainerSpec: {} } } };
      expect(onSwarm([before], []), "deployed by an earlier version").to.deep.equal({ mysql: [1] });
    });
  }

  it("S7 sees which passwords the pods of a cluster have", async () => {
    const deployment = async (generation: number) => {
      const manifest = object(await manifestsOf(generations(generation)), "Deployment", "ghost-blog");
      return manifest as unknown as Workload;
    };
    const [former, present] = [await deployment(1), await deployment(2)];
    const pod: Workload = { metadata: former.metadata, spec: former.spec.template?.spec ?? {} };
    const onCluster = (...workloads: Workload[]) => found(inUseOnCluster(running({}), workloads));
    expect(onCluster(present)).to.deep.equal({ blog: [2] });
    expect(onCluster(present, pod)).to.deep.equal({ blog: [1, 2] });
    expect(onCluster()).to.deep.equal({});
  });

  /** The services of a stack, as a swarm has them. */
  const deployed = async (raw: RawConfig, passwords: PasswordStore): Promise<(name: string) => SwarmService> => {
    const { resources } = await declared(raw, passwords);
    return (name) => {
      const Secrets = (service(resources, name).container.secrets ?? []).map(({ fileName, secretName }) => ({
        SecretName: secretName ?? "",
        File: { Name: fileName },
      }));
      return { ID: name, Spec: { Name: `ghost-test_${name}`, TaskTemplate: { ContainerSpec: { Secrets } } } };
    };
  };

  it("S7 S11 sees which passwords the services of the shop have", async () => {
    const passwords = new PasswordStore();
    const shop = (generation: number) => ({
      shop: {},
      secrets: { generations: { "shop-postgres": generation, "shop-redis": 4 } },
    });
    const [former, present] = [await deployed(shop(1), passwords), await deployed(shop(2), passwords)];
    const inUse = (...[services, tasks]: [SwarmService[], SwarmTask[]]) =>
      found(inUseOnSwarm(running(shop(2)), "ghost-test", { services, tasks }));
    const others = { "shop-redis": [4], "shop-rabbitmq": [1] };
    expect(inUse([present("products"), former("orders")], [])).to.deep.equal({ "shop-postgres": [1, 2], ...others });
    expect(inUse([present("products"), present("orders")], [])).to.deep.equal({ "shop-postgres": [2], ...others });
    // Whoever makes the login known is one of those that must have it.
    expect(inUse([former("logins")], [])).to.deep.include({ "shop-postgres": [1] });
    const task = { ServiceID: "orders", Spec: former("orders").Spec.TaskTemplate };
    expect(inUse([present("products"), present("orders")], [task])).to.deep.include({ "shop-postgres": [1, 2] });
  });

  it("S7 sees which passwords the tasks of a swarm have", async () => {
    const passwords = new PasswordStore();
    const [former, present] = [
      (await deployed(generations(1), passwords))("ghost-blog"),
      (await deployed(generations(2), passwords))("ghost-blog"),
    ];
    const task = { ServiceID: "ghost-blog", Spec: former.Spec.TaskTemplate };
    const onSwarm = (services: SwarmService[], tasks: SwarmTask[]) =>
      found(inUseOnSwarm(running({}), "ghost-test", { services, tasks }));
    expect(onSwarm([present], [])).to.deep.equal({ blog: [2] });
    expect(onSwarm([present], [task])).to.deep.equal({ blog: [1, 2] });
    expect(onSwarm([], [])).to.deep.equal({});
  });
});
