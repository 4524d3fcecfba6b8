import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

/** A folder for the settings and the state of a stack under test, removed when the run ends. */
export function temporaryHome(name: string): string {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), `ghost-platform-e2e-${name}-`));
  process.once("exit", () => fs.rmSync(home, { recursive: true, force: true }));
  return home;
}
