import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

const made: string[] = [];
process.on("exit", () => made.forEach((directory) => fs.rmSync(directory, { recursive: true, force: true })));

/** A new empty folder, removed when the test process ends. */
export function temporaryDirectory(): string {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "ghost-platform-test-"));
  made.push(directory);
  return directory;
}
