import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import type * as localState from "../../../../deploy/pulumi/local-state";
import { run } from "../../../../engines/process";
import { projectDirectory } from "../../../../home/project";
import { freshModule } from "../../../support/fresh-modules";
import { temporaryDirectory } from "../../../support/temporary-directory";

describe("the state in a folder of this project", () => {
  it("is opened once the engine of a killed run writes there no more", async () => {
    const home = temporaryDirectory();
    const locks = path.join(home, "state", ".pulumi", "locks", "organization", "p", "s");
    const engine = spawn("sleep", ["60"]);
    const exited = once(engine, "exit");
    fs.mkdirSync(locks, { recursive: true });
    fs.writeFileSync(
      path.join(locks, "1.json"),
      JSON.stringify({ pid: engine.pid, timestamp: new Date().toISOString() }),
    );
    const told: string[] = [];
    const program =
      'require("./deploy/pulumi/local-state").earlierEngineEnded("p", "s").then(() => console.log("open"))';
    await run(process.execPath, ["--require", "./runtime/load-typescript.cjs", "--eval", program], {
      cwd: projectDirectory,
      env: { GHOST_PLATFORM_HOME: home },
      onLine: (line) => {
        told.push(line);
        engine.kill();
      },
    });
    await exited;
    expect(told[0]).to.contain(`Wait for the engine of an earlier run (process ${engine.pid})`);
    expect(told.at(-1)).to.equal("open");
  });

  it("is refused where it is cut off, with the newest copy that is whole", () => {
    const home = temporaryDirectory();
    const own = path.join(home, "state", ".pulumi");
    const file = path.join(own, "stacks", "p", "s.json");
    const write = (name: string, text: string) => {
      fs.mkdirSync(path.dirname(name), { recursive: true });
      fs.writeFileSync(name, text);
    };
    const { refuseCutOff } = freshModule(home, "deploy/pulumi/local-state") as typeof localState;
    const said = () => {
      try {
        refuseCutOff("p", "s");
        return "";
      } catch (error) {
        return String(error);
      }
    };
    expect(said(), "no state yet").to.equal("");
    write(file, "{}");
    expect(said(), "whole").to.equal("");
    write(file, '{"version": 3, "checkpoint": {');
    expect(said()).to.contain(`cut off while it was written, as by a power loss (${file})`).and.contain(home);
    for (const time of [1, 2]) {
      write(path.join(own, "backups", "p", "s", `s.${time}.json`), "{}");
    }
    write(`${file}.bak`, "");
    expect(said()).to.contain(`cp ${path.join(own, "backups", "p", "s", "s.2.json")} ${file}`);
    write(`${file}.bak`, "{}");
    expect(said()).to.contain(`cp ${file}.bak ${file}`);
  });
});
