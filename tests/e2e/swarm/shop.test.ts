import { expect } from "chai";
import { shopImages } from "../../../sandbox/images";
import type { PageReport } from "../../../ops/guarded-page";
import { openFiles, processTexts } from "../support/plain-text";
import { succeeded, type Place } from "../support/place";
import { leak, passwordsIn } from "../support/secrets";
import { ShopClient, type Health, type Order } from "../support/shop-client";
import { nothing, swarmPlace, type Engine } from "../support/swarm-place";
import { timed, until } from "../support/until";

const long = process.env["E2E_LONG"] ? it : it.skip;

/** Stack `shop`, on a real Docker Engine, through the commands a person uses and the shop's own gateway. */
describe("stack shop on Docker Swarm", () => {
  const stack = "ghost-shop";
  const named = (service: string) => `${stack}_${service}`;
  const customer = { name: "ada", password: "a long enough phrase 7" };
  let place: Place;
  let engine: Engine;
  let shop: ShopClient;
  let management: string;
  let order: number;

  before(async () => {
    const found = await swarmPlace("shop", shopImages);
    ({ engine, place } = found);
    shop = new ShopClient(`http://${found.address}:8080`);
    management = `http://${found.address}:15672`;
  });

  it("S11 comes up with one command, its services labelled by app and tier", async () => {
    const output = succeeded(await timed("npm start", () => place.start()));
    expect(output).to.contain("http://localhost:8080/");
    for (const service of ["products", "orders", "users"]) {
      await shop.healthy(service);
    }
    const labels = await engine.lines(
      "service",
      "ls",
      "--filter",
      "label=app=shop",
      "--format",
      "{{.Name}} {{.Replicas}}",
    );
    expect(labels.sort()).to.deep.equal(
      [
        "frontend 2/2",
        "gateway 1/1",
        "logins 1/1",
        "orders 2/2",
        "postgres 1/1",
        "products 2/2",
        "rabbitmq 1/1",
        "redis 1/1",
        "users 2/2",
      ].map(named),
    );
    const backend = await engine.lines("service", "ls", "--quiet", "--filter", "label=tier=backend");
    expect(backend).to.have.length(3);
  });

  it("S11 shows its pages and its products", async () => {
    const page = await fetch(shop.base, { signal: AbortSignal.timeout(15_000) });
    expect(await page.text()).to.contain("<title>Stationery</title>");
    const { body } = await shop.ask<{ name: string }[]>("/api/products");
    expect(body.map(({ name }) => name)).to.include("Fountain pen");
  });

  it("S11 an order goes through every service: users, products, PostgreSQL, RabbitMQ, and back", async () => {
    expect((await shop.ask("/api/orders", { product: 1 })).status).to.equal(401);
    await shop.register(customer);
    expect((await shop.ask("/api/users", customer)).status).to.equal(409);
    await shop.signIn(customer);
    order = await shop.order("Fountain pen", 2);
    const confirmed = await timed("order placed → taken from the queue and confirmed", () => shop.confirmed(order));
    expect(confirmed).to.deep.equal({ id: order, name: "Fountain pen", quantity: 2, cents: 7800, status: "confirmed" });
  });

  it("S11 refuses a bad order in words that name the field, and an order of somebody else", async () => {
    const { body, status } = await shop.ask<{ error: string }>("/api/orders", { product: 1, quantity: 0 });
    expect(status).to.equal(400);
    expect(body.error).to.contain("quantity");
    expect((await shop.ask("/api/orders", { product: 999_999 })).status).to.equal(404);
    expect((await shop.ask(`/api/orders/${order + 1000}`)).status).to.equal(404);
    const large = await shop.ask<{ error: string }>("/api/orders", { product: "x".repeat(100_000) });
    expect(large).to.deep.equal({ status: 413, body: { error: "the body must be 64 KiB or less" } });
  });

  it("S11 S10 says which dependency is away, keeps its tasks, and recovers by itself", async () => {
    const tasks = await engine.tasks(named("products"));
    await engine.docker("service", "scale", "--detach", `${named("redis")}=0`);
    const told = await until("products to name redis", 60, async () => {
      const { body, status } = await shop.ask<Health>("/health/products");
      return status === 503 ? body : undefined;
    });
    expect(told).to.deep.equal({ status: "unhealthy", checks: { postgres: "ok", redis: "failed" } });
    // Without its cache the shop is slower, and open.
    expect((await shop.ask("/api/products")).status).to.equal(200);
    await engine.docker("service", "scale", "--detach", `${named("redis")}=1`);
    await timed("redis back → healthy", () => shop.healthy("products", 90));
    expect(await engine.tasks(named("products"))).to.deep.equal(tasks);
  });

  it("S11 the page of the queues asks for a login, and lets in whom it is told to", async () => {
    const ask = (path: string, login?: PageReport["login"]) =>
      fetch(`${management}${path}`, {
        signal: AbortSignal.timeout(15_000),
        headers: login
          ? { Authorization: `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}` }
          : {},
      });
    expect(await (await ask("/")).text()).to.contain("RabbitMQ Management");
    expect((await ask("/api/overview")).status).to.equal(401);
    const { login } = await place.opsJson<PageReport>("queues");
    const shown = (await (await ask("/api/queues", login)).json()) as { name: string; durable: boolean }[];
    expect(shown.map(({ durable, name }) => ({ durable, name }))).to.deep.equal([{ durable: true, name: "orders" }]);
  });

  it("S11 the order survives the servers of its data", async () => {
    const [database = ""] = await engine.tasks(named("postgres"));
    const [queue = ""] = await engine.tasks(named("rabbitmq"));
    await engine.docker("rm", "--force", database, queue);
    await timed("PostgreSQL and RabbitMQ removed → orders healthy", () => shop.healthy("orders", 180));
    await until("a session", 60, async () => shop.signIn(customer).then(() => true));
    expect((await shop.ask<Order>(`/api/orders/${order}`)).body.status).to.equal("confirmed");
  });

  it("A5 no password stands in plain text: services, containers, configs, logs, processes, what is rendered", async () => {
    const [logins = ""] = await engine.tasks(named("logins"));
    const passwords = passwordsIn(await engine.docker("exec", logins, "bash", "-c", "tail -n +1 /run/secrets/shop/*"));
    // A login's and an operator's of each server.
    expect(passwords).to.have.length(6);
    const { configs, containers, services } = await engine.holdings(stack);
    const running = await engine.lines("ps", "--quiet", "--filter", `label=com.docker.stack.namespace=${stack}`);
    const places: Record<string, string> = {
      services: await engine.docker("service", "inspect", ...(services ?? [])),
      containers: await engine.docker("inspect", ...(containers ?? [])),
      configs: await engine.docker("config", "inspect", ...(configs ?? [])),
      logs: await engine.logs(running),
      ...processTexts(),
      ...openFiles(place.home),
    };
    expect(leak(passwords, places)).to.equal(undefined);
  });

  long("A1 destroy keeps the data, and what comes up again has the order, with passwords of its own", async () => {
    succeeded(await timed("npm run destroy", () => place.destroy()));
    succeeded(await timed("npm start on kept data", () => place.start()));
    await shop.healthy("orders");
    await shop.signIn(customer);
    expect((await shop.ask<Order>(`/api/orders/${order}`)).body.status).to.equal("confirmed");
  });

  it("A1 destroy --data removes everything", async () => {
    succeeded(await timed("npm run destroy -- --data", () => place.destroy("--data")));
    expect(await engine.holdings(stack)).to.deep.equal(nothing);
  });
});
