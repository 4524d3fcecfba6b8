import * as fs from "node:fs";
import * as path from "node:path";

/** Command lines and environments of every process on this machine, by their path under /proc. */
export function processTexts(): Record<string, string> {
  const places: Record<string, string> = {};
  for (const process of fs.readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    for (const list of ["cmdline", "environ"]) {
      try {
        places[`/proc/${process}/${list}`] = fs.readFileSync(path.join("/proc", process, list), "latin1");
      } catch {
        // The process has gone.
      }
    }
  }
  return places;
}

/** Files below a folder that others than their owner may read. What is meant to hold secrets is not among them. */
export function openFiles(folder: string): Record<string, string> {
  return Object.fromEntries(
    fs
      .readdirSync(folder, { recursive: true, withFileTypes: true })
      .map((entry) => ({ entry, file: path.join(entry.parentPath, entry.name) }))
      .filter(({ entry, file }) => entry.isFile() && (fs.statSync(file).mode & 0o077) !== 0)
      .map(({ file }) => [file, fs.readFileSync(file, "latin1")]),
  );
}
