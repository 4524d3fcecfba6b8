"use strict";
/*
 * mocha's own report for people, and beside it the totals as a file for programs: `--reporter-option report=FILE`.
 */
const fs = require("node:fs");
const { reporters } = require("mocha");

module.exports = class ReporterWithTotals extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const failures = [];
    runner.on("fail", (test, error) => {
      // At once, not only at the end: a run that is cut off must have said what went wrong.
      console.log(`\n${test.fullTitle()}\n${error.stack ?? error.message}\n`);
      failures.push(`${test.fullTitle()}: ${error.message}`);
    });
    const file = options.reporterOption?.report ?? options.reporterOptions?.report;
    runner.once("end", () => {
      if (file) {
        fs.writeFileSync(file, JSON.stringify({ passed: this.stats.passes, failures }));
      }
    });
  }
};
