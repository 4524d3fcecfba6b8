import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { projectDirectory } from "../../../home/project";
import { ofEachServer, serverLogin, type ShopServerName } from "../../../components/shop/settings";
import { writeStackFile } from "../../../config/files/edit-stack-file";
import { shopPasswords } from "../../../config/generations";
import { SteadyLoad } from "../../../drills/steady-load";
import type { PasswordReport } from "../../../ops/secrets";
import { shopImages } from "../../../sandbox/images";
import { succeeded, type Place } from "../support/place";
import { keepStackFile } from "../support/rotation";
import { ShopClient } from "../support/shop-client";
import { ShopLogins } from "../support/shop-logins";
import { nothing, swarmPlace, type Engine } from "../support/swarm-place";
import { timed, until } from "../support/until";

/** It deploys the shop seven times: `npm run e2e -- swarm --long`. */
const long = process.env["E2E_LONG"] ? describe : describe.skip;

/** The shop's passwords of PostgreSQL, Redis and RabbitMQ are rotated while customers order. */
long("secrets rotate with the shop on Docker Swarm", () => {
  const stack = "ghost-shop";
  const customer = { name: "ada", password: "a long enough phrase 7" };
  const servers = Object.keys(shopPasswords) as ShopServerName[];
  let place: Place;
  let engine: Engine;
  let shop: ShopClient;
  let logins: ShopLogins;
  /** The addresses that worked once and shall not any more. */
  const formerOnes: Record<ShopServerName, string>[] = [];

  keepStackFile("shop");

  const current = (server: ShopServerName) => engine.current(`${stack}_${server}`);
  const reports = async () => {
    const all = await place.opsJson<PasswordReport[]>("secrets list");
    return ofEachServer((server) => all.find(({ site }) => site === shopPasswords[server]));
  };
  const addresses = async () => ({
    postgres: await logins.address("postgres"),
    redis: await logins.address("redis"),
    rabbitmq: await logins.address("rabbitmq"),
  });
  const writeGenerations = (generations: Partial<Record<ShopServerName, number>>) =>
    writeStackFile(
      projectDirectory,
      "shop",
      Object.entries(generations).map(([server, value]) => ({
        keys: ["secrets", "generations", shopPasswords[server as ShopServerName]],
        value,
      })),
    );
  const rotate = (server: ShopServerName, ...options: string[]) =>
    place.ops("secrets rotate", shopPasswords[server], ...options);

  /** Each customer orders, which goes through all three servers, and reads the order back with the session of the beginning. */
  const underLoad = async (what: string, work: () => Promise<void>) => {
    const placed: number[] = [];
    const load = new SteadyLoad(async () => {
      const order = await shop.order("Ink, blue-black", 1);
      placed.push(order);
      return (await shop.ask(`/api/orders/${order}`)).status;
    });
    await timed(what, work);
    const { failed, longestGap, requests, statuses } = await load.stop();
    console.log(`      ⏱ ${failed} of ${requests} orders failed meanwhile`);
    expect(failed, `${JSON.stringify(statuses)}, for ${longestGap.toFixed(0)} ms at most`).to.equal(0);
    for (const order of placed) {
      await shop.confirmed(order);
    }
  };
  const expectThrough = async (server: ShopServerName, generation: number, former: string) => {
    const username = serverLogin(generation);
    expect((await reports())[server]).to.deep.include({ generation, inUse: [generation], username });
    expect(await logins.takes(server, await logins.address(server))).to.equal(true);
    expect(await logins.takes(server, former)).to.equal(false);
  };

  before(async () => {
    const found = await swarmPlace("shop", shopImages);
    ({ engine, place } = found);
    shop = new ShopClient(`http://${found.address}:8080`);
    logins = new ShopLogins(engine, stack);
    succeeded(await timed("npm start", () => place.start()));
    for (const service of ["products", "orders", "users"]) {
      await shop.healthy(service);
    }
    await shop.register(customer);
    await shop.signIn(customer);
  });

  after(async () => {
    succeeded(await place.destroy("--data"));
    expect(await engine.holdings(stack)).to.deep.equal(nothing);
  });

  for (const server of servers) {
    it(`S7 S11 ${server} gets another password, no order is lost, and the former one is refused`, async () => {
      formerOnes.push(await addresses());
      const task = await current(server);
      const former = await logins.address(server);
      const held = server === "postgres" ? logins.postgresSession(former) : undefined;
      let output = "";
      await underLoad(`npm run ops -- secrets rotate ${shopPasswords[server]}`, async () => {
        output = succeeded(await rotate(server));
      });
      expect(output).to.contain("shop_b has password 2 now, and no other");
      await expectThrough(server, 2, former);
      if (held) {
        expect(await held).to.match(/^1\n[^]*terminating connection due to administrator command/);
      }
      // The server itself was not touched: a session is still there.
      expect(await current(server)).to.deep.equal(task);
    });
  }

  it("S7 S11 killed half-way both logins work, also after a restart of the servers; run again, it goes on", async () => {
    const two = ["redis", "rabbitmq"] as const;
    const former = await addresses();
    // One that was only written into the file, and one that is killed: one deployment for both.
    writeGenerations({ rabbitmq: 3 });
    const rotation = place.begin("ops/main.ts", ["secrets", "rotate", shopPasswords.redis, "--stack", place.stack]);
    try {
      await until("the new passwords to be on their way", 600, async () => {
        const { rabbitmq, redis } = await reports();
        return redis?.inUse.includes(3) && rabbitmq?.inUse.includes(3);
      });
    } finally {
      await rotation.kill();
    }
    for (const server of two) {
      const present = await until(`${server} to take the new login`, 120, async () => {
        const address = await logins.address(server);
        return address !== former[server] && (await logins.takes(server, address)) ? address : undefined;
      });
      const task = await current(server);
      await engine.docker("rm", "--force", task.id);
      await engine.successor(`${stack}_${server}`, task, 120);
      for (const address of [former[server], present]) {
        await until(`${server} to take both after its restart`, 120, () => logins.takes(server, address));
      }
    }
    await shop.healthy("orders", 120);
    await shop.signIn(customer);
    await underLoad("run again until both are through", async () => {
      for (const server of two) {
        await until(`the rotation of ${server} to go through`, 300, async () => {
          const outcome = await rotate(server, "--resume");
          // The deployment that was begun may go on by itself, and holds the stack as long.
          return !(outcome.status !== 0 && outcome.output.includes("by another run")) && succeeded(outcome);
        });
      }
    });
    for (const server of two) {
      await expectThrough(server, 3, former[server]);
    }
    formerOnes.push(former);
  });

  it("S7 S11 a restart of the servers undoes no rotation, and who logs in is no superuser", async () => {
    const before = ofEachServer(current);
    for (const server of servers) {
      await engine.docker("rm", "--force", (await before[server]).id);
    }
    const present = await addresses();
    for (const server of servers) {
      await engine.successor(`${stack}_${server}`, await before[server], 120);
      await until(`${server} to take the present login`, 120, () => logins.takes(server, present[server]));
      for (const former of formerOnes) {
        if (former[server] !== present[server]) {
          expect(await logins.takes(server, former[server]), server).to.equal(false);
        }
      }
    }
    await shop.healthy("orders", 120);
    await shop.signIn(customer);
    const inside = async (server: ShopServerName, ...command: string[]) =>
      engine.docker("exec", (await current(server)).id, ...command);
    const superusers = "SELECT string_agg(rolname, ',') FROM pg_authid WHERE rolsuper AND rolpassword IS NOT NULL";
    const named = ["--username", "shop", "--tuples-only", "--no-align", "--command", superusers];
    expect(await inside("postgres", "psql", ...named)).to.equal("");
    expect(await inside("rabbitmq", "rabbitmqctl", "--quiet", "list_users", "--no-table-headers")).to.match(
      /^shop\t\[administrator\]\nshop_a\t\[shop-[0-9a-f]{16}\]$/,
    );
    for (const command of ["ACL SETUSER shop_b on nopass", "CONFIG GET dir", "FLUSHALL"]) {
      expect(await logins.redis(present.redis, ...command.split(" "))).to.contain("NOPERM");
    }
  });

  it("S7 A3 a stack file from before the rotations is refused, and one that is too far ahead", async () => {
    writeGenerations({ postgres: 1, redis: 2, rabbitmq: 5 });
    const { output, status } = await place.start();
    writeGenerations({ postgres: 2, redis: 3, rabbitmq: 3 });
    expect(status).to.equal(1);
    expect(output)
      .to.contain("secrets.generations.shop-postgres: is 1, and the shop already runs with password 2")
      .and.contain("secrets.generations.shop-redis: is 2, and the shop already runs with password 3")
      // Two ahead is the same login with another password, while tasks have it.
      .and.contain("secrets.generations.shop-rabbitmq: is 5, and the shop runs with password 3. Set it to 4 at most");
  });

  it("A1 destroyed and made anew with other passwords, the data take them and no former one", async () => {
    const former = await addresses();
    const order = await shop.order("Fountain pen", 1);
    await shop.confirmed(order);
    succeeded(await place.destroy());
    // In the rendered form they would stay.
    fs.rmSync(path.join(place.home, "rendered", "shop", "passwords.json"), { force: true });
    succeeded(await timed("npm start on kept data", () => place.start()));
    await shop.healthy("orders", 120);
    await shop.healthy("products", 120);
    await shop.signIn(customer);
    expect((await shop.confirmed(order)).name).to.equal("Fountain pen");
    for (const server of servers) {
      expect(await logins.takes(server, await logins.address(server)), server).to.equal(true);
      expect(await logins.takes(server, former[server]), server).to.equal(false);
    }
  });
});
