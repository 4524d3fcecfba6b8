import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { run, type RunOptions } from "../engines/process";

/** What running a program has cost. */
export interface Cost {
  /** Seconds on the clock. */
  wall: number;
  /** Seconds of processor time, with the processes that it started and waited for. */
  cpu: number;
}

/**
 * Runs a program to its end and tells what that cost.
 *
 * @throws CommandError when it fails
 */
export async function measured(program: string, args: readonly string[], options: RunOptions = {}): Promise<Cost> {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "ghost-platform-measure-"));
  try {
    const file = path.join(scratch, "times");
    await run(path.join(__dirname, "measure.sh"), [file, program, ...args], { timeout: 1800, ...options });
    const [wall = NaN, user = NaN, system = NaN] = fs.readFileSync(file, "utf8").trim().split(/\s+/).map(Number);
    return { wall, cpu: user + system };
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

/** Seconds on the clock that some work takes. */
export async function clocked(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
}
