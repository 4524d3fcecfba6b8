import { expect } from "chai";
import { run, succeeds } from "../../../engines/process";
import { CommandError, TooMuchOutput } from "../../../errors";
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

  it("G5 keeps the end alone of what goes on and on, and a line without an end is cut", async function () {
    this.timeout(30_000);
    const seen = { count: 0, longest: 0, short: new Set<string>() };
    const endless =
      "seq 1 300000; head -c 3000000 /dev/zero | tr '\\0' x; echo; echo after; echo unfinished >&2; printf end";
    const { stdout } = await run("sh", ["-c", endless], {
      onLine: (line) => {
        seen.count += 1;
        seen.longest = Math.max(seen.longest, line.length);
        if (/^[a-z]+$/.test(line)) {
          seen.short.add(line);
        }
      },
    });
    expect(stdout.length).to.be.at.most(64 * 1024);
    expect(stdout.endsWith("x\nafter\nend")).to.equal(true);
    expect(seen.count).to.equal(300_000 + 4);
    expect(seen.longest).to.be.within(64 * 1024, 64 * 1024 + 100);
    expect([...seen.short]).to.have.members(["after", "unfinished", "end"]);
  });

  it("G5 ends a program that writes more than can be kept, and never takes a part for the whole", async function () {
    this.timeout(30_000);
    const error = await rejection(run("sh", ["-c", "yes"]));
    expect(error).to.be.instanceOf(TooMuchOutput);
    expect(error.message).to.contain("wrote more than 33554432 characters, and was ended");
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
