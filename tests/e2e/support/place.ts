import * as fs from "node:fs";
import * as path from "node:path";
import { writeMachineSettings, type RawConfig } from "../../../config/machine";
import { CommandError, run } from "../../../cli/process";

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

  /** Puts settings over the stack file, as `npm start` does for this machine's images. */
  configure(settings: RawConfig): void {
    process.env["GHOST_PLATFORM_HOME"] = this.home;
    writeMachineSettings(project, this.stack, settings);
  }

  /** Forgets every setting. */
  reset(): void {
    fs.rmSync(path.join(this.home, "machine.yaml"), { force: true });
  }

  start(...args: string[]): Promise<Outcome> {
    return this.command("cli/start.ts", ["--stack", this.stack, "--yes", "--timeout", "420", ...args]);
  }

  destroy(...args: string[]): Promise<Outcome> {
    return this.command("cli/destroy.ts", ["--stack", this.stack, "--yes", ...args]);
  }

  /** Runs one of the project's commands to its end, whatever that is. */
  async command(file: string, args: readonly string[]): Promise<Outcome> {
    try {
      const { stderr, stdout } = await run("node", ["cli/bootstrap.mjs", file, ...args], {
        cwd: project,
        env: { ...this.environment, GHOST_PLATFORM_HOME: this.home, NO_COLOR: "1" },
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

/** Fails with everything a command printed when it did not succeed. */
export function succeeded({ output, status }: Outcome): string {
  if (status !== 0) {
    throw new Error(`ended with status ${status}:\n${output}`);
  }
  return output;
}
