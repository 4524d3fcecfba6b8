"use strict";
/*
 * mocha's own report for people, and beside it the totals as a file for programs: `--reporter-option report=FILE`.
 */
const fs = require("node:fs");
const { reporters } = require("mocha");

module.exports = class ReporterWithTotals extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    // At once, not only at the end: a run that is cut off must have said what went wrong.
    runner.on("fail", (test, error) => console.log(`\n${test.fullTitle()}\n${error.stack ?? error.message}\n`));
    const file = options.reporterOption?.report ?? options.reporterOptions?.report;
    runner.once("end", () => {
      if (file) {
        fs.writeFileSync(file, JSON.stringify({ passed: this.stats.passes, failed: this.stats.failures }));
      }
    });
  }
};
