// @ts-check
"use strict";
/*
 * Makes the account of a site's owner before anybody can reach the site: who visits the admin of a Ghost without an owner becomes it. Ghost is started for
 * that on the loopback address alone, asked by its own API, as its admin does, and stopped again. Part of database-migrate; what is in owner.json says who.
 *
 * On its own it asks a Ghost that runs whether anybody owns the site, and prints `somebody` or `nobody`:
 *
 *   owner.js PORT PATH HEADERS-AS-JSON
 */
const { spawn } = require("node:child_process");
const { existsSync, readFileSync } = require("node:fs");
const http = require("node:http");
const path = require("node:path");

const planFile = path.join(__dirname, "owner.json");
/** Where Ghost listens meanwhile; nothing else does. */
const ownPort = 2367;
/** For Ghost to boot: 3 s on a machine that has nothing else to do. */
const waitSeconds = Number(process.env["WAIT_SECONDS"] ?? 300);
/** For one answer. */
const answerSeconds = 60;

/** @typedef {{ name: string, email: string, blogTitle: string, path: string, headers: Record<string, string>, passwordFile: string }} Plan */
/** @typedef {{ status: number, text: string }} Answer */
/** @typedef {Pick<Plan, "headers" | "path"> & { port: number }} Question */

/**
 * Whether somebody owns the site, as Ghost tells it by.
 * @param {import("mysql2/promise").Connection} connection
 */
async function hasOwner(connection) {
  const [rows] = await connection.query(
    "SELECT users.status AS status FROM users JOIN roles_users ON roles_users.user_id = users.id JOIN roles ON roles.id = roles_users.role_id WHERE roles.name = 'Owner'",
  );
  const owners = /** @type {{ status: string }[]} */ (rows);
  if (owners.length === 0) {
    throw new Error("the database has no user with the role Owner, not even the one that Ghost's migrator makes");
  }
  return owners.some(({ status }) => status !== "inactive");
}

/**
 * Asks the Ghost of this container.
 * @param {Question} question
 * @param {unknown} [body] posted as JSON
 * @returns {Promise<Answer | undefined>} undefined where nothing listens yet
 */
function ask({ headers, path: target, port }, body) {
  const method = body === undefined ? "GET" : "POST";
  const content = body === undefined ? {} : { "Content-Type": "application/json" };
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: "127.0.0.1", port, path: target, method, headers: { ...headers, ...content }, agent: false },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk) => (text += chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
        response.on("error", reject);
      },
    );
    request.setTimeout(answerSeconds * 1000, () => request.destroy(new Error(`no answer within ${answerSeconds} s`)));
    request.on("error", (error) =>
      /** @type {NodeJS.ErrnoException} */ (error).code === "ECONNREFUSED" ? resolve(undefined) : reject(error),
    );
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/**
 * What an answer says, in Ghost's words.
 * @param {Answer} answer
 */
function wordsOf({ status, text }) {
  try {
    const [error] = JSON.parse(text).errors;
    return `status ${status}: ${[error.message, error.context].filter(Boolean).join(" ")}`;
  } catch {
    return `status ${status}`;
  }
}

/**
 * Whether a site has an owner, as its Ghost says.
 * @param {Answer} answer
 * @returns {unknown}
 */
function isOwned({ text }) {
  return JSON.parse(text).setup?.[0]?.status;
}

/**
 * Waits until a Ghost that is being started answers by its API.
 * @param {Question} question
 * @param {() => boolean} hasEnded whether it has
 */
async function booted(question, hasEnded) {
  const end = Date.now() + waitSeconds * 1000;
  for (;;) {
    const answer = await ask(question);
    if (answer?.status === 200) {
      return answer;
    }
    if (hasEnded()) {
      throw new Error("Ghost ended while it was started");
    }
    // 503 while it boots.
    if (answer !== undefined && answer.status !== 503) {
      throw new Error(`Ghost cannot tell whether the site has an owner (${wordsOf(answer)})`);
    }
    if (Date.now() > end) {
      throw new Error(`Ghost was not started within ${waitSeconds} s`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/**
 * @param {Plan} plan
 * @param {() => boolean} hasEnded
 */
async function claim(plan, hasEnded) {
  const question = { ...plan, port: ownPort };
  if (isOwned(await booted(question, hasEnded)) !== false) {
    throw new Error("Ghost says that the site has an owner, and its database that it has none");
  }
  const { blogTitle, email, name, passwordFile } = plan;
  const password = readFileSync(passwordFile, "utf8").trim();
  const answer = await ask(question, { setup: [{ name, email, password, blogTitle }] });
  if (answer?.status !== 201) {
    throw new Error(answer === undefined ? "Ghost is gone again" : wordsOf(answer));
  }
}

/**
 * Sees to it that the site has an owner, where one is named.
 * @param {import("mysql2/promise").Connection} connection its database, migrated
 * @param {string} install where Ghost is installed, for example /var/lib/ghost
 * @param {(message: string) => void} say
 * @param {(child: import("node:child_process").ChildProcess) => void} started told of the Ghost that has to end with this
 * @throws when that cannot be done; nobody is to reach the site then
 */
exports.ensureOwner = async (connection, install, say, started) => {
  if (!existsSync(planFile) || (await hasOwner(connection))) {
    return;
  }
  const plan = /** @type {Plan} */ (JSON.parse(readFileSync(planFile, "utf8")));
  say(`nobody owns this site yet: its account for ${plan.email} is made before anybody can reach it`);
  const own = {
    server__host: "127.0.0.1",
    server__port: String(ownPort),
    logging__transports: '["stdout"]',
    // A Ghost in maintenance answers nothing else.
    maintenance__enabled: "false",
  };
  const ghost = spawn("docker-entrypoint.sh", ["node", "current/index.js"], {
    cwd: install,
    env: { ...process.env, ...own },
    stdio: ["ignore", "pipe", "pipe"],
  });
  started(ghost);
  /** @type {string[]} */
  const lines = [];
  const keep = (/** @type {Buffer} */ chunk) => {
    lines.push(...chunk.toString("utf8").split("\n").filter(Boolean));
    lines.splice(0, Math.max(0, lines.length - 20));
  };
  ghost.stdout.on("data", keep);
  ghost.stderr.on("data", keep);
  let hasEnded = false;
  const ended = new Promise((resolve) => {
    const note = () => resolve((hasEnded = true));
    ghost.on("exit", note);
    ghost.on("error", (error) => {
      lines.push(error.message);
      note();
    });
  });
  try {
    await claim(plan, () => hasEnded);
  } catch (error) {
    lines.forEach((line) => say(`  ghost: ${line}`));
    throw new Error(`the owner's account could not be made: ${/** @type {Error} */ (error).message}`, { cause: error });
  } finally {
    ghost.kill("SIGTERM");
    const late = setTimeout(() => ghost.kill("SIGKILL"), 25_000);
    await ended;
    clearTimeout(late);
  }
  say(`${plan.email} owns this site now`);
};

async function main() {
  const [port, target = "/", headers = "{}"] = process.argv.slice(2);
  const answer = await ask({ port: Number(port), path: target, headers: JSON.parse(headers) });
  if (answer?.status !== 200) {
    throw new Error(answer === undefined ? "nothing listens" : wordsOf(answer));
  }
  console.log(isOwned(answer) === false ? "nobody" : "somebody");
}

if (require.main === module) {
  main().catch((error) => {
    console.error(`owner: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  });
}
