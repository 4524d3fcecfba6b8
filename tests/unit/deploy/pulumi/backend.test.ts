import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import type * as engineModule from "../../../../deploy/engine";
import type { EngineName } from "../../../../home/deployments";
import type { Engine } from "../../../../deploy/engine";
import { installedCli } from "../../../../deploy/pulumi/cli";
import { UserError } from "../../../../errors";
import { fakePrograms } from "../../../support/fake-programs";
import { freshModule } from "../../../support/fresh-modules";
import { rejection } from "../../../support/rejection";
import { temporaryDirectory } from "../../../support/temporary-directory";

/** A Pulumi CLI, as far as the choice of an engine asks it something; `whoami` is what a test says. */
const pulumi = (whoami: string) => `#!/bin/sh
echo "$*" >> "$CALLS"
case "$*" in
  version) echo v3.270.0 ;;
  whoami*) ${whoami} ;;
  "plugin ls"*) echo '[{"name": "docker"}, {"name": "random"}, {"name": "tls"}, {"name": "kubernetes"}]' ;;
  "org get-default"*) echo acme ;;
esac`;

const known = (backend: unknown) => JSON.stringify({ swarm: { engine: "pulumi", backend } });
const service = "https://api.pulumi.test";
const unreachable =
  'echo "Logging in using access token from PULUMI_ACCESS_TOKEN" >&2; echo "error: dial tcp: lookup api.pulumi.test: no such host" >&2; exit 255';
const answers = (url: string) => `echo '{"user": "me", "url": "${url}"}'`;

