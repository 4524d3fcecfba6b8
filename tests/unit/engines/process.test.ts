import { expect } from "chai";
import { run, succeeds } from "../../../engines/process";
import { CommandError } from "../../../errors";
import { rejection } from "../../support/rejection";

describe("running a program", () => {
  it("gives what it wrote, and hands it its input", async () => {
    const { stderr, stdout } = await run("sh", ["-c", "cat; echo oops >&2"], { input: "hello" });
    expect(stdout).to.equal("hello");
    expect(stderr).to.equal("oops\n");
  });

  it("calls back for each line as it comes", async () => {
    const lines: string[] = [];
    await run("sh", ["-c", "printf 'one\\ntwo\\n\\nthree'; echo; echo four >&2"], {
      onLine: (line) => lines.push(line),
    });
    expect(lines).to.include.members(["one", "two", "three", "four"]).and.not.include("");
  });

  it("fails with the status and the last lines", async () => {
    const error = await rejection(run("sh", ["-c", "seq 1 100; exit 3"]));
    expect(error).to.be.instanceOf(CommandError).and.have.property("status", 3);
    expect(error.message).to.contain("ended with status 3").and.contain("100").and.not.contain("\n  85\n");
  });

  it("says that a program is not there", async () => {
    const error = await rejection(run("no-such-program-anywhere", []));
    expect(error).to.be.instanceOf(CommandError).and.have.property("notFound", true);
    expect(error.message).to.contain("no-such-program-anywhere is not installed");
  });

  it("ends a program that takes too long", async () => {
    const error = await rejection(run("sleep", ["60"], { timeout: 0.2 }));
    expect(error.message).to.contain("was ended after 0.2 s");
  });

  it("sets variables, and takes them away", async () => {
    process.env["GHOST_PLATFORM_TEST"] = "outer";
    const shown = async (env: Record<string, string | undefined>) =>
      (await run("sh", ["-c", "echo $GHOST_PLATFORM_TEST"], { env })).stdout.trim();
    expect(await shown({})).to.equal("outer");
    expect(await shown({ GHOST_PLATFORM_TEST: "inner" })).to.equal("inner");
    expect(await shown({ GHOST_PLATFORM_TEST: undefined })).to.equal("");
    delete process.env["GHOST_PLATFORM_TEST"];
  });

  it("tells whether one succeeds", async () => {
    expect(await succeeds("true", [])).to.equal(true);
    expect(await succeeds("false", [])).to.equal(false);
    expect(await succeeds("no-such-program-anywhere", [])).to.equal(false);
  });
});
