import { expect } from "chai";
import { DockerEngine } from "../../../engines/docker-engine";
import { CommandError, UserError } from "../../../errors";
import { operatorFile, shopServers, urlFile, type ShopServerName } from "../../../components/shop/settings";
import type { SwarmJob } from "../../../components/app";
import { parseStackConfig } from "../../../config/parse";
import type { SwarmStackConfig } from "../../../config/schema";
import { runJob } from "../../../ops/swarm/job";
import { rotatedPasswords } from "../../../stacks/apps";

/** An engine on which the job ends as told. */
class JobEngine extends DockerEngine {
  readonly asked: string[][] = [];

  constructor(private readonly failure?: CommandError) {
    super("unix:///nowhere");
  }

  override docker(args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
    this.asked.push([...args]);
    const [command, what] = args;
    if (command === "ps") {
      return Promise.resolve({ stdout: "first\nsecond\n", stderr: "" });
    }
    if (what === "ls") {
      return Promise.resolve({ stdout: "ghost-shop_discard-shop-redis\n", stderr: "" });
    }
    if (what === "inspect") {
      const files = Object.keys(shopServers).flatMap((server) => [
        urlFile(server as ShopServerName),
        operatorFile(server as ShopServerName),
      ]);
      const Secrets = files.map((Name) => ({ SecretName: `secret of ${Name}`, File: { Name } }));
      const services = [{ Spec: { Name: "ghost-shop_logins", TaskTemplate: { ContainerSpec: { Secrets } } } }];
      return Promise.resolve({ stdout: JSON.stringify(services), stderr: "" });
    }
    return what === "create" && this.failure
      ? Promise.reject(this.failure)
      : Promise.resolve({ stdout: "", stderr: what === "logs" ? "redis says to shop_operator: WRONGPASS\n" : "" });
  }
}

describe("what ends a former password of the shop", () => {
  const discard = (engine: DockerEngine, swarm = {}) => {
    const config = parseStackConfig({
      platform: "swarm",
      swarm,
      shop: {},
      secrets: { generations: { "shop-redis": 4 } },
    }) as SwarmStackConfig;
    const redis = rotatedPasswords(config).find(({ site }) => site === "shop-redis");
    expect(redis?.discard).to.not.equal(undefined);
    const stack = { platform: "swarm", name: "shop", swarmName: "ghost-shop", config, engine } as const;
    return runJob(stack, redis?.discard?.swarm as SwarmJob);
  };

  it("S7 S11 is a job that has the present address and the operator of that server, and is taken away", async () => {
    const engine = new JobEngine();
    await discard(engine);
    const created = engine.asked.find(([, what]) => what === "create") ?? [];
    expect(created.filter((_, index) => created[index - 1] === "--secret")).to.deep.equal(
      [urlFile("redis"), operatorFile("redis")].map(
        (file) => `source=secret of ${file},target=${file},uid=999,gid=999,mode=0400`,
      ),
    );
    // The fourth generation is shop_b's.
    expect(created.slice(-3)).to.deep.equal(["discard", "redis", "shop_a"]);
    expect(engine.asked).to.deep.include(["service", "rm", "ghost-shop_discard-shop-redis"]);
    // The engine would keep the containers of its tasks.
    expect(engine.asked.at(-1)).to.deep.equal(["rm", "first", "second"]);
  });

  it("S7 S11 finds its image where the registry wants a login, as the services do", async () => {
    for (const registryAuth of [true, false]) {
      const engine = new JobEngine();
      await discard(engine, { registryAuth });
      const created = engine.asked.find(([, what]) => what === "create") ?? [];
      expect(created.includes("--with-registry-auth")).to.equal(registryAuth);
    }
  });

  it("S7 A3 says in the job's own words why it did not, and not what the job is", async () => {
    const engine = new JobEngine(new CommandError("`docker service create … a whole script`", undefined, "id"));
    const refusal = await discard(engine).catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(UserError);
    expect(String(refusal))
      .to.contain("The former password of shop-redis was not ended: redis says to shop_operator: WRONGPASS")
      .and.not.contain("script");
    expect(engine.asked).to.deep.include(["service", "rm", "ghost-shop_discard-shop-redis"]);
  });
});
