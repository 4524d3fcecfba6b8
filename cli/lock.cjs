"use strict";
const fs = require("node:fs");
const path = require("node:path");

/**
 * Takes a lock that ends with the process that holds it, however that ends. Plain JavaScript without dependencies, so that the
 * installation of the dependencies can use it too.
 *
 * @param {string} file the lock; its folder is made
 * @returns {{ held: true, release: () => void } | { held: false, by: number }} the lock, or the id of the process that holds it
 */
function tryLock(file) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const own = identity(process.pid);
  const prepared = `${file}.${process.pid}`;
  fs.writeFileSync(prepared, own);
  try {
    // A stale lock is set aside at most twice: should others do the same at this moment, they win.
    for (let attempt = 0; attempt < 3; attempt += 1) {
      if (created(prepared, file)) {
        const release = () => {
          process.off("exit", release);
          if (content(file) === own) {
            fs.rmSync(file, { force: true });
          }
        };
        process.on("exit", release);
        return { held: true, release };
      }
      const found = content(file);
      const holder = Number.parseInt(found ?? "", 10);
      if (found && identity(holder) === found) {
        return { held: false, by: holder };
      }
      setAside(file, found);
    }
    return { held: false, by: Number.parseInt(content(file) ?? "0", 10) };
  } finally {
    fs.rmSync(prepared, { force: true });
  }
}

/** A process by id and time of start, because ids come again after a restart of the machine; empty where no such process runs. */
function identity(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== "EPERM") {
      return "";
    }
  }
  // The 22nd field of the kernel's line; the second, the name in brackets, may hold spaces. Absent outside Linux.
  const started = content(`/proc/${pid}/stat`)?.split(") ").at(-1)?.split(" ")[19] ?? "";
  return `${pid} ${started}\n`;
}

/** Links instead of writing: whoever sees the lock sees who holds it. */
function created(prepared, file) {
  try {
    fs.linkSync(prepared, file);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") {
      return false;
    }
    throw error;
  }
}

function setAside(file, stale) {
  const aside = `${file}.${process.pid}.stale`;
  try {
    fs.renameSync(file, aside);
  } catch (error) {
    if (error.code === "ENOENT") {
      return;
    }
    throw error;
  }
  if (content(aside) !== stale) {
    // Somebody took the lock between our look and our move: it is theirs.
    created(aside, file);
  }
  fs.rmSync(aside, { force: true });
}

function content(file) {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

module.exports = { tryLock };
