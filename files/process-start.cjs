"use strict";
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");

/**
 * What tells a process from another one that gets its number later, also after a restart of the machine. Plain JavaScript without dependencies,
 * as the locks that use it.
 *
 * @param {number} pid
 * @returns {{ state: "gone" } | { state: "runs", start: string } | { state: "unknown" }} the start in a form that is the same for the same process
 */
function processStart(pid) {
  if (!Number.isSafeInteger(pid) || pid < 1 || !isAlive(pid)) {
    return { state: "gone" };
  }
  const stat = textOf(`/proc/${pid}/stat`);
  const boot = textOf("/proc/sys/kernel/random/boot_id");
  if (stat && boot) {
    // The 22nd field of the kernel's line; the second, the name in brackets, may hold spaces.
    return { state: "runs", start: `${stat.split(") ").at(-1)?.split(" ")[19]}@${boot.trim()}` };
  }
  // Elsewhere than on Linux.
  const started = shown(pid, "lstart=");
  return started ? { state: "runs", start: started } : { state: isAlive(pid) ? "unknown" : "gone" };
}

/**
 * When a process was started, in milliseconds as `Date.now()` tells the time, and the name of its program. By the clock of now: where that was set
 * meanwhile, the time is another one.
 *
 * @param {number} pid
 * @returns {{ startedAt: number, program: string } | undefined} undefined where it does not run, or nobody says
 */
function processAge(pid) {
  const fields = textOf(`/proc/${pid}/stat`)?.split(") ").at(-1)?.split(" ");
  const uptime = Number.parseFloat(textOf("/proc/uptime") ?? "");
  const program = textOf(`/proc/${pid}/comm`)?.trim();
  if (fields?.[19] && uptime && program) {
    // The kernel counts hundredths of a second for programs, whatever its own clock does.
    return { startedAt: Date.now() - (uptime - Number(fields[19]) / 100) * 1000, program };
  }
  const startedAt = Date.parse(shown(pid, "lstart="));
  const name = shown(pid, "comm=");
  return Number.isNaN(startedAt) || name === "" ? undefined : { startedAt, program: name.split("/").at(-1) ?? name };
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** A column of ps, or nothing. */
function shown(pid, column) {
  try {
    const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
    const options = { encoding: "utf8", env, stdio: ["ignore", "pipe", "ignore"], timeout: 10_000 };
    return execFileSync("ps", ["-o", column, "-p", String(pid)], options).trim();
  } catch {
    return "";
  }
}

function textOf(file) {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

module.exports = { processStart, processAge };
