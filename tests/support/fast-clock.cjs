"use strict";
/*
 * To be loaded before a program: its timers run FAST_CLOCK times as fast, and at SIGTERM it says how many listeners wait for its signals.
 */
const { getEventListeners } = require("node:events");
const timers = require("node:timers/promises");

const factor = Number(process.env["FAST_CLOCK"] ?? 1);
const { setTimeout: later } = globalThis;
globalThis.setTimeout = (callback, milliseconds = 0, ...args) => later(callback, milliseconds / factor, ...args);
const { setTimeout: promised } = timers;
timers.setTimeout = (milliseconds = 0, ...args) => {
  counts.pauses += 1;
  return promised(milliseconds / factor, ...args);
};

const counts = { pauses: 0 };
const signals = [];
globalThis.AbortController = class extends AbortController {
  constructor() {
    super();
    signals.push(this.signal);
  }
};
process.on("SIGTERM", () => {
  const listeners = signals.flatMap((signal) => getEventListeners(signal, "abort")).length;
  process.stderr.write(`clock: ${counts.pauses} pauses, ${listeners} listeners\n`);
});
