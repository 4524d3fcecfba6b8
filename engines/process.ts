import { spawn, type ChildProcess } from "node:child_process";
import { CommandError, type Completed } from "../errors";
import { interruption } from "../terminal/interruption";

/** How to run a program. */
export interface RunOptions {
  /** Seconds until the program is ended (SIGTERM, and SIGKILL 5 s later). Default 60. */
  timeout?: number;
  cwd?: string;
  /** Variables over those of this process; undefined takes one away. */
  env?: Record<string, string | undefined>;
  /** Text for its standard input. Default: none. */
  input?: string;
  /** Called with each line of standard output and standard error. */
  onLine?: (line: string) => void;
}

const lastLines = 15;
/** What is kept of a program's output; more would only fill the memory. */
const keptCharacters = 32 * 1024 * 1024;

/**
 * Runs a program to its end and returns what it wrote.
 *
 * @throws CommandError when it is not found, ends with another status than 0, or takes longer than its time
 */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Completed> {
  const timeout = options.timeout ?? 60;
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const clock = { timedOut: false };
  const timer = setTimeout(() => {
    clock.timedOut = true;
    end(child);
  }, timeout * 1000);
  const stopListening = interruption.onInterrupt(() => end(child));
  // A program that ends before it has read its input is no failure of ours.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  const stdout = gathered(child.stdout, options.onLine);
  const stderr = gathered(child.stderr, options.onLine);
  try {
    const { error, signal, status } = await ended(child);
    const what = [program, ...args].join(" ");
    const output = [stdout(), stderr()].filter((text) => text !== "").join("\n");
    interruption.throwIfInterrupted();
    if (error) {
      const missing = error.code === "ENOENT";
      throw new CommandError(missing ? `${program} is not installed` : error.message, undefined, output, missing);
    }
    if (clock.timedOut) {
      throw new CommandError(`\`${what}\` was ended after ${timeout} s${withLastLines(output)}`, undefined, output);
    }
    if (status !== 0) {
      const how = signal ? `was ended by ${signal}` : `ended with status ${status}`;
      const streams = { stdout: stdout(), stderr: stderr() };
      throw new CommandError(`\`${what}\` ${how}${withLastLines(output)}`, status ?? undefined, output, false, streams);
    }
    return { stdout: stdout(), stderr: stderr() };
  } finally {
    clearTimeout(timer);
    stopListening();
  }
}

/** Whether a program runs and ends with status 0. */
export async function succeeds(program: string, args: readonly string[], options: RunOptions = {}): Promise<boolean> {
  try {
    await run(program, args, options);
    return true;
  } catch (error) {
    if (error instanceof CommandError) {
      return false;
    }
    throw error;
  }
}

interface Ended {
  status: number | null;
  signal: NodeJS.Signals | null;
  error?: NodeJS.ErrnoException;
}

function ended(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve) => {
    child.on("error", (error) => resolve({ status: null, signal: null, error }));
    child.on("close", (status, signal) => resolve({ status, signal }));
  });
}

function end(child: ChildProcess): void {
  child.kill("SIGTERM");
  setTimeout(() => child.kill("SIGKILL"), 5000).unref();
}

/** Collects a stream's text; the function returned gives what has come so far. */
function gathered(stream: NodeJS.ReadableStream, onLine: RunOptions["onLine"]): () => string {
  let text = "";
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    if (text.length < keptCharacters) {
      text += chunk;
    }
    if (onLine) {
      const lines = (rest + chunk).split(/\r?\n|\r/);
      rest = lines.pop() ?? "";
      lines.filter((line) => line.trim() !== "").forEach(onLine);
    }
  });
  return () => text;
}

function withLastLines(output: string): string {
  const lines = output.trimEnd().split("\n").slice(-lastLines);
  return lines.join("") === "" ? "" : `:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}
