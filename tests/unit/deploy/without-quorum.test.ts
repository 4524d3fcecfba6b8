import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { run } from "../../../engines/process";
import { CommandError } from "../../../errors";
import { projectDirectory } from "../../../home/project";
import { temporaryDirectory } from "../../support/temporary-directory";

/** A docker whose engine is one of three managers, and knows no leader. */
const leaderless = `#!/bin/sh
case "$*" in
  *" version "*) echo 28.0.0 ;;
  *" info "*) echo '{"LocalNodeState":"active","ControlAvailable":true,"RemoteManagers":[{},{},{}],"NodeAddr":""}' ;;
  *) echo "The swarm does not have a leader." >&2; exit 1 ;;
esac`;

describe("S2 a stack whose swarm has no quorum", function () {
  // Each command loads the SDK, a second on an idle machine.
  this.timeout(60_000);

  let home: string;
  const deployments = () => JSON.parse(fs.readFileSync(path.join(home, "deployments.json"), "utf8")) as object;
  const destroy = async (...flags: string[]) => {
    const bin = temporaryDirectory();
    fs.writeFileSync(path.join(bin, "docker"), leaderless, { mode: 0o755 });
    const env = { GHOST_PLATFORM_HOME: home, PATH: `${bin}:${process.env["PATH"] ?? ""}` };
    try {
      const args = ["runtime/bootstrap.mjs", "deploy/destroy.ts", "--stack", "swarm", ...flags];
      const { stdout } = await run(process.execPath, args, { cwd: projectDirectory, env });
      return { status: 0, output: stdout };
    } catch (error) {
      if (error instanceof CommandError) {
        return { status: error.status, output: error.output };
      }
      throw error;
    }
  };

  beforeEach(() => {
    home = temporaryDirectory();
    fs.writeFileSync(
      path.join(home, "deployments.json"),
      '{"swarm":{"engine":"rendered"},"dev":{"engine":"pulumi","backend":"local"}}',
    );
  });

  it("is left alone, and the person told the arithmetic and what can be done", async () => {
    const { output, status } = await destroy();
    expect(status).to.equal(1);
    expect(output)
      .to.contain("has no quorum: 3 managers, quorum 2 (3/2 + 1), tolerates the loss of 1; none leads, so fewer than 2")
      .and.to.contain("npm run cluster -- recover --from NODE")
      .and.to.contain("npm run destroy -- --stack swarm --without-quorum");
    expect(deployments()).to.have.property("swarm");
  });

  it("is forgotten when they say so, with what is left where; its data nobody can remove", async () => {
    const refused = await destroy("--without-quorum", "--data");
    expect(refused.status).to.equal(1);
    expect(refused.output).to.contain("Leave out --data");
    expect(deployments()).to.have.property("swarm");
    const { output, status } = await destroy("--without-quorum");
    expect(status, output).to.equal(0);
    expect(output).to.contain("docker swarm leave --force").and.to.contain("label=ghost-platform.stack=ghost-swarm");
    expect(deployments()).to.deep.equal({ dev: { engine: "pulumi", backend: "local" } });
  });
});
