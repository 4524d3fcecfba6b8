// @ts-check
"use strict";
/*
 * Makes databases and their users on a server of somebody else's, with an admin's login, by the client of Ghost's own image: what this reaches and
 * believes, Ghost does.
 *
 *   databases.js keep FILE   makes them, and again where the server does not know them any more; does not end
 *   databases.js make FILE   makes them, and ends; gives up after WAIT_SECONDS (300)
 *   databases.js ask -       says whether they can be made and reached, and changes nothing
 *   databases.js discard -   ends the former passwords of their users, each logged in with the present one
 *
 * FILE is a plan as JSON, on standard input for `-` or in the variable PLAN; passwords stand in it for `ask` alone, in files otherwise. The user of a database says in its
 * attributes whose it is: what somebody else has made is left as it is.
 */
const { createHash } = require("node:crypto");
const { readFileSync, writeFileSync } = require("node:fs");

const ghost = `${process.env["GHOST_INSTALL"] ?? "/var/lib/ghost"}/current`;
const mysql = require(`${ghost}/node_modules/mysql2/promise`);

/**
 * @typedef {{ key: string, database: string, username: string, password?: string, passwordFile?: string, isThere?: boolean }} Database
 *   `isThere`: somebody else has made it
 * @typedef {{ user: string, password?: string, passwordFile?: string }} Login
 * @typedef {{ host: string, port: number, ca?: string, caFile?: string, owner: string, admin?: Login, databases: Database[] }} Plan
 * @typedef {import("mysql2/promise").Connection} Connection
 */

/** The first that keeps attributes of users. */
const oldestServer = [8, 0, 21];
const waitSeconds = Number(process.env["WAIT_SECONDS"] ?? 300);
const pauseSeconds = Number(process.env["PAUSE_SECONDS"] ?? 60);
/** Exists once everything is made; for the health check. */
const madeFile = process.env["MADE_FILE"] ?? "/tmp/made";

/** @param {string} message */
const say = (message) => console.log(`databases: ${message}`);

/** What a person can mend, in words that begin with the key. */
class Refusal extends Error {}

/** @param {Login | Database} login */
function passwordOf({ password, passwordFile }) {
  return passwordFile === undefined ? (password ?? "") : readFileSync(passwordFile, "utf8").replace(/\r?\n$/, "");
}

/**
 * @param {Plan} plan
 * @param {{ user: string, password: string, key: string, database?: string }} login the key of its password
 * @returns {Promise<Connection>}
 * @throws {Refusal}
 */
async function connect({ ca, caFile, host, port }, { key, ...login }) {
  const authority = caFile === undefined ? ca : readFileSync(caFile, "utf8");
  try {
    const connection = await mysql.createConnection({
      host,
      port,
      ...login,
      connectTimeout: 10000,
      ssl: { rejectUnauthorized: true, verifyIdentity: true, ...(authority === undefined ? {} : { ca: authority }) },
    });
    connection.on("error", () => undefined);
    return connection;
  } catch (error) {
    throw new Refusal(inWords(/** @type {Error & { code?: string }} */ (error), `${host}:${port}`, login.user, key));
  }
}

/**
 * Why a server cannot be logged in to.
 * @param {Error & { code?: string }} error
 * @param {string} address
 * @param {string} user
 * @param {string} passwordKey
 */
function inWords({ code = "", message }, address, user, passwordKey) {
  switch (true) {
    case /altnames|does not match certificate/i.test(message):
      return `mysql.external.host: the certificate of ${address} is not of that name (${message}). Name the host as its certificate does`;
    case /expired|not yet valid/i.test(message):
      return `mysql.external.host: the certificate of ${address} does not hold (${message}). Whoever runs the server has to renew it`;
    case /self[- ]signed|unable to (verify|get)|issuer/i.test(message):
      return `mysql.external.caFile: the certificate of ${address} is not from the authority that is believed (${message}). Name the file with the root of its authority`;
    case code === "HANDSHAKE_NO_SSL_SUPPORT":
      return `mysql.external.host: ${address} speaks no TLS, and nothing is sent there without. Whoever runs the server has to give it a certificate`;
    case code === "HANDSHAKE_SSL_ERROR":
      return `mysql.external.host: no TLS with ${address}: ${message}`;
    case code === "ER_ACCESS_DENIED_ERROR":
      return `${passwordKey}: ${address} refuses ${user} with this password, or from here`;
    case code === "ER_BAD_DB_ERROR" || code === "ER_DBACCESS_DENIED_ERROR":
      return `${passwordKey.replace(/passwordFile$/, "name")}: ${user} may not use the database, or there is none (${message})`;
    case code === "ENOTFOUND" || code === "EAI_AGAIN":
      return `mysql.external.host: no name server knows ${address.replace(/:\d+$/, "")} (${code})`;
    default:
      return `mysql.external.host: ${address} does not answer (${code || message}). Look whether it runs, and whether a firewall lets this machine in`;
  }
}

