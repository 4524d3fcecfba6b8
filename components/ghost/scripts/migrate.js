// @ts-check
"use strict";
/*
 * Brings a site's database to the schema of the Ghost version in this image, with the programs of the image itself.
 *
 * Killed half-way, Ghost's migrator leaves its lock row set and refuses from then on. Here a named lock of the server, which ends with
 * the connection of whoever holds it, tells a stale row from a migration that is still running: whoever holds the named lock may clear
 * the row. Every wait is bounded by WAIT_SECONDS (300) and says what it waits for.
 */
const { spawn } = require("node:child_process");
const { existsSync, readFileSync } = require("node:fs");
const http = require("node:http");

const ghost = "/var/lib/ghost/current";
const mysql = require(`${ghost}/node_modules/mysql2/promise`);

const waitSeconds = Number(process.env["WAIT_SECONDS"] ?? 300);
const startedAt = Date.now();
const elapsed = () => Math.round((Date.now() - startedAt) / 1000);
/** @param {string} message */
const say = (message) => console.log(`database-migrate: ${message}`);

/** Answers readers in Ghost's place until this ends: come back, and when. Whoever is in front of the site passes that on. */
http
  .createServer((request, response) => {
    request.resume();
    response.writeHead(503, {
      "Content-Type": "text/html",
      "Retry-After": "10",
      "Cache-Control": "no-store",
      Connection: "close",
    });
    response.end(
      "<!doctype html><title>Back in a moment</title><h1>This site is being updated</h1><p>It is back in a moment.</p>\n",
    );
  })
  .on("error", (error) => say(`readers get no answer meanwhile: ${error.message}`))
  .listen(Number(process.env["server__port"] ?? 2368));

/** @type {import("node:child_process").ChildProcess | undefined} */
let migrator;
for (const signal of /** @type {const} */ (["SIGTERM", "SIGINT"])) {
  process.on(signal, () => {
    say(`stopped by ${signal}; the next start goes on from here`);
    migrator?.kill(signal);
    process.exit(143);
  });
}

/** @param {string} key a connection setting of Ghost, given as itself or as a file */
function setting(key) {
  const name = `database__connection__${key}`;
  const file = process.env[`${name}_FILE`];
  const value = file ? readFileSync(file, "utf8").trim() : process.env[name];
  if (!value) {
    say(`${name} is not set: this container was not made by the program it belongs to`);
    process.exit(2);
  }
  return value;
}

/** @param {unknown} error */
function codeOf(error) {
  return /** @type {{ code?: string }} */ (error)?.code ?? String(error);
}

/** @typedef {{ host: string, port: number, user: string, password: string, database: string }} Target */

/** @param {Target} target */
function login(target) {
  return mysql.createConnection({
    ...target,
    connectTimeout: 5000,
    // The server's certificate is its own: the connection is encrypted, the server is not authenticated.
    ssl: { rejectUnauthorized: false },
  });
}

/** @param {unknown} error */
function isRefusal(error) {
  return ["ER_ACCESS_DENIED_ERROR", "ER_DBACCESS_DENIED_ERROR"].includes(codeOf(error));
}

/** Passwords before the present one, newest first. */
function formerPasswords() {
  const file = process.env["database__connection__password_FILE"];
  const passwords = [];
  for (let index = 1; file && existsSync(`${file}-former-${index}`); index += 1) {
    passwords.push(readFileSync(`${file}-former-${index}`, "utf8").trim());
  }
  return passwords;
}

/**
 * Makes the present password known to a server that knows a former one, which stays valid beside it for what still runs with it.
 * @param {Target} target
 * @returns whether the server knew one of them
 */
async function rotate(target) {
  for (const password of formerPasswords()) {
    try {
      const connection = await login({ ...target, password });
      await connection.query("ALTER USER USER() IDENTIFIED BY ? RETAIN CURRENT PASSWORD", [target.password]);
      await connection.end();
      say(`the server now takes the new password of ${target.user}; the one before stays valid until it is discarded`);
      return true;
    } catch (error) {
      if (!isRefusal(error)) {
        throw error;
      }
    }
  }
  return false;
}

/**
 * Logs in, as often as it takes.
 * @param {Target} target
 */
async function connect(target) {
  const address = `${target.host}:${target.port}`;
  for (;;) {
    try {
      return await login(target);
    } catch (error) {
      const code = codeOf(error);
      const refused = isRefusal(error);
      if (refused && (await rotate(target).catch(() => false))) {
        continue;
      }
      const what = refused
        ? `${address} to know user ${target.user} with this password (the server takes over users and passwords when it starts)`
        : `${address} to accept a login of ${target.user} (${code})`;
      if (elapsed() >= waitSeconds) {
        say(`GIVING UP after ${elapsed()} s: still waiting for ${what}.`);
        if (refused) {
          say(
            "Its data outlived the password, or the user is new: restart the database server, then this goes on by itself.",
          );
        }
        process.exit(1);
      }
      say(`waiting for ${what} (${elapsed()} s of at most ${waitSeconds} s)`);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

/** Runs Ghost's migrator, which does nothing where nothing is to be done. */
function migrate() {
  return new Promise((resolve) => {
    migrator = spawn("node_modules/.bin/knex-migrator", ["migrate", "--init", "--mgpath", ghost], {
      cwd: ghost,
      stdio: "inherit",
    });
    migrator.on("exit", (code, signal) => resolve(signal ? 1 : (code ?? 1)));
    migrator.on("error", (error) => {
      say(`cannot run knex-migrator: ${error.message}`);
      resolve(1);
    });
  });
}

async function main() {
  const target = {
    host: setting("host"),
    port: Number(setting("port")),
    user: setting("user"),
    password: setting("password"),
    database: setting("database"),
  };
  const connection = await connect(target);
  const lock = `ghost-platform:migrate:${target.database}`;
  for (;;) {
    const [rows] = await connection.query("SELECT GET_LOCK(?, 5) AS held", [lock]);
    if (rows[0].held === 1) {
      break;
    }
    if (elapsed() >= waitSeconds) {
      say(`GIVING UP after ${elapsed()} s: another migration of ${target.database} is still running.`);
      process.exit(1);
    }
    say(`waiting for another migration of ${target.database} to end (${elapsed()} s of at most ${waitSeconds} s)`);
  }
  const [tables] = await connection.query("SHOW TABLES LIKE 'migrations_lock'");
  if (tables.length > 0) {
    const [freed] = await connection.query(
      "UPDATE migrations_lock SET locked = 0 WHERE lock_key = 'km01' AND locked = 1",
    );
    if (freed.affectedRows > 0) {
      say("an earlier migration was interrupted: its lock is cleared and it is taken up again");
    }
  }
  const code = await migrate();
  await connection.end();
  say(
    code === 0
      ? `the database is up to date (${elapsed()} s)`
      : `FAILED with exit status ${code}; Ghost's own message stands above`,
  );
  process.exit(/** @type {number} */ (code));
}

main().catch((error) => {
  say(`FAILED: ${error instanceof Error ? error.message : String(error)}. The next start tries again.`);
  process.exit(1);
});
