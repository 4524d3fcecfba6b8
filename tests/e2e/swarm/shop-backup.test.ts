import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import type { PageReport } from "../../../ops/guarded-page";
import { shopImages } from "../../../sandbox/images";
import { clusterPlace, type ClusterPlace } from "../support/cluster-place";
import { succeeded } from "../support/place";
import { ShopClient } from "../support/shop-client";
import { timed } from "../support/until";

/** Five machines, nine services, all of it twice: `npm run e2e -- swarm --long`. */
const long = process.env["E2E_LONG"] ? describe : describe.skip;

/** The shop on five machines is saved, the machines are erased, and the same order is read again. */
long("backup and restore of the shop", () => {
  const stack = "shop";
  const managementPort = 15672;
  const customer = { name: "ada", password: "a long enough phrase 7" };
  let cluster: ClusterPlace;
  let shop: ShopClient;
  let order: number;
  const backup = (...args: string[]) => cluster.place.command("backup/main.ts", [...args, "--stack", stack]);

  before(async () => {
    cluster = await clusterPlace(stack, shopImages);
    const drained = { availability: "drain" };
    cluster.configure({ manager1: drained, manager2: drained, manager3: drained }, { autolock: true });
    cluster.place.configure({ shop: { managementPort } });
    shop = new ShopClient(`http://${cluster.address("worker1")}:8080`);
  });
  after(async () => {
    await cluster.remove();
  });

  it("S11 comes up on a swarm of five, and takes an order", async () => {
    succeeded(await timed("five machines → one swarm with the shop on it", () => cluster.place.start()));
    await shop.healthy("orders");
    await shop.register(customer);
    await shop.signIn(customer);
    order = await shop.order("Fountain pen", 2);
    await shop.confirmed(order);
  });

  it("S11 queues tells where RabbitMQ is, though the manager that is asked has it not, and who may see them", async () => {
    const { address, login } = await cluster.place.opsJson<PageReport>("queues");
    expect(address).to.equal(`http://${cluster.address("worker1")}:${managementPort}/`);
    const credentials = Buffer.from(`${login?.username}:${login?.password}`).toString("base64");
    const answer = await fetch(`${address}api/queues`, { headers: { Authorization: `Basic ${credentials}` } });
    expect([answer.status, ((await answer.json()) as unknown[]).length > 0]).to.deep.equal([200, true]);
  });

  it("S9 S11 is saved: PostgreSQL as a dump that a server takes, RabbitMQ as files", async () => {
    const output = succeeded(await timed("backup of the shop", () => backup("create")));
    // products, orders and users.
    expect(output).to.match(/shop-postgres-data-worker1\.sql\.gz\.age: 3 tables in a server that was thrown away/);
    expect(output).to.match(/shop-rabbitmq-data-worker1\.tar\.gz\.age: \d+ entries/);
    expect(output).to.contain("swarm.tar.gz.age");
  });

  it("S9 S11 all five machines are erased: the same order is there again, and the next one is taken", async () => {
    const kept = path.join(cluster.place.home, "kept");
    fs.renameSync(path.join(cluster.place.home, "backups"), kept);
    const key = path.join(cluster.place.home, "kept.txt");
    fs.renameSync(path.join(cluster.place.home, "backup-keys", `${stack}.txt`), key);
    await cluster.erase();
    await timed("empty machines → every service runs", async () => {
      succeeded(await backup("restore", "--yes", "--directory", kept, "--key", key));
    });
    await shop.healthy("orders", 180);
    await shop.signIn(customer);
    expect(await shop.confirmed(order)).to.deep.equal({
      id: order,
      name: "Fountain pen",
      quantity: 2,
      cents: 7800,
      status: "confirmed",
    });
    const next = await shop.order("Reading lamp", 1);
    expect(next).to.be.greaterThan(order);
    await shop.confirmed(next);
  });

  it("S9 A1 what was restored is what npm start would make: it changes nothing", async () => {
    const before = await cluster.machines.worker1.tasks("ghost-shop_orders");
    succeeded(await timed("npm start after the restore", () => cluster.place.start()));
    expect(await cluster.machines.worker1.tasks("ghost-shop_orders")).to.have.members(before);
    expect((await shop.confirmed(order)).id).to.equal(order);
  });
});
