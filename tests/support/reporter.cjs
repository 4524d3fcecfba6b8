"use strict";
/*
 * mocha's own report for people, and beside it the totals as a file for programs: `--reporter-option report=FILE`.
 */
const fs = require("node:fs");
const path = require("node:path");
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
    // With what a file makes before its tests and after them, which no test's own time has.
    const seconds = {};
    const began = new Map();
    const isOfFile = (suite) => suite.parent?.root && suite.file;
    runner.on("suite", (suite) => isOfFile(suite) && began.set(suite, Date.now()));
    runner.on("suite end", (suite) => {
      if (isOfFile(suite)) {
        const name = path.basename(suite.file);
        seconds[name] = (seconds[name] ?? 0) + (Date.now() - began.get(suite)) / 1000;
      }
    });
    const file = options.reporterOption?.report ?? options.reporterOptions?.report;
    runner.once("end", () => {
      if (file) {
        fs.writeFileSync(file, JSON.stringify({ passed: this.stats.passes, failures, seconds }));
      }
    });
  }
};
