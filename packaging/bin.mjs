#!/usr/bin/env node
/*
 * ghost-platform COMMAND [ARGUMENT]... : runs a command of the installed package in the current folder, in which stack files stand. Plain
 * JavaScript: it looks whether the rest can run at all.
 */
import fs from "node:fs";
import module, { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { refuseOldNode } from "./runtime/node-version.mjs";

refuseOldNode();
const require = createRequire(import.meta.url);
const { dependencies, peerDependencies, version } = require("./package.json");
const commands = { init: "packaging/init", ...require("./home/program.js").commandFiles };

const [name, ...rest] = process.argv.slice(2);
if (name === "--version") {
  process.stdout.write(`${version}\n`);
} else if (Object.hasOwn(commands, name ?? "")) {
  run(commands[name], rest);
} else {
  const usage = `usage: npx ghost-platform COMMAND [ARGUMENT]...\ncommands: ${Object.keys(commands).join(", ")}; each with --help\n`;
  const asked = ["help", "--help", "-h"].includes(name);
  (asked ? process.stdout : process.stderr).write(usage);
  process.exitCode = asked ? 0 : 2;
}

/** Goes on in this process: signals, terminal and exit status are those of the command. */
function run(file, args) {
  const lacking = Object.entries(name === "init" ? dependencies : { ...dependencies, ...peerDependencies }).filter(
    ([dependency]) => !isInstalled(dependency),
  );
  if (lacking.length > 0) {
    const words = lacking.map(([dependency, range]) => `${dependency}@${range.replace(/^\^/, "")}`);
    process.stderr.write(
      `Packages are missing. Install them, and run the command again:\n  npm install ${words.join(" ")}\n`,
    );
    process.exit(1);
  }
  const main = path.join(path.dirname(fileURLToPath(import.meta.url)), `${file}.js`);
  process.argv = [process.argv[0], main, ...args];
  require("./runtime/preload.cjs");
  module.runMain();
}

/** A package may keep its package.json to itself, so its folder is looked for. */
function isInstalled(dependency) {
  return require.resolve.paths(dependency).some((folder) => fs.existsSync(path.join(folder, dependency)));
}
