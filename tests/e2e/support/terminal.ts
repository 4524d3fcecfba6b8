import { spawn, spawnSync, type ChildProcess } from "node:child_process";

/** What a command typed into a terminal printed on both its streams, and how it ended. */
export interface Typed {
  status: number;
  output: string;
}

/**
 * A shell that lives as long as somebody sits before it: what one command sets, starts in the background or changes into is there for the
 * next. Close it when done.
 */
export class Terminal {
  private readonly shell: ChildProcess;
  private output = "";
  private typed = 0;

  constructor(options: { cwd: string; env: NodeJS.ProcessEnv }) {
    // A session of its own, so that closing it ends whatever it has started.
    this.shell = spawn("bash", ["--noprofile", "--norc"], {
      ...options,
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    for (const stream of [this.shell.stdout, this.shell.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => (this.output += text));
    }
    this.shell.stdin?.on("error", () => undefined);
    // Job control, as in every terminal: `kill %%` reaches the programs of a job, not only the shell function that started them.
    this.shell.stdin?.write("set -m\n");
  }

  /**
   * Types a command and waits for its end.
   *
   * @throws Error after so many seconds, or when the shell itself has ended; it cannot be used afterwards
   */
  async type(command: string, seconds: number): Promise<Typed> {
    this.typed += 1;
    const mark = `-- end of command ${this.typed}, status`;
    this.output = "";
    this.shell.stdin?.write(`{\n${command}\n} </dev/null 2>&1\nprintf '\\n%s %d --\\n' '${mark}' "$?"\n`);
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const at = this.output.indexOf(`\n${mark}`);
      const [, status] = /^ (\d+) --/.exec(this.output.slice(at + 1 + mark.length)) ?? [];
      if (at >= 0 && status !== undefined) {
        return { status: Number(status), output: this.output.slice(0, at) };
      }
      if (this.shell.exitCode !== null || Date.now() > deadline) {
        this.close();
        const why = this.shell.exitCode === null ? `did not end within ${seconds} s` : "ended the shell";
        throw new Error(`${command}\n${why}. It printed:\n${this.output.slice(-3000)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Ends the shell and everything that it has started. */
  close(): void {
    if (this.shell.exitCode === null && this.shell.pid !== undefined) {
      spawnSync("pkill", ["--session", String(this.shell.pid)]);
    }
  }
}
