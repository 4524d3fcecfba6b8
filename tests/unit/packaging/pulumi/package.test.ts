import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { createInterface } from "node:readline";
import * as grpc from "@grpc/grpc-js";
import { GetSchemaRequest } from "@pulumi/pulumi/proto/provider_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { expect } from "chai";
import { run } from "../../../../engines/process";
import { packPlugin, writePulumiPackage } from "../../../../packaging/pulumi/package";
import { isLong } from "../../../support/long";
import { temporaryDirectory } from "../../../support/temporary-directory";

const project = path.join(__dirname, "..", "..", "..", "..");

/** Compiles what it is made of: `npm test -- --long`. */
const long = isLong ? describe : describe.skip;

long("the Pulumi package", function () {
  this.timeout(120_000);
  let folder: string;
  let plugin: ChildProcess | undefined;
  before(async () => {
    folder = path.join(temporaryDirectory(), "package");
    await writePulumiPackage(project, folder);
  });
  after(() => plugin?.kill());

  it("K4 names what it needs at the versions tried here, for nobody else will", () => {
    const read = (directory: string) =>
      JSON.parse(fs.readFileSync(path.join(directory, "package.json"), "utf8")) as {
        dependencies: Record<string, string>;
      };
    const { dependencies } = read(folder);
    expect(dependencies).to.include.keys(
      "@pulumi/pulumi",
      "@pulumi/docker",
      "@pulumi/kubernetes",
      "@pulumi/random",
      "@pulumi/tls",
    );
    expect(read(project).dependencies).to.include(dependencies);
  });

  it("K4 is a plugin at the top of its file", async () => {
    const file = await packPlugin(folder, { name: "ghost-platform", version: "0.1.0" }, temporaryDirectory());
    expect(path.basename(file)).to.equal("pulumi-resource-ghost-platform-v0.1.0.tar.gz");
    const { stdout } = await run("tar", ["-tzf", file]);
    expect(stdout.split("\n")).to.include.members([
      "./PulumiPlugin.yaml",
      "./package.json",
      "./packaging/pulumi/main.js",
    ]);
  });

  it("K4 is run as the engine runs it, and tells its schema", async () => {
    fs.symlinkSync(path.join(project, "node_modules"), path.join(folder, "node_modules"));
    const program = path.join(project, "node_modules", "@pulumi", "pulumi", "cmd", "run-plugin");
    plugin = spawn(process.execPath, [program, folder, "127.0.0.1:1"], {
      cwd: folder,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [port] = (await once(createInterface({ input: plugin.stdout ?? expect.fail("no output") }), "line")) as [
      string,
    ];
    const client = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    const told = await new Promise<string>((resolve, reject) => {
      client.getSchema(new GetSchemaRequest(), (error, response) =>
        error ? reject(error) : resolve(response.getSchema()),
      );
    });
    client.close();
    expect(told).to.equal(fs.readFileSync(path.join(project, "config", "pulumi.schema.json"), "utf8"));
  });
});