/**
 * @template Value
 * @param {Plan} plan
 * @param {(connection: Connection) => Promise<Value>} work
 * @returns {Promise<Value | undefined>} undefined where there is no admin
 */
async function asAdmin(plan, work) {
  const { admin } = plan;
  if (admin === undefined) {
    return undefined;
  }
  const { user } = admin;
  const connection = await connect(plan, {
    user,
    password: passwordOf(admin),
    key: "mysql.external.passwordFile",
  });
  try {
    return await work(connection);
  } finally {
    await connection.end().catch(() => undefined);
  }
}

/**
 * @param {Connection} connection
 * @param {string} sql
 * @param {unknown[]} values
 * @returns {Promise<Record<string, string | number | null>[]>}
 */
async function rows(connection, sql, values = []) {
  const [found] = await connection.query(sql, values);
  return /** @type {Record<string, string | number | null>[]} */ (found);
}

/** @param {Connection} connection */
async function mustBeSupported(connection) {
  const [{ version = "" } = {}] = await rows(connection, "SELECT VERSION() AS version");
  const numbers = String(version).split(/[.-]/).map(Number);
  const isOlder = oldestServer.reduceRight((older, number, index) => {
    const own = numbers[index] ?? 0;
    return own === number ? older : own < number;
  }, false);
  if (/maria/i.test(String(version)) || isOlder) {
    throw new Refusal(
      `mysql.external.host: the server is ${version}, and Ghost needs MySQL, here ${oldestServer.join(".")} or newer`,
    );
  }
}

/** @param {string} password */
const fingerprint = (password) => createHash("sha256").update(password).digest("hex").slice(0, 10);

/**
 * What there is of a database and its user, and whether that is somebody else's.
 * @param {Connection} connection
 * @param {Plan} plan
 * @param {Database} wanted
 */
async function look(connection, { owner }, { database, key, username }) {
  const users = await rows(
    connection,
    "SELECT HOST AS host, ATTRIBUTE->>'$.owner' AS owner, ATTRIBUTE->>'$.given' AS given FROM information_schema.USER_ATTRIBUTES WHERE USER = ?",
    [username],
  );
  const [schema] = await rows(
    connection,
    "SELECT (SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = SCHEMA_NAME) AS tables FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?",
    [database],
  );
  const own = users.find((user) => user["host"] === "%");
  const other = users.find((user) => user["owner"] !== owner);
  const another = `Give the site names of its own: ${key}.name and ${key}.user. Or bring both along: ${key}.passwordFile`;
  if (other) {
    const whose = other["owner"] === null ? "somebody else has made" : `stack ${String(other["owner"])} has made`;
    throw new Refusal(`${key}.user: there is a user ${username} on that server, which ${whose}. ${another}`);
  }
  if (!own && schema && Number(schema["tables"]) > 0) {
    throw new Refusal(
      `${key}.name: there is a database ${database} on that server with ${String(schema["tables"])} tables, and no user of this stack's. ${another}`,
    );
  }
  return { hasDatabase: schema !== undefined, given: own && String(own["given"]) };
}

/**
 * Makes a database and its user what they should be; where it cannot, what it has begun is taken back.
 *
 * The user may change its own password, which is how one is rotated. So its password is set only where it was given another one than before, and
 * a rotation is not undone.
 * @param {Connection} connection
 * @param {Plan} plan
 * @param {Database} wanted
 */
