import { expect } from "chai";
import { shopImages } from "../../../sandbox/images";
import { openFiles, processTexts } from "../support/plain-text";
import { succeeded, type Place } from "../support/place";
import { leak, passwordsIn } from "../support/secrets";
import { nothing, swarmPlace, type Engine } from "../support/swarm-place";
import { timed, until } from "../support/until";

interface Answer<Body> {
  status: number;
  body: Body;
}
interface Health {
  status: string;
  checks: Record<string, string>;
}
interface Order {
  id: number;
  name: string;
  quantity: number;
  cents: number;
  status: string;
}

/** Stack `shop`, on a real Docker Engine, through the commands a person uses and the shop's own gateway. */
describe("stack shop on Docker Swarm", () => {
  const stack = "ghost-shop";
  const named = (service: string) => `${stack}_${service}`;
  const customer = { name: "ada", password: "a long enough phrase 7" };
  let place: Place;
  let engine: Engine;
  let base: string;
  let management: string;
  let token = "";
  let order: number;

  const ask = async <Body>(path: string, body?: object): Promise<Answer<Body>> => {
    const response = await fetch(`${base}${path}`, {
      method: body ? "POST" : "GET",
      headers: {
        Connection: "close",
        ...(body ? { "Content-Type": "application/json" } : {}),
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(15_000),
    });
    return { status: response.status, body: (await response.json()) as Body };
  };

  const healthy = (service: string, seconds = 60): Promise<unknown> =>
    until(`${service} to be healthy`, seconds, async () => {
      const { body, status } = await ask<Health>(`/health/${service}`);
      if (status !== 200) {
        throw new Error(JSON.stringify(body));
      }
      return true;
    });

  const signIn = async (): Promise<void> => {
    const { body, status } = await ask<{ token: string }>("/api/sessions", customer);
    expect(status).to.equal(201);
    ({ token } = body);
  };

  before(async () => {
    const found = await swarmPlace("shop", shopImages);
    ({ engine, place } = found);
    base = `http://${found.address}:8080`;
    management = `http://${found.address}:15672`;
  });

  it("S11 comes up with one command, its services labelled by app and tier", async () => {
    const output = succeeded(await timed("npm start", () => place.start()));
    expect(output).to.contain("http://localhost:8080/");
    for (const service of ["products", "orders", "users"]) {
      await healthy(service);
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
    const page = await fetch(base, { signal: AbortSignal.timeout(15_000) });
    expect(await page.text()).to.contain("<title>Stationery</title>");
    const { body } = await ask<{ name: string }[]>("/api/products");
    expect(body.map(({ name }) => name)).to.include("Fountain pen");
  });

  it("S11 an order goes through every service: users, products, PostgreSQL, RabbitMQ, and back", async () => {
    expect((await ask("/api/orders", { product: 1 })).status).to.equal(401);
    expect((await ask("/api/users", customer)).status).to.equal(201);
    expect((await ask("/api/users", customer)).status).to.equal(409);
    await signIn();
    const { body: products } = await ask<{ id: number; name: string; cents: number }[]>("/api/products");
    const pen = products.find(({ name }) => name === "Fountain pen");
    const placed = await ask<Order>("/api/orders", { product: pen?.id, quantity: 2 });
    expect(placed.status).to.equal(201);
    order = placed.body.id;
    const confirmed = await timed("order placed → taken from the queue and confirmed", () =>
      until("the confirmation", 30, async () => {
        const { body } = await ask<Order>(`/api/orders/${order}`);
        return body.status === "confirmed" ? body : undefined;
      }),
    );
    expect(confirmed).to.deep.equal({ id: order, name: "Fountain pen", quantity: 2, cents: 7800, status: "confirmed" });
  });

  it("S11 refuses a bad order in words that name the field, and an order of somebody else", async () => {
    const { body, status } = await ask<{ error: string }>("/api/orders", { product: 1, quantity: 0 });
    expect(status).to.equal(400);
    expect(body.error).to.contain("quantity");
    expect((await ask("/api/orders", { product: 999_999 })).status).to.equal(404);
    expect((await ask(`/api/orders/${order + 1000}`)).status).to.equal(404);
  });

  it("S11 S10 says which dependency is away, keeps its tasks, and recovers by itself", async () => {
    const tasks = await engine.tasks(named("products"));
    await engine.docker("service", "scale", "--detach", `${named("redis")}=0`);
    const told = await until("products to name redis", 60, async () => {
      const { body, status } = await ask<Health>("/health/products");
      return status === 503 ? body : undefined;
    });
    expect(told).to.deep.equal({ status: "unhealthy", checks: { postgres: "ok", redis: "failed" } });
    // Without its cache the shop is slower, and open.
    expect((await ask("/api/products")).status).to.equal(200);
    await engine.docker("service", "scale", "--detach", `${named("redis")}=1`);
    await timed("redis back → healthy", () => healthy("products", 90));
    expect(await engine.tasks(named("products"))).to.deep.equal(tasks);
  });

  it("S11 the queue's page asks for a login", async () => {
    const page = await fetch(`${management}/api/overview`, { signal: AbortSignal.timeout(15_000) });
    expect(page.status).to.equal(401);
  });

  it("S11 the order survives the servers of its data", async () => {
    const [database = ""] = await engine.tasks(named("postgres"));
    const [queue = ""] = await engine.tasks(named("rabbitmq"));
    await engine.docker("rm", "--force", database, queue);
    await timed("PostgreSQL and RabbitMQ removed → orders healthy", () => healthy("orders", 180));
    await until("a session", 60, async () => signIn().then(() => true));
    expect((await ask<Order>(`/api/orders/${order}`)).body.status).to.equal("confirmed");
  });

  it("A5 no password stands in plain text: services, containers, configs, logs, processes, what is rendered", async () => {
    const [users = "", database = ""] = (
      await Promise.all(["orders", "postgres"].map((service) => engine.tasks(named(service))))
    ).map(([task]) => task);
    const secrets = [
      await engine.docker("exec", users, "cat", "/run/secrets/shop/database-url", "/run/secrets/shop/rabbitmq-url"),
      await engine.docker("exec", database, "cat", "/run/secrets/postgres/password"),
    ].join("\n");
    const passwords = passwordsIn(secrets);
    expect(passwords).to.have.length(2);
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

  it("A1 destroy keeps the data, and what comes up again has the order, with passwords of its own", async () => {
    succeeded(await timed("npm run destroy", () => place.destroy()));
    succeeded(await timed("npm start on kept data", () => place.start()));
    await healthy("orders");
    token = "";
    await signIn();
    expect((await ask<Order>(`/api/orders/${order}`)).body.status).to.equal("confirmed");
  });

  it("A1 destroy --data removes everything", async () => {
    succeeded(await timed("npm run destroy -- --data", () => place.destroy("--data")));
    expect(await engine.holdings(stack)).to.deep.equal(nothing);
  });
});
