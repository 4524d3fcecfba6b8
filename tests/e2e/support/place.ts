import { spawn, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { writeMachineSettings, type RawConfig } from "../../../config/files/machine";
import { run } from "../../../engines/process";
import { CommandError } from "../../../errors";
import type { PageReport } from "../../../ops/guarded-page";
import { temporaryDirectory } from "../../support/temporary-directory";
import type { Reader } from "./inbox";

const project = path.join(__dirname, "..", "..", "..");

/** What a command printed, and how it ended. */
export interface Outcome {
  status: number;
  output: string;
}

/**
 * The commands of this project on one stack, used as a person would use them, with settings and state of their own so that the
 * person's stay untouched.
 */
export class Place {
  constructor(
    readonly stack: string,
    /** Folder of the settings and the state. */
    readonly home: string,
    private readonly environment: Record<string, string | undefined>,
  ) {}

  /** Variables over those of this process with which a command works on this place. */
  get variables(): NodeJS.ProcessEnv {
    return { ...this.environment, GHOST_PLATFORM_HOME: this.home, NO_COLOR: "1" };
  }

  /** Adds variables to those with which its commands run; its PATH comes before what there is. */
  add(variables: Readonly<Record<string, string>>): void {
    const { PATH, ...others } = variables;
    Object.assign(this.environment, others);
    if (PATH !== undefined) {
      this.environment["PATH"] = `${PATH}:${this.environment["PATH"] ?? process.env["PATH"] ?? ""}`;
    }
  }

  /** Puts settings over the stack file, as `npm start` does for this machine's images. */
  configure(settings: RawConfig): void {
    process.env["GHOST_PLATFORM_HOME"] = this.home;
    writeMachineSettings(project, this.stack, settings);
  }

  /** Forgets every setting. */
  reset(): void {
    fs.rmSync(path.join(this.home, "machine.yaml"), { force: true });
  }

  /** The same stack from another checkout, which has the settings of this one and neither its state nor its passwords. */
  elsewhere(): Place {
    const home = temporaryDirectory();
    fs.copyFileSync(path.join(this.home, "machine.yaml"), path.join(home, "machine.yaml"));
    return new Place(this.stack, home, this.environment);
  }

  start(...args: string[]): Promise<Outcome> {
    return this.command("deploy/start.ts", ["--stack", this.stack, "--yes", "--timeout", "600", ...args]);
  }

  destroy(...args: string[]): Promise<Outcome> {
    return this.command("deploy/destroy.ts", ["--stack", this.stack, "--yes", ...args]);
  }

  /** Runs one of the project's commands to its end, whatever that is. */
  async command(file: string, args: readonly string[]): Promise<Outcome> {
    try {
      const { stderr, stdout } = await run("node", ["runtime/bootstrap.mjs", file, ...args], {
        cwd: project,
        env: this.variables,
        timeout: 900,
      });
      return { status: 0, output: stdout + stderr };
    } catch (error) {
      if (error instanceof CommandError && error.status !== undefined) {
        return { status: error.status, output: error.output };
      }
      throw error;
    }
  }

  /** `npm run ops -- …` on the stack. */
  ops(command: string, ...args: string[]): Promise<Outcome> {
    return this.command("ops/main.ts", [...command.split(" "), ...args, "--stack", this.stack]);
  }

  /** The same, answered as JSON. */
  async opsJson<Answer>(command: string, ...args: string[]): Promise<Answer> {
    const { output } = await this.ops(command, "--json", ...args);
    return JSON.parse(output) as Answer;
  }

  /** Who may read the mail of the stack's inbox. */
  async inboxReader(): Promise<Reader> {
    const { login } = await this.opsJson<PageReport>("inbox");
    if (!login) {
      throw new Error(`the inbox of stack ${this.stack} asks for no login`);
    }
    return login;
  }

  /** Begins one of the project's commands that a person ends with Ctrl-C. */
  begin(file: string, args: readonly string[]): Running {
    return new Running(["runtime/bootstrap.mjs", file, ...args], { ...process.env, ...this.variables });
  }

  /** Runs the Pulumi CLI on the stack as `npm start` left it. */
  async pulumi(...args: string[]): Promise<string> {
    const { stdout } = await run("pulumi", ["--stack", this.stack, "--non-interactive", ...args], {
      cwd: project,
      env: {
        ...this.environment,
        GHOST_PLATFORM_HOME: this.home,
        PULUMI_BACKEND_URL: `file://${path.join(this.home, "state")}`,
        PULUMI_CONFIG_PASSPHRASE_FILE: path.join(this.home, "passphrase"),
        PULUMI_SKIP_UPDATE_CHECK: "true",
      },
      timeout: 600,
    });
    return stdout;
  }
}

/** A command that goes on until it is interrupted. */
export class Running {
  private text = "";
  private readonly child: ChildProcess;

  constructor(args: readonly string[], env: NodeJS.ProcessEnv) {
    this.child = spawn("node", args, { cwd: project, env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => (this.text += text));
    }
  }

  /** What it has printed so far. */
  get output(): string {
    return this.text;
  }

  /** Whether it came to its end by itself. */
  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Ends it as Ctrl-C does, and waits until it has ended. */
  interrupt(): Promise<void> {
    return this.end("SIGINT");
  }

  /** Ends it as `kill -9` does: it does nothing more, and what it has started goes on or not. */
  kill(): Promise<void> {
    return this.end("SIGKILL");
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (!this.hasEnded) {
      const ended = new Promise((resolve) => this.child.once("exit", resolve));
      this.child.kill(signal);
      await ended;
    }
  }
}

/** Fails with everything a command printed when it did not succeed. */
export function succeeded({ output, status }: Outcome): string {
  if (status !== 0) {
    throw new Error(`ended with status ${status}:\n${output}`);
  }
  return output;
}
