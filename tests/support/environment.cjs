"use strict";
/* Tests must not see the settings of the person who runs them. */
for (const name of Object.keys(process.env)) {
  if (/^(GHOST_PLATFORM_|PULUMI_|DOCKER_HOST$|KUBECONFIG$)/.test(name)) {
    delete process.env[name];
  }
}
// A shell of the first level whose input is a socket, which a pipe of Node.js is, reads a person's settings: those may change PATH, and cost more
// than what it is to run.
process.env["SHLVL"] = "1";

/* Failures name the lines of the files as they are written. */
process.setSourceMapsEnabled(true);

/*
 * The SDK keeps a stack trace of every promise, for a message about promises that are never resolved. To look each of them up in source maps
 * takes half of the time of all tests.
 */
const debuggable = require("@pulumi/pulumi/runtime/debuggable");
const { debuggablePromise } = debuggable;
debuggable.debuggablePromise = (...args) => {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return debuggablePromise(...args);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
};
