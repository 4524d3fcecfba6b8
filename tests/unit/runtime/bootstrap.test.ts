import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { temporaryDirectory } from "../../support/temporary-directory";

const root = path.resolve(__dirname, "../../..");

/**
 * In place of npm: counts its calls, and either installs what package-lock.json names, or fails with what FAKE_NPM_FAILS says.
 */
const fakeNpm = `
const fs = require("node:fs");
fs.appendFileSync("npm-calls", process.argv.slice(2).join(" ") + "\\n");
if (process.env.FAKE_NPM_FAILS) { console.error(process.env.FAKE_NPM_FAILS); process.exit(1); }
setTimeout(() => {
  fs.mkdirSync("node_modules", { recursive: true });
  fs.symlinkSync(${JSON.stringify(path.join(root, "node_modules/esbuild"))}, "node_modules/esbuild");
  fs.copyFileSync("package-lock.json", "node_modules/.package-lock.json");
}, Number(process.env.FAKE_NPM_TAKES ?? 0));
`;

describe("the bootstrap", () => {
  let project: string;
  beforeEach(() => {
    project = temporaryDirectory();
    for (const file of ["runtime/bootstrap.mjs", "files/lock.cjs", "files/process-start.cjs", "files/in-words.cjs"]) {
      fs.mkdirSync(path.dirname(path.join(project, file)), { recursive: true });
      fs.copyFileSync(path.join(root, file), path.join(project, file));
    }
    fs.cpSync(path.join(root, "runtime"), path.join(project, "runtime"), { recursive: true });
    fs.writeFileSync(path.join(project, "npm-cli.js"), fakeNpm);
    fs.writeFileSync(
      path.join(project, "main.ts"),
      `const args: string[] = process.argv.slice(2); console.log("ran", args.join(" ")); process.exitCode = args.length;`,
    );
    lockFile("1.0.0");
  });

  const lockFile = (version: string) => {
    fs.writeFileSync(
      path.join(project, "package-lock.json"),
      JSON.stringify({ packages: { "node_modules/thing": { version, integrity: `sha512-${version}` } } }),
    );
  };
  const start = (args: readonly string[], env: Record<string, string> = {}) => {
    const child = spawn(process.execPath, ["runtime/bootstrap.mjs", ...args], {
      cwd: project,
      env: { ...process.env, npm_execpath: path.join(project, "npm-cli.js"), ...env },
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const ended = once(child, "close").then(([status]) => ({ status: status as number | null, output }));
    return { child, ended, output: () => output };
  };
  const bootstrap = (args: readonly string[], env?: Record<string, string>) => start(args, env).ended;
  const installations = () => fs.readFileSync(path.join(project, "npm-calls"), "utf8").trim().split("\n").length;

  it("installs what is missing, runs the file with its arguments, and passes its status on", async () => {
    const { output, status } = await bootstrap(["main.ts", "a", "b"]);
    expect(output).to.contain("Installing dependencies").and.contain("ran a b");
    expect(status).to.equal(2);
  });

  it("installs nothing when everything is there, and again when the lock file changes", async () => {
    await bootstrap(["main.ts"]);
    const { output } = await bootstrap(["main.ts"]);
    expect(output).to.equal("ran \n");
    expect(installations()).to.equal(1);
    lockFile("1.0.1");
    fs.rmSync(path.join(project, "node_modules"), { recursive: true });
    await bootstrap(["main.ts"]);
    expect(installations()).to.equal(2);
  });

  it("installs once for two that start together", async () => {
    const both = await Promise.all([1, 2].map(() => bootstrap(["main.ts", "x"], { FAKE_NPM_TAKES: "300" })));
    expect(both.map(({ status }) => status)).to.deep.equal([1, 1]);
    expect(installations()).to.equal(1);
  });

  it("installs anew after an installation that was killed", async () => {
    fs.mkdirSync(path.join(project, "node_modules", "half"), { recursive: true });
    const { output } = await bootstrap(["main.ts"]);
    expect(output).to.contain("ran");
  });

  it("stops on Ctrl-C while it installs, and says so", async () => {
    const { child, ended, output } = start(["main.ts"], { FAKE_NPM_TAKES: "60000" });
    while (!fs.existsSync(path.join(project, "npm-calls"))) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    child.kill("SIGINT");
    const { status } = await ended;
    expect(status).to.equal(130);
    expect(output()).to.contain("interrupted");
  });

  it("says that the registry cannot be reached", async () => {
    const { output, status } = await bootstrap(["main.ts"], { FAKE_NPM_FAILS: "npm error code EAI_AGAIN" });
    expect(status).to.equal(1);
    expect(output).to.contain("does not reach its package registry (EAI_AGAIN)").and.contain("proxy");
  });

  it("shows what npm said of any other failure", async () => {
    const { output, status } = await bootstrap(["main.ts"], { FAKE_NPM_FAILS: "npm error disk is full" });
    expect(status).to.equal(1);
    expect(output).to.contain("ended with status 1").and.contain("disk is full");
  });

  it("refuses a file that is not there", async () => {
    await bootstrap(["main.ts"]);
    const { output, status } = await bootstrap(["nothing.ts"]);
    expect(status).to.equal(2);
    expect(output).to.contain("nothing.ts does not exist");
  });
});
