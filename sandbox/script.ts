import * as path from "node:path";
import { run } from "../engines/process";
import { CommandError, UserError } from "../errors";

/** Called with each line a script writes, for a person to read. */
export type OnLine = (line: string) => void;

/** A first build on two cores takes 10 minutes, and took 30 beside other builds: what takes longer than this hangs. */
const limitSeconds = 50 * 60;

/**
 * Runs a script of this folder and returns the lines of its standard output.
 *
 * @param script path below sandbox/, for example `engine/up.sh`
 * @throws UserError with the script's own message, when it ends with one
 */
export async function runScript(script: string, args: readonly string[], onLine?: OnLine): Promise<string[]> {
  try {
    const { stdout } = await run(path.join(__dirname, script), args, { timeout: limitSeconds, onLine, keep: "all" });
    return stdout.split("\n").filter((line) => line !== "");
  } catch (error) {
    const message = error instanceof CommandError ? /^error: (.*)/ms.exec(error.output)?.[1] : undefined;
    throw message === undefined ? error : new UserError(message.trimEnd());
  }
}

/** The last line of a script's output, where a script says its result. */
export function lastLine(lines: readonly string[]): string {
  return lines.at(-1) ?? "";
}
