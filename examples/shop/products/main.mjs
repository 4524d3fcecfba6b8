/*
 * The products of the shop: kept in PostgreSQL, the list cached in Redis.
 *
 *   GET /products       all of them
 *   GET /products/<id>  one
 *   GET /health         what it depends on, by name; 503 when something is away
 *   GET /alive          whether the program answers
 *
 * DATABASE_URL_FILE and REDIS_URL_FILE name files with the addresses, passwords included. While one of them refuses the password, this program is
 * not alive, so the one that it is to replace goes on.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import pg from "pg";
import { createClient } from "redis";
import { firstProducts, health, isRefusal, refusedBy, route } from "./products.mjs";

const port = 3000;
const cacheKey = "products";
const cacheSeconds = 10;
const limitMilliseconds = 2000;

/** @param {string} message */
const say = (message) => console.log(`products: ${message}`);
/** @param {unknown} error */
const words = (error) => (error instanceof Error ? error.message || error.name : String(error));

/** @param {string} variable */
function secret(variable) {
  try {
    return readFileSync(process.env[variable] ?? "", "utf8").trim();
  } catch {
    say(`${variable} must name a file that can be read`);
    process.exit(2);
  }
}

/** Whether a server was asked and did not refuse the password. That it is away is no reason to wait: it may be so for long. */
const admitted = { PostgreSQL: false, Redis: false };

const database = new pg.Pool({
  connectionString: secret("DATABASE_URL_FILE"),
  max: 5,
  connectionTimeoutMillis: limitMilliseconds,
  query_timeout: limitMilliseconds,
});
// A connection that breaks while nobody uses it is made anew.
database.on("error", (error) => say(`PostgreSQL: ${words(error)}`));

const cache = createClient({
  url: secret("REDIS_URL_FILE"),
  disableOfflineQueue: true,
  socket: { connectTimeout: limitMilliseconds, reconnectStrategy: 1000 },
});
cache.on("ready", () => (admitted.Redis = true));
cache.on("error", (error) => {
  say(`Redis: ${words(error)}`);
  admitted.Redis ||= !isRefusal(error);
});
void cache.connect().catch(() => undefined);

async function makeTable() {
  for (;;) {
    const client = await database.connect().catch(async (error) => {
      say(`waiting for PostgreSQL: ${words(error)}`);
      admitted.PostgreSQL ||= !isRefusal(error);
    });
    if (client) {
      admitted.PostgreSQL = true;
      try {
        await client.query("BEGIN");
        // One task at a time; the others then find the products.
        await client.query("SELECT pg_advisory_xact_lock(3000)");
        await client.query(
          "CREATE TABLE IF NOT EXISTS products (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name TEXT NOT NULL UNIQUE, cents INT NOT NULL, stock INT NOT NULL)",
        );
        for (const { cents, name, stock } of firstProducts) {
          await client.query("INSERT INTO products (name, cents, stock) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", [
            name,
            cents,
            stock,
          ]);
        }
        await client.query("COMMIT");
        return say("the products are there");
      } catch (error) {
        say(`waiting for PostgreSQL: ${words(error)}`);
      } finally {
        client.release(true);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}

const columns = "id::int, name, cents, stock";

async function list() {
  const cached = await cache.get(cacheKey).catch(() => null);
  if (cached !== null) {
    return JSON.parse(cached);
  }
  const { rows } = await database.query(`SELECT ${columns} FROM products ORDER BY id`);
  // Without the cache the shop is slower, and open.
  await cache.set(cacheKey, JSON.stringify(rows), { EX: cacheSeconds }).catch(() => undefined);
  return rows;
}

/** @param {string} path */
async function answer(path) {
  const asked = route(path);
  switch (asked.page) {
    case "alive": {
      const refused = refusedBy(admitted);
      return refused === ""
        ? { status: 200, body: { status: "alive" } }
        : { status: 503, body: { status: `waiting to be let in by ${refused}` } };
    }
    case "health": {
      // A database that only answers has no products yet: the table is made a moment after it came up.
      const table = database.query("SELECT 1 FROM products LIMIT 1");
      const [postgres, redis] = await Promise.allSettled([table, cache.ping()]);
      const reason = (result) => (result.status === "rejected" ? result.reason : undefined);
      return health({ postgres: reason(postgres), redis: reason(redis) });
    }
    case "list":
      return { status: 200, body: await list() };
    case "one": {
      const { rows } = await database.query(`SELECT ${columns} FROM products WHERE id = $1`, [asked.id]);
      return rows[0] ? { status: 200, body: rows[0] } : { status: 404, body: { error: "there is no such product" } };
    }
    default:
      return { status: 404, body: { error: "there is nothing here" } };
  }
}

const server = createServer((request, response) => {
  answer(new URL(request.url ?? "/", "http://products").pathname)
    .catch((error) => {
      say(`${request.url}: ${words(error)}`);
      return { status: 503, body: { error: "products cannot answer at the moment" } };
    })
    .then(({ body, status }) => {
      response.writeHead(status, { "Content-Type": "application/json" });
      response.end(JSON.stringify(body));
    });
});

for (const signal of ["SIGTERM", "SIGINT"]) {
  process.on(signal, () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    setTimeout(() => process.exit(0), 5000).unref();
  });
}
server.listen(port, () => say(`listening on port ${port}`));
void makeTable();
