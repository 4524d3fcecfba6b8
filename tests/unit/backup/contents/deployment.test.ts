import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { parse, stringify } from "yaml";
import { reencrypted } from "../../../../backup/contents/pulumi-state";
import { projectDirectory } from "../../../../home/project";
import { temporaryDirectory } from "../../../support/temporary-directory";
import { encryptedState, statePassphrase } from "./pulumi-state";

/** What a machine keeps of two stacks, of which one is saved. */
describe("B5 C5 what a backup holds of this machine", () => {
  const { name: project } = parse(fs.readFileSync(path.join(projectDirectory, "Pulumi.yaml"), "utf8")) as {
    name: string;
  };
  const write = (home: string, file: string, content: string) => {
    fs.mkdirSync(path.dirname(path.join(home, file)), { recursive: true });
    fs.writeFileSync(path.join(home, file), content);
  };
  const read = (home: string, file: string) => fs.readFileSync(path.join(home, file), "utf8");
  const stateOf = (stack: string) => `state/.pulumi/stacks/${project}/${stack}.json`;
  const machine = (...stacks: string[]) => {
    const home = temporaryDirectory();
    write(home, "passphrase", `${statePassphrase}\n`);
    const settings = (stack: string) => ({ images: { ghost: `${stack}/ghost:1` }, swarm: { host: "ssh://south" } });
    write(home, "machine.yaml", stringify(Object.fromEntries(stacks.map((stack) => [stack, settings(stack)]))));
    for (const stack of stacks) {
      write(home, `unlock-keys/${stack}`, `SWMKEY-1-key+of+${stack}\n`);
      write(home, stateOf(stack), encryptedState(stack));
      write(home, `rendered/${stack}/passwords.json`, `{"of": "${stack}"}\n`);
      write(home, `rendered/${stack}/.ghost-platform.json`, `{"stack": "${stack}", "entries": []}\n`);
    }
    return home;
  };
  /** Runs a program on a machine's folder, which is chosen when the modules are loaded. */
  const on = (home: string, program: string, input = "") => {
    const source = `const { readDeployment, placeDeployment } = require("./backup/contents/deployment.ts");
      const { text } = require("node:stream/consumers");
      (async () => { ${program} })().catch((error) => { console.error(error.name + ": " + error.message); process.exitCode = 1; });`;
    const loader = path.join(projectDirectory, "runtime", "load-typescript.cjs");
    const { status, stderr, stdout } = spawnSync(process.execPath, ["--require", loader, "-e", source], {
      cwd: projectDirectory,
      env: { ...process.env, GHOST_PLATFORM_HOME: home },
      encoding: "utf8",
      input,
    });
    return { status, output: stdout + stderr };
  };
  const saved = (home: string) => on(home, `console.log(JSON.stringify(await readDeployment("swarm")));`);
  const placed = (home: string, deployment: string) =>
    on(
      home,
      `console.log(JSON.stringify(await placeDeployment(JSON.parse(await text(process.stdin)), "swarm")));`,
      deployment,
    );

  it("is one stack's, and nothing that opens another's; elsewhere it joins what is there", async () => {
    const { output, status } = saved(machine("swarm", "press"));
    expect(status, output).to.equal(0);
    expect(output).to.not.contain("press").and.to.not.contain(Buffer.from('{"of": "press"}\n').toString("base64"));
    const deployment = JSON.parse(output) as { state: { passphrase: string } };
    expect(deployment.state.passphrase).to.not.equal(statePassphrase);

    const other = machine("press");
    write(other, "passphrase", "of the other machine\n");
    const before = [stateOf("press"), "unlock-keys/press", "rendered/press/passwords.json"].map((file) =>
      read(other, file),
    );
    const first = placed(other, output);
    expect(first.status, first.output).to.equal(0);
    expect(first.output).to.contain("Pulumi's state").and.contain("unlocks the managers");
    await reencrypted(read(other, stateOf("swarm")), "of the other machine", "x");
    expect(read(other, "unlock-keys/swarm")).to.equal("SWMKEY-1-key+of+swarm\n");
    expect(read(other, "rendered/swarm/passwords.json")).to.equal('{"of": "swarm"}\n');
    expect(fs.statSync(path.join(other, "rendered/swarm/passwords.json")).mode & 0o077).to.equal(0);
    expect(parse(read(other, "machine.yaml")) as object).to.deep.equal({
      press: { images: { ghost: "press/ghost:1" }, swarm: { host: "ssh://south" } },
      swarm: { images: { ghost: "swarm/ghost:1" }, swarm: {} },
    });
    expect(
      [stateOf("press"), "unlock-keys/press", "rendered/press/passwords.json"].map((file) => read(other, file)),
    ).to.deep.equal(before);
    // What is there stays.
    expect(placed(other, output).output.trim()).to.equal("[]");
  });

  it("has Pulumi look at what is there of its state, on a machine that knew the stack, too", () => {
    const byPulumi = { engine: "pulumi", backend: "local" };
    const known = (home: string) => JSON.parse(read(home, "deployments.json")) as object;
    const placedWith = (deployed: object, before?: object) => {
      const home = temporaryDirectory();
      if (before) {
        write(home, "deployments.json", JSON.stringify(before));
      }
      const { output, status } = placed(home, JSON.stringify({ version: 1, settings: {}, rendered: {}, deployed }));
      expect(status, output).to.equal(0);
      return known(home);
    };
    expect(placedWith(byPulumi)).to.deep.equal({ swarm: { ...byPulumi, restored: true } });
    const here = { swarm: byPulumi, press: byPulumi };
    expect(placedWith(byPulumi, here)).to.deep.equal({ ...here, swarm: { ...byPulumi, restored: true } });
    expect(placedWith({ engine: "rendered" })).to.deep.equal({ swarm: { engine: "rendered" } });
  });

  it("is refused where it could not be restored: the passphrase is another's, or is missing beside states", () => {
    const home = machine("swarm");
    write(home, "passphrase", "another\n");
    expect(saved(home).output).to.match(/^UserError: The passphrase in .* does not open .*swarm\.json/);
    const { output } = saved(machine("swarm"));
    const without = machine("press");
    fs.rmSync(path.join(without, "passphrase"));
    const refused = placed(without, output);
    expect(refused.output).to.match(/^UserError: .*passphrase is missing/);
    expect(fs.existsSync(path.join(without, stateOf("swarm")))).to.equal(false);
    expect(fs.existsSync(path.join(without, "passphrase"))).to.equal(false);
  });
});
