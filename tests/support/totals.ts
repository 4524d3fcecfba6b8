import * as fs from "node:fs";

/** What became of the tests of a run. */
export interface Totals {
  passed: number;
  /** A text for each that failed: its name, and why. */
  failures: readonly string[];
  /** Seconds that each file of tests took, by its name. */
  seconds?: Record<string, number>;
}

/**
 * Ends a run: says again what failed, for whoever reads the end of a long output alone, then how many tests there were, and fails the process if
 * one did. A script that starts several runs names a file in RESULTS_FILE and finds each run's totals there, a line of JSON.
 */
export function concludeRun(run: string, parts: readonly Totals[]): void {
  const passed = parts.reduce((sum, part) => sum + part.passed, 0);
  const failures = parts.flatMap((part) => part.failures);
  const file = process.env["RESULTS_FILE"];
  if (file) {
    fs.appendFileSync(file, `${JSON.stringify({ run, passed, failures })}\n`);
  }
  failures.forEach((failure) => console.log(`FAILED ${failure}`));
  console.log(`${passed} passed, ${failures.length} failed`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}
