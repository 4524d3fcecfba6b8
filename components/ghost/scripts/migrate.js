// @ts-check
"use strict";
/*
 * Brings a site's database to the schema of the Ghost version in this image, with the programs of the image itself.
 *
 * Killed half-way, Ghost's migrator leaves its lock row set and refuses from then on. Here a named lock of the server, which ends with
 * the connection of whoever holds it, tells a stale row from a migration that is still running: whoever holds the named lock may clear
 * the row. Every wait is bounded by WAIT_SECONDS (300) and says what it waits for. What this Ghost cannot run with is refused before
 * anything is changed.
 */
const { spawn } = require("node:child_process");
const { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, statSync } = require("node:fs");
const http = require("node:http");
const path = require("node:path");

const install = process.env["GHOST_INSTALL"] ?? "/var/lib/ghost";
const ghost = `${install}/current`;
/** The first Ghost that reads a setting from the file which `<setting>_FILE` names. */
const oldestGhost = "6.58.0";
const mysql = require(`${ghost}/node_modules/mysql2/promise`);
const { ensureOwner } = require("./owner.js");

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

/** What runs for this: Ghost's migrator, or Ghost.
 * @type {import("node:child_process").ChildProcess | undefined} */
let running;
let lockLost = false;
for (const signal of /** @type {const} */ (["SIGTERM", "SIGINT"])) {
  process.on(signal, () => {
    say(`stopped by ${signal}; the next start goes on from here`);
    running?.kill(signal);
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

const content = process.env["paths__contentPath"] ?? `${ghost}/../content`;

/** Ends this where the site's content cannot be written: Ghost could not either. */
function requireWritableContent() {
  try {
    accessSync(content, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const folder = statSync(content, { throwIfNoEntry: false });
    if (folder === undefined) {
      // It is made further down.
      return;
    }
    const user = process.getuid?.() ?? "?";
    const { gid, mode, uid } = folder;
    const found = `belongs to user ${uid}, group ${gid}, mode ${(mode & 0o7777).toString(8)}`;
    say(`FAILED: user ${user} may not write to ${content}, which ${found} (${codeOf(error)}). Nothing was changed.`);
    say(
      `Give it to that user where the volume stands: chown ${user}:${process.getgid?.() ?? "?"}. On Kubernetes, a class that ignores fsGroup needs storage.volumePermissions: true for this site`,
    );
    process.exit(1);
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return /** @type {{ code?: string }} */ (error)?.code ?? String(error);
}

/** @typedef {{ host: string, port: number, user: string, password: string, database: string }} Target */

/** How Ghost itself verifies the server. */
function tls() {
  const value = (/** @type {string} */ key) => process.env[`database__connection__ssl__${key}`];
  const caFile = value("ca_FILE");
  return {
    rejectUnauthorized: value("rejectUnauthorized") !== "false",
    verifyIdentity: value("verifyIdentity") === "true",
    ...(caFile ? { ca: readFileSync(caFile, "utf8") } : {}),
  };
}

/** @param {Target} target */
async function login(target) {
  const connection = await mysql.createConnection({
    ...target,
    connectTimeout: 5000,
    ssl: tls(),
  });
  // Whether it was lost shows at the next query; without a listener it would end the program then and there.
  connection.on(
    "error",
    /** @param {Error} error */ (error) => say(`the connection to the server was lost: ${error.message}`),
  );
  return connection;
}

/** @param {unknown} error */
function isRefusal(error) {
  return ["ER_ACCESS_DENIED_ERROR", "ER_DBACCESS_DENIED_ERROR"].includes(codeOf(error));
}

/**
 * What is wrong with who answers in the server's place, and has been told nothing.
 * @param {Error} error
 * @param {Target} target
 * @returns {string | undefined} undefined where something else has failed
 */
function strangerInWords({ message }, { host, port }) {
  const wrong = /altnames|does not match certificate/i.test(message)
    ? "a certificate of another name"
    : /self[- ]signed|unable to (verify|get)|issuer|signature failure/i.test(message)
      ? "a certificate of an authority that this site does not believe"
      : /expired|not yet valid/i.test(message)
        ? "a certificate that does not hold now"
        : undefined;
  return wrong && `${host}:${port} to be the site's database server: REFUSED, for it shows ${wrong} (${message})`;
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
      const stranger = strangerInWords(/** @type {Error} */ (error), target);
      const what =
        stranger ??
        (refused
          ? `${address} to know user ${target.user} with this password (the server takes over users and passwords when it starts)`
          : `${address} to accept a login of ${target.user} (${code}${code === "HANDSHAKE_SSL_ERROR" ? `: ${/** @type {Error} */ (error).message}` : ""})`);
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

/**
 * Ends this in words, with nothing changed.
 * @param {string[]} lines
 */
function refuse(...lines) {
  say(`REFUSED, and nothing was changed: ${lines[0] ?? ""}`);
  lines.slice(1).forEach(say);
  process.exit(1);
}

/**
 * Whether one version is below another, number by number; what is missing counts as 0.
 * @param {string} version for example 6.9
 * @param {string} other for example 6.58.0
 */
function isBelow(version, other) {
  const [left, right] = [version, other].map((text) => text.split(".").map((part) => Number.parseInt(part, 10) || 0));
  for (let index = 0; index < 3; index += 1) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) {
      return difference < 0;
    }
  }
  return false;
}

/** @returns {string} version of the Ghost in this image, for example 6.65.0 */
function ghostVersion() {
  return JSON.parse(readFileSync(`${ghost}/package.json`, "utf8")).version;
}

/** A Ghost that reads no passwords from files would log in without one. */
function refuseOldGhost() {
  const version = ghostVersion();
  if (process.env["database__connection__password_FILE"] && isBelow(version, oldestGhost)) {
    refuse(
      `this image has Ghost ${version}, which does not read its password from a file; Ghost does from ${oldestGhost} on.`,
      `Name an image of Ghost ${oldestGhost} or newer in images.ghost.`,
    );
  }
}

/**
 * What a newer Ghost has made of the database this one does not know.
 * @param {import("mysql2/promise").Connection} connection
 */
async function refuseNewerDatabase(connection) {
  if (!(await hasTable(connection, "migrations"))) {
    return;
  }
  const version = ghostVersion();
  const own = version.split(".").slice(0, 2).join(".");
  const [rows] = await connection.query("SELECT name, version FROM migrations");
  const migrations = /** @type {{ name: string, version: string }[]} */ (rows);
  // A release with the third number raised may add to the folder of its first two.
  const known = filesOf(`${ghost}/core/server/data/migrations/versions/${own}`);
  const unknown = migrations.filter(
    (row) => isBelow(own, row.version) || (row.version === own && known !== undefined && !known.has(stem(row.name))),
  );
  const [newest] = unknown.sort((left, right) => (isBelow(left.version, right.version) ? 1 : -1));
  if (newest) {
    const whose = newest.version === own ? `a release of Ghost ${own} after ${version}` : `Ghost ${newest.version}`;
    refuse(
      `the database was brought to the schema of ${whose}, and this image has Ghost ${version}, which does not know ${unknown.length} of its migrations, such as ${newest.name}.`,
      `Name an image of ${whose}, or of a newer one, in images.ghost; or restore a backup from before that update.`,
    );
  }
}

/** @param {string} file its name without the extension */
function stem(file) {
  return file.replace(/\.[jt]s$/, "");
}

/**
 * @param {string} folder
 * @returns the migrations in it; undefined where there is no such folder
 */
function filesOf(folder) {
  return existsSync(folder) ? new Set(readdirSync(folder).map(stem)) : undefined;
}

/**
 * @param {import("mysql2/promise").Connection} connection
 * @param {string} table
 */
async function hasTable(connection, table) {
  const [tables] = await connection.query("SHOW TABLES LIKE ?", [table]);
  return /** @type {unknown[]} */ (tables).length > 0;
}

/**
 * The collation of the tables that others refer to.
 * @param {import("mysql2/promise").Connection} connection
 * @returns {Promise<string | undefined>} undefined for a database without tables
 */
async function collationOfTables(connection) {
  const [rows] = await connection.query(
    "SELECT COLLATION_NAME AS collation FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'posts' AND COLUMN_NAME = 'id'",
  );
  return /** @type {{ collation: string }[]} */ (rows)[0]?.collation;
}

/** The collations of which a server takes one for tables that name none. */
const settableCollation = "utf8mb4_general_ci";
const usualCollation = "utf8mb4_0900_ai_ci";

/**
 * Runs Ghost's migrator, which does nothing where nothing is to be done.
 * @param {string | undefined} collation of the tables that there are
 */
function migrate(collation) {
  const session = {
    NODE_OPTIONS: `${process.env["NODE_OPTIONS"] ?? ""} --require ${path.join(__dirname, "session.js")}`.trim(),
    DATABASE_COLLATION: collation,
  };
  return new Promise((resolve) => {
    running = spawn("node_modules/.bin/knex-migrator", ["migrate", "--init", "--mgpath", ghost], {
      cwd: ghost,
      stdio: "inherit",
      env: { ...process.env, ...(collation === settableCollation ? session : {}) },
    });
    running.on("exit", (code, signal) => resolve(signal ? 1 : (code ?? 1)));
    running.on("error", (error) => {
      say(`cannot run knex-migrator: ${error.message}`);
      resolve(1);
    });
  });
}

async function main() {
  refuseOldGhost();
  requireWritableContent();
  const target = {
    host: setting("host"),
    port: Number(setting("port")),
    user: setting("user"),
    password: setting("password"),
    database: setting("database"),
  };
  const connection = await connect(target);
  // The lock ends with its connection: from then on another migration may begin beside this one.
  connection.on("error", (/** @type {unknown} */ error) => {
    say(
      `the connection that holds the lock is lost (${codeOf(error)}), so this migration stops. The next start takes it up again.`,
    );
    lockLost = true;
    running?.kill("SIGTERM");
  });
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
  await refuseNewerDatabase(connection);
  if (await hasTable(connection, "migrations_lock")) {
    const [freed] = await connection.query(
      "UPDATE migrations_lock SET locked = 0 WHERE lock_key = 'km01' AND locked = 1",
    );
    if (/** @type {{ affectedRows: number }} */ (freed).affectedRows > 0) {
      say("an earlier migration was interrupted: its lock is cleared and it is taken up again");
    }
  }
  const collation = await collationOfTables(connection);
  if (collation === settableCollation) {
    say(`the tables have the collation ${collation}; new ones get it, too`);
  }
  // Before it changes anything, Ghost's migrator saves the database there, on a content volume that may be new.
  mkdirSync(path.join(content, "data"), { recursive: true });
  // It has nothing else to say meanwhile, and what stands in front of a server may drop a connection that is idle.
  const alive = setInterval(() => void connection.query("DO 0").catch(() => undefined), 2000);
  const code = lockLost ? 1 : await migrate(collation);
  if (code === 0 && !lockLost) {
    await ensureOwner(connection, install, say, (child) => (running = child));
  }
  clearInterval(alive);
  if (lockLost) {
    process.exit(1);
  }
  await connection.end().catch(() => undefined);
  say(
    code === 0
      ? `the database is up to date (${elapsed()} s)`
      : `FAILED with exit status ${code}; Ghost's own message stands above`,
  );
  if (code !== 0 && collation !== undefined && ![settableCollation, usualCollation].includes(collation)) {
    say(
      `If that is about a foreign key: the tables have the collation ${collation}, new ones get ${usualCollation}. Save the database, and give every table that collation:`,
    );
    say(`  ALTER TABLE … CONVERT TO CHARACTER SET utf8mb4 COLLATE ${usualCollation} (with foreign_key_checks = 0)`);
  }
  process.exit(/** @type {number} */ (code));
}

main().catch((error) => {
  say(`FAILED: ${error instanceof Error ? error.message : String(error)}. The next start tries again.`);
  process.exit(1);
});
