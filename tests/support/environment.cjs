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

/* What `fakePrograms` puts on PATH is there for one test. */
const searchPath = process.env["PATH"];
exports.mochaHooks = {
  afterEach() {
    process.env["PATH"] = searchPath;
  },
};

/* Failures name the lines of the files as they are written. */
process.setSourceMapsEnabled(true);

/*
 * The SDK takes a stack trace of every resource, for its engine, and of every promise, for a message about those that are never resolved. To take them and to look
 * each up in source maps is half of what the tests compute, and none is ever shown.
 */
const debuggable = require("@pulumi/pulumi/runtime/debuggable");
debuggable.debuggablePromise = (promise) => promise;
const { Resource } = require("@pulumi/pulumi/resource");
Resource.stackTrace = () => [];
