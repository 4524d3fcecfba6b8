import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { run } from "../../../engines/process";
import { CommandError } from "../../../errors";
import { projectDirectory } from "../../../home/project";
import { temporaryDirectory } from "../../support/temporary-directory";

/** Runs a command as npm would, without the settings that the checkout may have. */
function runCommand(command: string, ...args: string[]): ReturnType<typeof run> {
  const env = { GHOST_PLATFORM_HOME: temporaryDirectory() };
  return run(process.execPath, ["runtime/bootstrap.mjs", command, ...args], { cwd: projectDirectory, env });
}

/** What a person sees of a failure. */
async function failure(command: string, ...args: string[]): Promise<{ status: number | undefined; output: string }> {
  try {
    await runCommand(command, ...args);
  } catch (error) {
    if (error instanceof CommandError) {
      return { status: error.status, output: error.output };
    }
    throw error;
  }
  throw new Error("the command succeeded");
}

describe("the commands", function () {
  // Each loads the SDK, a second on an idle machine.
  this.timeout(60_000);

  it("A3 tell a mistake in one message without a stack trace, and end with status 1", async () => {
    const { output, status } = await failure("deploy/start.ts", "--stack", "nowhere");
    expect(status).to.equal(1);
    expect(output).to.match(
      /^There is no stack "nowhere": Pulumi\.nowhere\.yaml does not exist\. Stacks here: .*swarm/,
    );
    expect(output.trim().split("\n")).to.have.length(1);
  });

  it("A3 end with status 2 for an option that they do not know", async () => {
    const { output, status } = await failure("deploy/destroy.ts", "--everything");
    expect(status).to.equal(2);
    expect(output).to.contain("unknown option '--everything'");
  });

  it("A4 do not render over somebody's files", async () => {
    const folder = temporaryDirectory();
    fs.writeFileSync(path.join(folder, "thesis.tex"), "");
    const { output, status } = await failure("deploy/render.ts", "--stack", "swarm", "--out", folder);
    expect(status).to.equal(1);
    expect(output).to.contain(folder).and.contain("--out");
    expect(fs.readdirSync(folder)).to.deep.equal(["thesis.tex"]);
  });

  it("A4 A5 render a stack that docker and kubectl can take, with secrets apart", async () => {
    const folder = path.join(temporaryDirectory(), "out");
    const { stdout } = await runCommand("deploy/render.ts", "--stack", "swarm", "--out", folder);
    expect(stdout).to.contain("docker --host unix:///var/run/docker.sock stack deploy").and.contain("compose.yaml");
    const { stdout: passwords } = await run("cat", [path.join(folder, "passwords.json")]);
    const kept = Object.values(JSON.parse(passwords) as Record<string, { value?: string; text?: string }>);
    const keys = kept.flatMap(({ text = "" }) => (text.includes("PRIVATE KEY") ? [text] : []));
    expect(keys).to.have.length(2);
    const values = [...keys, ...kept.flatMap(({ value }) => value ?? [])];
    const readable = fs
      .readdirSync(folder, { recursive: true, encoding: "utf8" })
      .map((name) => path.join(folder, name))
      .filter((file) => fs.statSync(file).isFile() && (fs.statSync(file).mode & 0o077) !== 0);
    expect(readable).not.to.have.length(0);
    for (const file of readable) {
      const content = fs.readFileSync(file, "utf8");
      expect(values.filter((value) => content.includes(value))).to.deep.equal([]);
    }
  });
});