async function makeOne(connection, plan, wanted) {
  const { database, key, username } = wanted;
  const password = passwordOf(wanted);
  const { given, hasDatabase } = await look(connection, plan, wanted);
  const attributes = JSON.stringify({ owner: plan.owner, given: fingerprint(password) });
  const [schema, user] = [connection.escapeId(database, true), `${connection.escape(username)}@'%'`];
  try {
    await connection.query(`CREATE DATABASE IF NOT EXISTS ${schema} CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci`);
    if (given !== fingerprint(password)) {
      const verb = given === undefined ? "CREATE" : "ALTER";
      await connection.query(`${verb} USER ${user} IDENTIFIED BY ? REQUIRE SSL ATTRIBUTE ?`, [password, attributes]);
    }
    // An underscore stands for any character there.
    await connection.query(`GRANT ALL PRIVILEGES ON ${schema.replaceAll("_", "\\_")}.* TO ${user}`);
    // For ALTER USER … RETAIN CURRENT PASSWORD and DISCARD OLD PASSWORD on the own account.
    await connection.query(`GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO ${user}`);
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    if (given === undefined) {
      await connection.query(`DROP USER IF EXISTS ${user}`).catch(() => undefined);
    }
    if (!hasDatabase) {
      await connection.query(`DROP DATABASE IF EXISTS ${schema}`).catch(() => undefined);
    }
    throw new Refusal(
      `mysql.external.user: may not make database and user of ${key.replace(/\.database$/, "")}: ${message}. It needs CREATE USER, APPLICATION_PASSWORD_ADMIN, and all rights on databases, each with the right to grant it. Nothing of it is left behind`,
    );
  }
  if (given === undefined) {
    say(`made database ${database} and user ${username}`);
  }
}

/**
 * Does something for each database, and says of all together what is wrong.
 * @param {readonly Database[]} databases
 * @param {(database: Database) => Promise<unknown>} work
 */
async function forEach(databases, work) {
  const mistakes = [];
  for (const database of databases) {
    try {
      await work(database);
    } catch (error) {
      mistakes.push(messageOf(error));
    }
  }
  if (mistakes.length > 0) {
    throw new Refusal([...new Set(mistakes)].join("\n"));
  }
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** @param {Plan} plan */
function toMake({ databases }) {
  return databases.filter(({ isThere }) => !isThere);
}

/**
 * Nothing is made until nothing speaks against any of them.
 * @param {Plan} plan
 */
function make(plan) {
  return asAdmin(plan, async (connection) => {
    await mustBeSupported(connection);
    await forEach(toMake(plan), (database) => look(connection, plan, database));
    await forEach(toMake(plan), (database) => makeOne(connection, plan, database));
  });
}

/** @param {Plan} plan */
async function ask(plan) {
  await asAdmin(plan, async (connection) => {
    await mustBeSupported(connection);
    await forEach(toMake(plan), (database) => look(connection, plan, database));
  });
  await forEach(
    plan.databases.filter(({ isThere }) => isThere),
    async (wanted) => {
      const login = { user: wanted.username, password: passwordOf(wanted), key: `${wanted.key}.passwordFile` };
      const connection = await connect(plan, { ...login, database: wanted.database });
      try {
        await mustBeSupported(connection);
      } finally {
        await connection.end().catch(() => undefined);
      }
    },
  );
}

/** @param {Plan} plan */
async function discard(plan) {
  await forEach(plan.databases, async (database) => {
    const { key, username } = database;
    const password = passwordOf(database);
    const connection = await connect(plan, { user: username, password, key: `${key}.passwordFile` });
    try {
      await connection.query("ALTER USER USER() DISCARD OLD PASSWORD");
      say(`${username} logs in with the present password only`);
    } finally {
      await connection.end().catch(() => undefined);
    }
  });
}

/** @param {number} seconds */
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** @param {Plan} plan */
async function keep(plan) {
  let said = "";
  for (;;) {
    let text = `${plan.host}:${plan.port} has every database and user`;
    let seconds = pauseSeconds;
    try {
      await make(plan);
      writeFileSync(madeFile, "");
    } catch (error) {
      text = `waiting: ${messageOf(error)}`;
      seconds = Math.min(5, pauseSeconds);
    }
    if (text !== said) {
      text.split("\n").forEach(say);
      said = text;
    }
    await pause(seconds);
  }
}

/** @param {Plan} plan */
async function makeOnce(plan) {
  const giveUpAt = Date.now() + waitSeconds * 1000;
  for (;;) {
    try {
      await make(plan);
      say(`${plan.host}:${plan.port} has every database and user`);
      return;
    } catch (error) {
      messageOf(error).split("\n").forEach(say);
      if (Date.now() >= giveUpAt) {
        say(`GIVING UP after ${waitSeconds} s`);
        process.exit(1);
      }
    }
    await pause(5);
  }
}

async function main() {
  for (const signal of ["SIGTERM", "SIGINT"]) {
    process.on(signal, () => process.exit(0));
  }
  const [mode, file = ""] = process.argv.slice(-2);
  const work = { ask, discard, keep, make: makeOnce }[mode ?? ""];
  if (work === undefined) {
    console.error("usage: databases.js keep|make FILE, databases.js ask|discard -");
    process.exit(2);
  }
  await work(JSON.parse(process.env["PLAN"] ?? readFileSync(file === "-" ? 0 : file, "utf8")));
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(messageOf(error));
    process.exit(1);
  },
);
