import { expect } from "chai";
import { run } from "../../../engines/process";
import type { CommandError } from "../../../errors";
import { projectDirectory } from "../../../home/project";
import { temporaryDirectory } from "../../support/temporary-directory";
import { rejection } from "../../support/rejection";

describe("commands that are loaded when they are run", function () {
  // Each is a process that loads the SDK, a second on an idle machine.
  this.timeout(120_000);

  for (const command of [
    ["secrets", "rotate", "blog"],
    ["secrets", "rotate", "--authority"],
    ["upgrade"],
    ["rollback"],
  ]) {
    it(`I are found, and say of a stack that is not there what to do: ops -- ${command.join(" ")}`, async () => {
      const env = { ...process.env, GHOST_PLATFORM_HOME: temporaryDirectory(), NO_COLOR: "1" };
      const args = ["runtime/bootstrap.mjs", "ops/main.ts", ...command, "--stack", "nowhere"];
      const error = await rejection(run("node", args, { cwd: projectDirectory, env, timeout: 100 }));
      expect((error as CommandError).output)
        .to.contain("nowhere")
        .and.not.contain("it does not know");
    });
  }
});
