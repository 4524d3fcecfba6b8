import { spawn } from "node:child_process";
import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { tellLines } from "../../engines/process";
import { CommandError } from "../../errors";

/** A program with its arguments. */
export type Command = readonly [program: string, ...args: string[]];

/** Variables over those of this process; undefined takes one away. */
type Variables = Record<string, string | undefined>;

/** What a program writes, as it comes. */
export interface Output {
  stream: Readable;
  /** Settles when the program has ended; rejects with a CommandError when it failed. */
  ended: Promise<void>;
  /** Ends the program before its time. */
  kill: () => void;
}

/** Starts a program whose standard output is data. */
export function outputOf([program, ...args]: Command, variables: Variables = {}): Output {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...variables } });
  const ended = ending(child, program, args);
  // Whoever reads the stream asks for the end afterwards; until then a failure is no unhandled one.
  ended.catch(() => undefined);
  return { stream: child.stdout, ended, kill: () => child.kill("SIGTERM") };
}

/**
 * Runs a program on data.
 *
 * @param onLine called with each line of its standard output
 * @param output where its standard output goes as it is, in place of `onLine`
 * @throws CommandError when it fails; that of the data, when that fails first
 */
export async function runOn(
  [program, ...args]: Command,
  data: Readable,
  variables: Variables = {},
  onLine: (line: string) => void = () => undefined,
  output?: Writable,
): Promise<void> {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...variables } });
  const ended = ending(child, program, args);
  const taken = output ? pipeline(child.stdout, output).catch(stopped) : undefined;
  if (!output) {
    tellLines(child.stdout, onLine);
  }
  /** What cannot be read or written ends the program, and is the failure. */
  function stopped(error: unknown): unknown {
    child.kill("SIGTERM");
    return error;
  }
  const fed = pipeline(data, child.stdin).catch((error: unknown) => {
    // A program that has failed reads no more: its own words tell more than that.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EPIPE" && code !== "ERR_STREAM_PREMATURE_CLOSE") {
      return stopped(error);
    }
    return undefined;
  });
  const [ofData, ofOutput, ofProgram] = await Promise.all([
    fed,
    taken,
    ended.then(
      () => undefined,
      (error: unknown) => error,
    ),
  ]);
  const failure = ofData ?? ofOutput ?? ofProgram;
  if (failure !== undefined) {
    throw failure as Error;
  }
}

/** Data with a text behind it, by which who reads it knows that it had all: a pipe that breaks looks like its end. */
export function withEnd(data: Readable, end: string): Readable {
  const both = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of data) {
      yield chunk as Buffer;
    }
    yield Buffer.from(end);
  };
  return Readable.from(both(), { objectMode: false });
}

function ending(child: ReturnType<typeof spawn>, program: string, args: readonly string[]): Promise<void> {
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => (said = `${said}${chunk.toString()}`.slice(-4000)));
  return new Promise((resolve, reject) => {
    child.on("error", (error: NodeJS.ErrnoException) =>
      reject(new CommandError(error.message, undefined, said, error.code === "ENOENT")),
    );
    child.on("close", (status, signal) => {
      if (status === 0) {
        resolve();
        return;
      }
      const how = signal ? `was ended by ${signal}` : `ended with status ${status ?? "none"}`;
      const shown = [program, ...args].join(" ").slice(0, 200);
      reject(new CommandError(`\`${shown}\` ${how}:\n${said.trimEnd()}`, status ?? undefined, said));
    });
  });
}
