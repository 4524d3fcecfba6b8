import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import type { Totals } from "./totals";

const project = path.join(__dirname, "..", "..");

const mochaProgram = path.join(project, "node_modules", "mocha", "bin", "mocha.js");
/** Room for what lives for one test: a tenth less of the processors' time goes into tidying up. */
const forShortLives = ["--max-semi-space-size=64"];

/** How to run mocha. */
export interface MochaRun {
  /** Its arguments, without the reporter. */
  arguments: readonly string[];
  /** Variables over those of this process. */
  environment?: Record<string, string>;
  /** Show what it prints as it comes, or hand it over at the end. */
  output: "inherit" | ((text: string) => void);
}

/**
 * Runs mocha in a process of its own and returns its totals. A run that dies, or fails outside a test, counts as a failure.
 *
 * @param report file that the totals pass through; without a comma, at which mocha would cut it off
 */
export async function runMocha(report: string, { arguments: args, environment, output }: MochaRun): Promise<Totals> {
  const reporter = path.join(__dirname, "reporter.cjs");
  const status = await new Promise<number>((resolve) => {
    const child = spawn(
      process.execPath,
      [...forShortLives, mochaProgram, "--reporter", reporter, "--reporter-option", `report=${report}`, ...args],
      {
        cwd: project,
        env: { ...process.env, ...environment },
        stdio: output === "inherit" ? ["ignore", "inherit", "inherit"] : ["ignore", "pipe", "pipe"],
      },
    );
    let text = "";
    child.stdout?.on("data", (chunk) => (text += String(chunk)));
    child.stderr?.on("data", (chunk) => (text += String(chunk)));
    child.on("error", () => resolve(1));
    child.on("close", (code) => {
      if (output !== "inherit") {
        output(text);
      }
      resolve(code ?? 1);
    });
  });
  const totals = fs.existsSync(report)
    ? (JSON.parse(fs.readFileSync(report, "utf8")) as Totals)
    : { passed: 0, failures: [`mocha ended with ${status}, and without its totals`] };
  return status !== 0 && totals.failures.length === 0
    ? { ...totals, failures: [`mocha ended with ${status}, and no test says why`] }
    : totals;
}
