// @ts-check
"use strict";
/*
 * Starts the ActivityPub server of Ghost's makers in this process. It waits until the database has its schema and takes a login, and gives the server what that has no
 * settings for: a password that is a file, so that neither the settings of the container nor the environment that the kernel shows have it; a connection to the
 * database that is encrypted, to a server that is authenticated; and answers at two addresses (see own-paths.js).
 */
const { lookup } = require("node:dns/promises");
const { existsSync, readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const { answerOwnPaths } = require("./own-paths.js");

const install = process.env["ACTIVITYPUB_INSTALL"] ?? "/opt/activitypub";
const ofServer = createRequire(path.join(install, "package.json"));
const mysql = ofServer("mysql2");
const { createConnection } = ofServer("mysql2/promise");

const waitSeconds = Number(process.env["WAIT_SECONDS"] ?? 300);
const startedAt = Date.now();
const elapsed = () => Math.round((Date.now() - startedAt) / 1000);
/** @param {string} message */
const say = (message) => console.log(`activitypub: ${message}`);

/** @param {string} name */
function setting(name) {
  const value = process.env[name];
  if (!value) {
    say(`${name} is not set: this container was not made by the program it belongs to`);
    process.exit(2);
  }
  return value;
}

const passwordFile = setting("DATABASE_PASSWORD_FILE");
/** @param {string} file */
const read = (file) => readFileSync(file, "utf8").trim();

/** Whose certificate is believed, and for which name. */
function tls() {
  const caFile = process.env["DATABASE_CA_FILE"];
  return { rejectUnauthorized: true, verifyIdentity: true, ...(caFile ? { ca: readFileSync(caFile, "utf8") } : {}) };
}

/** Passwords before the present one, newest first. */
function formerPasswords() {
  const passwords = [];
  for (let index = 1; existsSync(`${passwordFile}-former-${index}`); index += 1) {
    passwords.push(read(`${passwordFile}-former-${index}`));
  }
  return passwords;
}

/**
 * Does something again each second until it works.
 * @param {string} what it waits for
 * @param {() => Promise<string | undefined>} attempt returns why not yet; undefined once it has worked
 */
async function waitFor(what, attempt) {
  let told;
  for (;;) {
    const why = await attempt();
    if (why === undefined) {
      return;
    }
    if (elapsed() >= waitSeconds) {
      say(`GIVING UP after ${elapsed()} s: still waiting for ${what}: ${why}`);
      process.exit(1);
    }
    if (why !== told) {
      say(`waiting for ${what} (${elapsed()} s of at most ${waitSeconds} s): ${why}`);
      told = why;
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/** @param {unknown} error */
const codeOf = (error) => /** @type {{ code?: string }} */ (error)?.code ?? String(error);

/** A name that is found once somebody is well: who migrates. */
async function schemaIsThere() {
  const name = process.env["MIGRATED_NAME"];
  if (name) {
    await waitFor("the database to have its schema (logs of activitypub-migrations)", () =>
      lookup(name).then(
        () => undefined,
        (error) => codeOf(error),
      ),
    );
  }
}

/** Logs in once, and makes the present password known where a former one is. */
async function login() {
  const target = {
    host: setting("MYSQL_HOST"),
    port: Number(setting("MYSQL_PORT")),
    user: setting("MYSQL_USER"),
    database: setting("MYSQL_DATABASE"),
    connectTimeout: 5000,
    ssl: tls(),
  };
  const present = read(passwordFile);
  await waitFor(`${target.host}:${target.port} to accept a login of ${target.user}`, async () => {
    let why = "";
    for (const password of [present, ...formerPasswords()]) {
      try {
        const connection = await createConnection({ ...target, password });
        if (password !== present) {
          await connection.query("ALTER USER USER() IDENTIFIED BY ? RETAIN CURRENT PASSWORD", [present]);
          say(
            `the database server now takes the new password of ${target.user}; the one before stays valid until it is discarded`,
          );
        }
        await connection.end();
        return undefined;
      } catch (error) {
        why = error instanceof Error ? error.message : String(error);
        if (codeOf(error) !== "ER_ACCESS_DENIED_ERROR") {
          break;
        }
      }
    }
    return why;
  });
  process.env["MYSQL_PASSWORD"] = present;
}

function encryptConnections() {
  const { createConnection: connect } = mysql;
  /** @param {{ password: string }} options among them the password, which knex hides from who looks through them */
  mysql.createConnection = (options) => connect({ ...options, password: options.password, ssl: tls() });
}

// The first process of a container is deaf to a signal unless it listens for it. The server listens itself, once it runs.
const stop = () => process.exit(143);
process.on("SIGTERM", stop);

async function main() {
  await schemaIsThere();
  await login();
  encryptConnections();
  answerOwnPaths(setting("LOCAL_STORAGE_PATH"), new URL(setting("LOCAL_STORAGE_HOSTING_URL")).pathname);
  await import(pathToFileURL(path.join(install, "dist/app.js")).href);
  process.off("SIGTERM", stop);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
