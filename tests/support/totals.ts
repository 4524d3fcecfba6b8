import * as fs from "node:fs";

/** How many tests a run executed. */
export interface Totals {
  passed: number;
  failed: number;
}

/** Several runs as one. */
export function sumOf(totals: readonly Totals[]): Totals {
  return totals.reduce((sum, { failed, passed }) => ({ passed: sum.passed + passed, failed: sum.failed + failed }), {
    passed: 0,
    failed: 0,
  });
}

/**
 * Adds a run's totals to the file that RESULTS_FILE names, a line of JSON each, so that a script which starts several runs can add
 * them up. Without the variable nothing is written.
 */
export function recordTotals(run: string, totals: Totals): void {
  const file = process.env["RESULTS_FILE"];
  if (file) {
    fs.appendFileSync(file, `${JSON.stringify({ run, ...totals })}\n`);
  }
}
