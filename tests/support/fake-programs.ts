import * as fs from "node:fs";
import * as path from "node:path";
import { temporaryDirectory } from "./temporary-directory";

const searchPath = process.env["PATH"];

/**
 * Puts programs on PATH before all others until the test ends; see environment.cjs.
 *
 * @param programs shell scripts by the name of the program
 * @returns the lines with which they were called, name and arguments, so far
 */
export function fakePrograms(programs: Record<string, string>): () => string[] {
  const bin = temporaryDirectory();
  const calls = path.join(bin, "calls");
  fs.writeFileSync(calls, "");
  for (const [name, script] of Object.entries(programs)) {
    fs.writeFileSync(path.join(bin, name), `#!/bin/sh\necho "${name} $*" >> ${calls}\n${script}\n`, { mode: 0o755 });
  }
  process.env["PATH"] = `${bin}:${searchPath ?? ""}`;
  return () => fs.readFileSync(calls, "utf8").split("\n").slice(0, -1);
}
