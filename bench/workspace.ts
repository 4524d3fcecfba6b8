import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse, stringify } from "yaml";
import { run, succeeds } from "../engines/process";
import { projectDirectory } from "../home/project";
import type { RawConfig } from "../config/files/machine";
import { configNamespace } from "../config/namespaces";
import { UserError } from "../errors";
import { measured, type Cost } from "./measured";
import { benchStack } from "./place";

/** A Pulumi project in a temporary folder, with its state and its passphrase beside it: nothing of the person's is read or changed. */
export class Workspace {
  private readonly directory = fs.mkdtempSync(path.join(os.tmpdir(), "ghost-platform-bench-"));
  private readonly env: Record<string, string>;

  private constructor(files: Record<string, string>) {
    for (const [name, content] of Object.entries(files)) {
      fs.writeFileSync(path.join(this.directory, name), content);
    }
    const passphrase = path.join(this.directory, "passphrase");
    fs.writeFileSync(passphrase, crypto.randomBytes(32).toString("base64url"), { mode: 0o600 });
    fs.mkdirSync(path.join(this.directory, "state"));
    this.env = {
      PULUMI_BACKEND_URL: `file://${path.join(this.directory, "state")}`,
      PULUMI_CONFIG_PASSPHRASE_FILE: passphrase,
      PULUMI_SKIP_UPDATE_CHECK: "true",
      // The settings that this machine has for a stack of this name are not meant.
      GHOST_PLATFORM_HOME: this.directory,
    };
  }

  /** This project's program, with a stack of the given configuration. */
  static async ofProgram(config: RawConfig): Promise<Workspace> {
    const project = parse(fs.readFileSync(path.join(projectDirectory, "Pulumi.yaml"), "utf8")) as object;
    const keys = Object.entries(config).map(([key, value]) => [
      `${configNamespace}:${key}`,
      typeof value === "boolean" ? String(value) : value,
    ]);
    return new Workspace({
      "Pulumi.yaml": stringify({ ...project, main: projectDirectory }),
      [`Pulumi.${benchStack}.yaml`]: stringify({ config: Object.fromEntries(keys) as RawConfig }),
    }).initialised();
  }

  /**
   * The least that a program on Kubernetes can be: a provider and a namespace, in plain JavaScript.
   *
   * @param preload file that Node.js loads before, as this project's program has it; default: none, as Pulumi does it
   */
  static async ofFloor(provider: object, namespace: string, preload?: string): Promise<Workspace> {
    const options = { typescript: false, ...(preload ? { nodeargs: `--require ${preload}` } : {}) };
    const workspace = new Workspace({
      "Pulumi.yaml": stringify({ name: "floor", runtime: { name: "nodejs", options } }),
      "package.json": JSON.stringify({ name: "floor", main: "index.js" }),
      "index.js": [
        'const k8s = require("@pulumi/kubernetes");',
        `const provider = new k8s.Provider("cluster", ${JSON.stringify(provider)});`,
        `new k8s.core.v1.Namespace("floor", { metadata: { name: ${JSON.stringify(namespace)} } }, { provider });`,
        "",
      ].join("\n"),
    });
    fs.symlinkSync(path.join(projectDirectory, "node_modules"), path.join(workspace.directory, "node_modules"));
    return workspace.initialised();
  }

  /** Runs `pulumi COMMAND --stack bench FLAGS` and tells what it cost. */
  pulumi(command: "up" | "preview" | "destroy", ...flags: readonly string[]): Promise<Cost> {
    return measured("pulumi", [command, "--stack", benchStack, "--non-interactive", ...flags], {
      cwd: this.directory,
      env: this.env,
    });
  }

  /** Destroys what the stack still has, and deletes the folder unless that fails. */
  async discard(): Promise<void> {
    await this.pulumi("destroy", "--yes", "--skip-preview");
    fs.rmSync(this.directory, { recursive: true, force: true });
  }

  private async initialised(): Promise<Workspace> {
    await run("pulumi", ["stack", "init", benchStack, "--non-interactive"], { cwd: this.directory, env: this.env });
    return this;
  }
}

/** @throws UserError where there is no Pulumi CLI */
export async function needPulumi(): Promise<void> {
  if (!(await succeeds("pulumi", ["version"], { env: { PULUMI_SKIP_UPDATE_CHECK: "true" } }))) {
    throw new UserError(
      "There is no pulumi on PATH, and without it nothing is left to measure but the program itself: npm run bench -- sites",
    );
  }
}
