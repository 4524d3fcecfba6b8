import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { run } from "../../../engines/process";
import { CommandError } from "../../../errors";
import { projectDirectory } from "../../../home/project";
import { isLong } from "../../support/long";
import { temporaryDirectory } from "../../support/temporary-directory";

const cutOff = (file: string) => fs.writeFileSync(file, '{"swarm": {"eng');
const asFolder = (file: string) => fs.mkdirSync(file);
const somethingElse = (file: string) => fs.writeFileSync(file, "[1, 2]");
const asEmpty = (file: string) => fs.writeFileSync(file, "");
const folderAsFile = (file: string) => {
  fs.rmSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(path.dirname(file), "");
};

/** Files of this machine, what happens to each, and a command that reads it first. Every damage of every kind of file is in tests/unit/files. */
const cases: [file: string, damage: (file: string) => void, command: string[]][] = [
  ["deployments.json", cutOff, ["deploy/destroy.ts", "--stack", "swarm"]],
  ["machine.yaml", asFolder, ["ops/main.ts", "status"]],
  ["rendered/swarm/passwords.json", asEmpty, ["deploy/render.ts", "--stack", "swarm"]],
  ["rendered/swarm/.ghost-platform.json", somethingElse, ["deploy/render.ts", "--stack", "swarm"]],
  ["unlock-keys/swarm", folderAsFile, ["machines/main.ts", "unlock-key", "--stack", "swarm"]],
];

describe("the commands, where a file of this machine is damaged", function () {
  // Each loads the SDK, a second on an idle machine.
  this.timeout(120_000);

  // Otherwise a few stand for all.
  for (const [name, damage, command] of isLong ? cases : cases.slice(0, 2)) {
    it(`I end with status 1 and its path, what is wrong and what to do: ${name}`, async () => {
      const home = temporaryDirectory();
      const file = path.join(home, name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      if (name.includes("passwords")) {
        const marker = path.join(path.dirname(file), ".ghost-platform.json");
        fs.writeFileSync(marker, JSON.stringify({ stack: "swarm", entries: [] }));
      }
      damage(file);
      const { output, status } = await outcome(home, command);
      expect(status, output).to.equal(1);
      expect(output)
        .to.contain(path.dirname(file))
        .and.match(/(is damaged: |cannot be read: ).+\. \w+/);
      expect(output).not.to.match(/\n\s+at |please report/i);
    });
  }
});

async function outcome(home: string, command: string[]): Promise<{ status: number | undefined; output: string }> {
  // No engine and no Pulumi: what a file says comes first.
  const env = { GHOST_PLATFORM_HOME: home, PATH: home };
  const [program, options] = [process.execPath, { cwd: projectDirectory, env, timeout: 100 }];
  try {
    return {
      status: 0,
      output: (await run(program, ["--require", "./runtime/preload.cjs", ...command], options)).stdout,
    };
  } catch (error) {
    if (error instanceof CommandError) {
      return { status: error.status, output: error.output };
    }
    throw error;
  }
}
