import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { parseStackConfig } from "../../../config/parse";
import type { SwarmStackConfig } from "../../../config/schema";
import { refuseUnusableOnSwarm } from "../../../deploy/before/external-database";
import { DockerEngine } from "../../../engines/docker-engine";
import type { RunOptions } from "../../../engines/process";
import { CommandError, UserError } from "../../../errors";
import { rejection } from "../../support/rejection";
import { temporaryDirectory } from "../../support/temporary-directory";

/** An engine on which the question ends as told. */
class AskedEngine extends DockerEngine {
  readonly asked: { args: string[]; input: string }[] = [];

  constructor(
    private readonly failure?: CommandError,
    private readonly services: string[] = [],
  ) {
    super("unix:///nowhere");
  }

  override lines(): Promise<string[]> {
    return Promise.resolve(this.services);
  }

  override docker(
    args: readonly string[],
    { input = "" }: RunOptions = {},
  ): Promise<{ stdout: string; stderr: string }> {
    this.asked.push({ args: [...args], input });
    return this.failure ? Promise.reject(this.failure) : Promise.resolve({ stdout: "", stderr: "" });
  }
}

describe("the question to a database server of somebody else's before a deployment", () => {
  const passwordFile = path.join(temporaryDirectory(), "password");
  fs.writeFileSync(passwordFile, "a password in plain text\n");
  const refuse = (
    engine: DockerEngine,
    mysql: object = { external: { host: "db.example.net", user: "dba", passwordFile } },
  ) => {
    const config = parseStackConfig({ platform: "swarm", mysql, sites: { blog: { url: "http://localhost:2368" } } });
    return refuseUnusableOnSwarm(engine, { stack: "press", config: config as SwarmStackConfig, raw: {} });
  };

  it("D3 A5 has the password on its standard input alone, and goes on where nothing is wrong", async () => {
    const engine = new AskedEngine();
    await refuse(engine);
    expect(engine.asked).to.have.length(1);
    expect(engine.asked[0]?.args.join(" ")).to.not.contain("in plain text");
    expect(engine.asked[0]?.input).to.contain("a password in plain text").and.contain('"owner":"ghost-press"');
  });

  it("D3 is not asked of a stack with a server of its own", async () => {
    const engine = new AskedEngine();
    await refuse(engine, {});
    expect(engine.asked).to.deep.equal([]);
  });

  it("D3 tells all that is wrong; what is unknown is no answer", async () => {
    const said = "mysql.external.caFile: another\nsites.blog.database.user: somebody's";
    const wrong = await rejection(refuse(new AskedEngine(new CommandError("docker run", 1, said))));
    expect(wrong).to.be.instanceOf(UserError);
    expect(wrong.message)
      .to.contain("Nothing was changed")
      .and.contain("- mysql.external.caFile: another")
      .and.contain("- sites.blog");
    const unknown = await rejection(refuse(new AskedEngine(new CommandError("docker run", 125, "no such image"))));
    expect(unknown).to.be.instanceOf(CommandError);
  });

  it("D3 is not asked while a server of the stack's own is there: the sites would come up empty", async () => {
    const engine = new AskedEngine(undefined, ["id"]);
    const error = await rejection(refuse(engine));
    expect(error.message).to.contain("Nothing was changed: the stack runs a database server of its own");
    expect(engine.asked).to.deep.equal([]);
  });
});
