import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parseDocument } from "yaml";
import { removeStack, removeVolumes } from "../../../deploy/rendered/swarm";
import { DockerEngine } from "../../../engines/docker-engine";
import { projectDirectory } from "../../../home/project";
import { loadIntoDocker } from "../../../sandbox/images";
import { temporaryDirectory } from "../../support/temporary-directory";
import { describePage } from "../support/doc-page";
import { swarmImages } from "../support/stack-images";
import { startedEngine } from "../support/swarm-place";

/** By the Pulumi CLI, with the providers and the languages: `npm run e2e -- swarm --long` where it is on PATH. */
const possible = process.env["E2E_LONG"] !== undefined && hasPulumi() ? describe : describe.skip;

function hasPulumi(): boolean {
  try {
    return execFileSync("pulumi", ["version"], { encoding: "utf8" }) !== "";
  } catch {
    return false;
  }
}

possible("K4 stacks in any language of Pulumi's", () => {
  const base = temporaryDirectory();
  const folder = (name: string) => path.join(base, name);
  let docker: DockerEngine;
  const clear = async () => {
    for (const name of ["ghost-press", "ghost-press-python"]) {
      await removeStack(docker, name, () => undefined);
      await removeVolumes(docker, name);
    }
  };

  before(async () => {
    const { host } = await startedEngine();
    docker = new DockerEngine(host);
    await loadIntoDocker(host);
    await clear();
    fs.mkdirSync(folder("state"));
    writeExamples(folder("examples"), { retainData: false, swarm: { host }, images: { ...swarmImages } });
    borrowPlugins(folder("home"));
  });
  after(clear);

  describePage("docs/any-language.md", {
    environment: () => ({
      PULUMI_HOME: folder("home"),
      PULUMI_BACKEND_URL: `file://${folder("state")}`,
      PULUMI_CONFIG_PASSPHRASE: "only for this test",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      npm_config_prefer_offline: "true",
    }),
    // In this order: the temporary folder's name may begin with the first.
    replace: { "/tmp": base, "~/": `${base}/`, "examples/any-language": folder("examples") },
    timeout: 600,
  });
});

/** The programs of the page, and what they have to say besides: no registry answers here, and the engine is a machine of its own. */
function writeExamples(folder: string, own: Readonly<Record<string, object | boolean>>): void {
  fs.cpSync(path.join(projectDirectory, "examples", "any-language"), folder, { recursive: true });
  const inYaml = path.join(folder, "yaml", "Pulumi.yaml");
  const program = parseDocument(fs.readFileSync(inYaml, "utf8"));
  for (const [key, value] of Object.entries(own)) {
    program.setIn(["resources", "press", "properties", key], value);
  }
  fs.writeFileSync(inYaml, program.toString());
  const inPython = path.join(folder, "python", "__main__.py");
  const { images, swarm } = own;
  const said = `    retain_data=False, swarm=${JSON.stringify(swarm)}, images=${JSON.stringify(images)},\n    sites={`;
  fs.writeFileSync(inPython, fs.readFileSync(inPython, "utf8").replace("    sites={", said));
}

/** The person's providers, in a home of the test's own: what it installs there is not theirs. */
function borrowPlugins(home: string): void {
  const theirs = path.join(process.env["PULUMI_HOME"] ?? path.join(os.homedir(), ".pulumi"), "plugins");
  const plugins = path.join(home, "plugins");
  fs.mkdirSync(plugins, { recursive: true });
  for (const name of fs.readdirSync(theirs).filter((entry) => /^resource-(docker|random|tls)-v[\d.]+$/.test(entry))) {
    fs.cpSync(path.join(theirs, name), path.join(plugins, name), { recursive: true });
  }
}