describe("what deploys a stack, and what keeps its state", function () {
  this.timeout(60_000);
  const environment = { ...process.env };
  const restore = () => {
    for (const name of Object.keys(process.env).filter((key) => !(key in environment))) {
      Reflect.deleteProperty(process.env, name);
    }
    Object.assign(process.env, environment);
  };
  afterEach(restore);

  interface Setting {
    /** Script of `pulumi whoami`; none: there is no pulumi. */
    whoami?: string;
    deployments?: string;
    credentials?: object | string;
    env?: Record<string, string>;
    wanted?: EngineName;
    /** What is called, with the stack and the platform. */
    of?: "chooseEngine" | "engineThatDeployed";
    /** Whether the state of the stack is in this project's folder. */
    state?: boolean;
  }

  /** The engine chosen, or the message of the refusal; and what pulumi was asked. */
  const chosen = async ({ credentials, deployments, env, of, state, wanted, whoami }: Setting) => {
    restore();
    const home = temporaryDirectory();
    const write = (name: string, text: string, mode = 0o600) => {
      fs.mkdirSync(path.dirname(path.join(home, name)), { recursive: true });
      fs.writeFileSync(path.join(home, name), text, { mode });
    };
    if (whoami !== undefined) {
      write("bin/pulumi", pulumi(whoami), 0o755);
    }
    if (deployments !== undefined) {
      write("deployments.json", deployments);
    }
    if (credentials !== undefined) {
      write(
        "pulumi-home/credentials.json",
        typeof credentials === "string" ? credentials : JSON.stringify(credentials),
      );
    }
    if (state) {
      write("state/.pulumi/stacks/ghost-platform/swarm.json", '{"version": 3, "checkpoint": {}}');
    }
    Object.assign(process.env, {
      PULUMI_HOME: path.join(home, "pulumi-home"),
      CALLS: path.join(home, "calls"),
      PATH: `${path.join(home, "bin")}:/usr/bin:/bin`,
      ...env,
    });
    const { chooseEngine, engineThatDeployed } = freshModule(home, "deploy/engine") as typeof engineModule;
    const said = await (
      of === "engineThatDeployed" ? engineThatDeployed("swarm", "swarm") : chooseEngine("swarm", "swarm", wanted)
    ).catch(String);
    const calls = fs.existsSync(path.join(home, "calls")) ? fs.readFileSync(path.join(home, "calls"), "utf8") : "";
    return typeof said === "string" ? { said, calls, engine: undefined } : { said: "", calls, engine: described(said) };
  };
  const described = (engine: Engine) =>
    engine.name === "pulumi" ? { name: engine.name, backend: engine.backend } : engine;

  it("A2 a backend that does not answer is no empty one: nothing is deployed and nothing destroyed", async () => {
    const setting = { whoami: unreachable, deployments: known({ url: service }), credentials: { current: service } };
    for (const of of [undefined, "engineThatDeployed"] as const) {
      const { engine, said } = await chosen({ ...setting, of });
      expect(engine, said).to.equal(undefined);
      expect(said)
        .to.contain(`UserError: The backend ${service}, that stack swarm is kept in, does not answer`)
        .and.contain("no such host")
        .and.contain("Nothing was changed");
    }
    const answering = await chosen({ ...setting, whoami: answers(service) });
    expect(answering.engine).to.deep.equal({ name: "pulumi", backend: { url: service } });
  });

  it("A2 a stack stays with its backend: after a logout, another login, or a login after the first deployment", async () => {
    const deployments = known({ url: service, organization: "acme" });
    const out = await chosen({ whoami: answers("x"), deployments, credentials: { accounts: {} } });
    expect(out.said).to.contain(
      `kept in ${service}, and nobody is logged in to it here. Log in: pulumi login ${service}`,
    );
    const other = await chosen({
      whoami: answers("file:///other"),
      deployments,
      env: { PULUMI_BACKEND_URL: "file:///other" },
    });
    expect(other.said).to.contain(`kept in ${service}`).and.contain("unset PULUMI_BACKEND_URL");
    const local = await chosen({ whoami: unreachable, deployments: known("local"), credentials: { current: service } });
    expect(local.engine).to.deep.equal({ name: "pulumi", backend: "local" });
    const forgotten = await chosen({ whoami: unreachable, state: true, credentials: { current: service } });
    expect(forgotten.engine).to.deep.equal({ name: "pulumi", backend: "local" });
  });

  it("A2 a new stack goes to the backend that the person is logged in to, with whose it is there", async () => {
    const { engine } = await chosen({ whoami: answers(service), credentials: { current: service } });
    expect(engine).to.deep.equal({ name: "pulumi", backend: { url: service, organization: "acme" } });
    const nobody = await chosen({ whoami: "exit 9" });
    expect(nobody.engine).to.deep.equal({ name: "pulumi", backend: "local" });
    expect(nobody.calls).not.to.contain("whoami");
    const encrypted = await chosen({ whoami: unreachable, credentials: '{"v": 1, "sealed": "x"}' });
    expect(encrypted.said).to.contain("does not answer");
    const refused = await chosen({
      whoami: 'echo "error: PULUMI_ACCESS_TOKEN must be set for login" >&2; exit 1',
      credentials: { current: service },
    });
    expect(refused.said).to.contain("lets nobody of this machine in").and.contain(`pulumi login ${service}`);
  });

  it("A4 is decided by what is installed and what was asked for, and stays: no web site is asked", async () => {
    const without = await chosen({});
    expect(without.engine).to.deep.equal({ name: "rendered" });
    expect((await chosen({ whoami: "exit 9", wanted: "rendered" })).engine).to.deep.equal({ name: "rendered" });
    const deployments = JSON.stringify({ swarm: { engine: "rendered" } });
    expect((await chosen({ whoami: "exit 9", deployments })).engine).to.deep.equal({ name: "rendered" });
    const changed = await chosen({ whoami: "exit 9", deployments, wanted: "pulumi" });
    expect(changed.said).to.contain("npm run destroy -- --stack swarm; the data stays").and.contain("--engine pulumi");
    const gone = await chosen({ deployments: known("local") });
    expect(gone.said).to.contain("its CLI is not here any more").and.contain("npx --yes pulumi@");
  });

  it("A5 A6 the passphrase of a person's backend is asked for, and proved, before anything", async () => {
    const states = `file://${path.join(os.tmpdir(), "states")}`;
    const setting = { whoami: answers(states), env: { PULUMI_BACKEND_URL: states } };
    const none = await chosen(setting);
    expect(none.said)
      .to.contain("encrypted with a passphrase of yours, and none is given")
      .and.contain("PULUMI_CONFIG_PASSPHRASE_FILE");
    const given = await chosen({ ...setting, env: { ...setting.env, PULUMI_CONFIG_PASSPHRASE: "" } });
    expect(given.engine).to.deep.equal({ name: "pulumi", backend: { url: states } });
  });

  it("A4 is told where the CLI is there and does not run: that is no machine without it", async () => {
    for (const script of ["exit 1", "echo Segmentation fault", "echo"]) {
      fakePrograms({ pulumi: script });
      const error = await rejection(installedCli());
      expect(error).to.be.instanceOf(UserError);
      expect(error.message).to.contain("The Pulumi CLI on PATH does not run").and.contain("--engine rendered");
    }
  });
});
