import { spawn, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import type * as localState from "../../../../deploy/pulumi/local-state";
import { freshModule } from "../../../support/fresh-modules";
import { temporaryDirectory } from "../../../support/temporary-directory";

describe("the engine's lock on a state in this project's folder", () => {
  let engine: ChildProcess;
  before(() => {
    engine = spawn("sleep", ["60"]);
  });
  after(() => engine.kill());

  /** What the locks of a stack come to, each written as a file of its own. */
  const holders = (locks: Record<string, object | string>): Record<string, unknown> & { refused: string } => {
    const home = temporaryDirectory();
    const folder = path.join(home, "state", ".pulumi", "locks", "organization", "p", "s");
    fs.mkdirSync(folder, { recursive: true });
    for (const [name, lock] of Object.entries(locks)) {
      fs.writeFileSync(path.join(folder, `${name}.json`), typeof lock === "string" ? lock : JSON.stringify(lock));
    }
    const { localLocks, workingEngines } = freshModule(home, "deploy/pulumi/local-state") as typeof localState;
    const found = localLocks("p", "s").map(({ file, holder }) => [path.basename(file, ".json"), holder]);
    let refused = "";
    try {
      workingEngines("p", "s");
    } catch (error) {
      refused = String(error);
    }
    return { ...(Object.fromEntries(found) as Record<string, unknown>), refused };
  };

  it("A7 is held by its process alone: not by a stranger that got the number later, nor by one that has ended", () => {
    const now = new Date().toISOString();
    const found = holders({
      working: { pid: engine.pid, hostname: os.hostname(), timestamp: now },
      // As after a restart of the machine: whoever has the number now was started later.
      stranger: { pid: engine.pid, hostname: os.hostname(), timestamp: "2020-01-01T00:00:00Z" },
      ended: { pid: 999_999_999, hostname: os.hostname(), timestamp: now },
    });
    expect(found).to.deep.equal({ working: "works", stranger: "gone", ended: "gone", refused: "" });
  });

  it("A7 is told with its file where nobody can know whether the holder works", () => {
    const elsewhere = { pid: 1, hostname: "another-machine", timestamp: new Date().toISOString() };
    const found = holders({ elsewhere, half: '{"pid": 12' });
    expect(found).to.include({ elsewhere: "unknown", half: "unknown" });
    expect(found.refused)
      .to.match(/^UserError: .*cannot tell/)
      .and.contain("elsewhere.json (process 1)")
      .and.contain("half.json, which is damaged")
      .and.contain("pgrep -a pulumi");
  });
});
