/*
 * bootstrap.mjs FILE.ts [ARGUMENT]... : runs a TypeScript file of this project, after installing the dependencies when they are missing
 * or are not those of the lock file. Plain JavaScript without dependencies: it is what runs before there are any.
 */
import { spawn } from "node:child_process";
import fs from "node:fs";
import module, { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { fileErrorInWords } from "../files/in-words.cjs";
import { tryLock } from "../files/lock.cjs";
import { refuseOldNode } from "./node-version.mjs";

const project = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
/** An installation that takes longer has hung. Measured: 20 to 60 s. */
const installationLimitSeconds = 15 * 60;
const networkErrors =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT)\b/;

refuseOldNode();
try {
  await installDependencies();
} catch (error) {
  const words = fileErrorInWords(error);
  if (words === undefined) {
    throw error;
  }
  fail(`The dependencies cannot be installed: ${words}. Then run the command again.`);
}
run(process.argv[2], process.argv.slice(3));

async function installDependencies() {
  if (installed()) {
    return;
  }
  const lock = await installationLock();
  try {
    // Whoever held the lock may have done it.
    if (!installed()) {
      await npmCi();
    }
  } finally {
    lock.release();
  }
}

/** Whether node_modules holds what package-lock.json names for this machine: npm writes what it has installed when it is through. */
function installed() {
  const wanted = readJson("package-lock.json")?.packages;
  const present = readJson("node_modules/.package-lock.json")?.packages;
  if (!wanted) {
    fail(`package-lock.json is missing or damaged in ${project}: restore it from the repository.`);
  }
  if (!present) {
    return false;
  }
  const same = Object.entries(wanted).every(([name, entry]) => {
    const found = present[name];
    if (found) {
      return found.version === entry.version && found.integrity === entry.integrity;
    }
    return name === "" || (entry.optional && !isForThisMachine(entry));
  });
  return same && Object.keys(present).every((name) => name in wanted);
}

/** Whether an optional package is the one for this system, such as esbuild's executable. Others may be left out for any reason. */
function isForThisMachine({ cpu, libc, os }) {
  return Boolean(os?.includes(process.platform) && cpu?.includes(process.arch) && !libc);
}

async function installationLock() {
  const file = path.join(project, ".ghost-platform", "install.lock");
  const progress = showProgress("Waiting for another installation of the dependencies");
  const deadline = Date.now() + installationLimitSeconds * 1000;
  for (;;) {
    const lock = tryLock(file);
    if (lock.held) {
      progress.end();
      return lock;
    }
    progress.begin();
    if (Date.now() > deadline) {
      progress.end();
      fail(
        `Another process (${lock.by}) has been installing the dependencies for too long. Look at it (ps -fp ${lock.by}), end it, and run the command again. If it is none of this project, delete ${file}.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function npmCi() {
  const progress = showProgress("Installing dependencies (npm ci)");
  progress.begin();
  const { output, signal, status } = await npm([
    "ci",
    "--no-audit",
    "--no-fund",
    // Hides warnings, such as that of the Pulumi SDK, which asks for Node.js 22 and works with 20.19.
    "--loglevel=error",
    "--prefer-offline",
    "--fetch-retries=1",
    "--fetch-retry-mintimeout=1000",
    "--fetch-timeout=60000",
  ]);
  if (status === 0) {
    progress.end("Installed the dependencies");
    return;
  }
  progress.end();
  if (signal === "SIGINT" || signal === "SIGTERM") {
    fail("The installation of the dependencies was interrupted; the next run begins it anew.", 130);
  }
  const said = output.trim().split("\n").slice(-15).join("\n");
  if (networkErrors.test(output)) {
    const [code] = networkErrors.exec(output);
    fail(
      `The dependencies cannot be installed: npm does not reach its package registry (${code}).\n` +
        "Check the network, `npm config get registry` and `npm config get proxy`, and run the command again. npm said:\n" +
        said,
    );
  }
  fail(`The dependencies cannot be installed: npm ci ended with ${signal ?? `status ${status}`}. It said:\n${said}`);
}

/** Runs npm, the one that runs us if one does. Resolves when it has ended, and passes signals on to it. */
function npm(args) {
  return new Promise((resolve) => {
    const script = process.env.npm_execpath;
    const ours = script !== undefined && /\.c?js$/.test(script) && path.basename(script).startsWith("npm");
    const options = { cwd: project, stdio: ["ignore", "pipe", "pipe"], timeout: installationLimitSeconds * 1000 };
    const child = ours ? spawn(process.execPath, [script, ...args], options) : spawn("npm", args, options);
    let output = "";
    let interruption;
    const forwarding = ["SIGINT", "SIGTERM"].map((signal) => {
      const listener = () => {
        interruption = signal;
        child.kill(signal);
      };
      process.on(signal, listener);
      return () => process.off(signal, listener);
    });
    // Its end says what went wrong.
    const collect = (chunk) => (output = `${output}${chunk}`.slice(-64 * 1024));
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    const end = (status, signal) => {
      forwarding.forEach((stop) => stop());
      resolve({ status, signal: interruption ?? signal, output });
    };
    child.on("error", (error) => {
      output +=
        error.code === "ENOENT"
          ? "npm is not installed: it comes with Node.js, or as a package of its own (Debian: npm)"
          : error.message;
      end(127, undefined);
    });
    child.on("close", end);
  });
}

/** Tells on stderr what takes long: a counting line on a terminal, else a line at the beginning and every 15 seconds. */
function showProgress(title) {
  const terminal = process.stderr.isTTY;
  let started;
  let timer;
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const draw = () => process.stderr.write(terminal ? `\r${title} … ${seconds()} s` : `${title} … ${seconds()} s\n`);
  return {
    begin() {
      if (!timer) {
        started = Date.now();
        process.stderr.write(terminal ? `${title} …` : `${title} …\n`);
        timer = setInterval(draw, terminal ? 1000 : 15000);
      }
    },
    end(result) {
      if (timer) {
        clearInterval(timer);
        process.stderr.write(terminal ? "\r\x1b[K" : "");
        if (result) {
          process.stderr.write(`${result} (${seconds()} s)\n`);
        }
      }
    },
  };
}

/** Goes on in this process: signals, terminal and exit status are those of the program. */
function run(file, args) {
  if (!file) {
    fail("usage: node runtime/bootstrap.mjs FILE.ts [ARGUMENT]...", 2);
  }
  const main = path.resolve(project, file);
  if (!fs.existsSync(main)) {
    fail(`${file} does not exist in ${project}`, 2);
  }
  process.argv = [process.argv[0], main, ...args];
  // Traces of errors that nobody expected name the lines of the files as they are written.
  process.setSourceMapsEnabled(true);
  createRequire(import.meta.url)("./preload.cjs");
  module.runMain();
}

/** Undefined where it is not there, or damaged. */
function readJson(name) {
  try {
    return JSON.parse(fs.readFileSync(path.join(project, name), "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError || error.code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}

function fail(message, status = 1) {
  process.stderr.write(`${message}\n`);
  process.exit(status);
}
