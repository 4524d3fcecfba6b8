"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { processStart } = require("./process-start.cjs");

/**
 * Takes a lock that ends with the process that holds it, however that ends. Plain JavaScript without dependencies, so that the
 * installation of the dependencies can use it too.
 *
 * @param {string} file the lock; its folder is made
 * @returns {{ held: true, release: () => void } | { held: false, by: number }} the lock, or the id of the process that holds it, or may hold it
 */
function tryLock(file) {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
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
      if (found !== undefined && mayHold(found)) {
        return { held: false, by: holderIn(found) };
      }
      setAside(file, found);
    }
    return { held: false, by: holderIn(content(file) ?? "") };
  } finally {
    fs.rmSync(prepared, { force: true });
  }
}

function holderIn(text) {
  return Number.parseInt(text, 10) || 0;
}

/** Whether the process that a lock names runs; also where it runs and nobody says since when. */
function mayHold(found) {
  const started = processStart(holderIn(found));
  return started.state === "unknown" || (started.state === "runs" && identity(holderIn(found)) === found);
}

/** A process by id and time of start, because ids come again. */
function identity(pid) {
  const started = processStart(pid);
  return `${pid} ${started.state === "runs" ? started.start : ""}\n`;
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

/** Undefined where there is no such file. */
function content(file) {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}

module.exports = { tryLock };
