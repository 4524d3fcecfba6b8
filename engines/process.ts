import { spawn, type ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { CommandError, TooMuchOutput, type Completed } from "../errors";
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
  /** Called with each line of standard output and standard error; one of more than 64 Ki characters is cut. */
  onLine?: (line: string) => void;
  /**
   * What is kept of its output: `all` of it, and a program that writes more than 32 million characters to a stream is ended; or the `end` alone, for messages about a
   * failure, however long it goes on. Default: `all`, and `end` with `onLine`.
   */
  keep?: "all" | "end" | undefined;
}

const lastLines = 15;
/** Characters of a stream that are kept: of all of it, and of its end; more would only fill the memory. */
const kept = { all: 32 * 1024 * 1024, end: 64 * 1024 };
/** Characters of a line that are told. */
const longestLine = 64 * 1024;

/**
 * Runs a program to its end and returns what it wrote.
 *
 * @throws CommandError when it is not found, ends with another status than 0, or takes longer than its time; TooMuchOutput
 */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Completed> {
  const timeout = options.timeout ?? 60;
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const clock = { timedOut: false, tooMuch: false };
  const timer = setTimeout(() => {
    clock.timedOut = true;
    end(child);
  }, timeout * 1000);
  const stopListening = interruption.onInterrupt(() => end(child));
  // A program that ends before it has read its input is no failure of ours.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  const { onLine, keep = onLine ? "end" : "all" } = options;
  const gather = (stream: Readable) => {
    if (onLine) {
      tellLines(stream, onLine);
    }
    return keep === "end"
      ? theEnd(stream)
      : allOf(stream, () => {
          clock.tooMuch = true;
          end(child);
        });
  };
  const [stdout, stderr] = [gather(child.stdout), gather(child.stderr)];
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
    if (clock.tooMuch) {
      throw new TooMuchOutput(`\`${what}\` wrote more than ${kept.all} characters, and was ended`, undefined, "");
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
function allOf(stream: Readable, onTooMuch: () => void): () => string {
  let text = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    if (text.length + chunk.length <= kept.all) {
      text += chunk;
    } else {
      // What the program has started itself may hold the stream, too: it ends at its next word.
      stream.destroy();
      onTooMuch();
    }
  });
  return () => text;
}

/** The same, of the stream's end. */
function theEnd(stream: NodeJS.ReadableStream): () => string {
  let text = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    // Seldom, so that what is kept is not copied with each chunk.
    if (text.length > 4 * kept.end) {
      text = text.slice(-kept.end);
    }
  });
  return () => text.slice(-kept.end);
}

/** Calls back with each line of a stream that is not empty, cut where it is longer than 64 Ki characters. */
export function tellLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = "";
  /** Of a line that is told already, and goes on. */
  let isCut = false;
  const tell = (line: string) => {
    if (!isCut && line.trim() !== "") {
      onLine(line);
    }
    isCut = false;
  };
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (rest + chunk).split(/\r?\n|\r/);
    rest = lines.pop() ?? "";
    lines.map(shortened).forEach(tell);
    if (rest.length > longestLine) {
      tell(shortened(rest));
      [rest, isCut] = ["", true];
    }
  });
  stream.on("end", () => tell(rest));
}

function shortened(line: string): string {
  return line.length <= longestLine
    ? line
    : `${line.slice(0, longestLine)} … (cut: a line of more than ${longestLine} characters)`;
}

function withLastLines(output: string): string {
  const lines = output.trimEnd().split("\n").slice(-lastLines);
  return lines.join("") === "" ? "" : `:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}
