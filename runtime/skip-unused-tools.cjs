"use strict";
/*
 * Three things the Pulumi SDK loads at every start are of no use to this program and take a third of a preview (docs/benchmarks):
 *
 * - the TypeScript compiler and npm's dependency resolver, for turning functions of a program into cloud functions, of which there are
 *   none here: they are loaded when something asks for one of their members;
 * - source-map-support, which looks every stack trace up in source maps, and the SDK takes one for each value of each resource: traces
 *   through the SDK show its compiled lines instead.
 *
 * Should the SDK stop loading them, this does nothing.
 */
const module_ = require("node:module");

const deferred = new Set(["typescript", "@npmcli/arborist"]);
const skipped = new Set(["source-map-support/register"]);
const sdk = /[\\/]@pulumi[\\/]pulumi[\\/]/;
const load = module_._load;

module_._load = function (request, parent, ...rest) {
  const unused = deferred.has(request) || skipped.has(request);
  if (!unused || !sdk.test(parent?.filename ?? "")) {
    return load.call(this, request, parent, ...rest);
  }
  return skipped.has(request) ? {} : whenAsked(() => load.call(this, request, parent, ...rest));
};

/** Stands for a module until one of its members is asked for. */
function whenAsked(loadNow) {
  let loaded;
  const real = () => (loaded ??= loadNow());
  return new Proxy(Object.create(null), {
    // The import helpers of compiled TypeScript copy every member of a module that is not marked so.
    get: (_, member) => (member === "__esModule" && !loaded ? true : real()[member]),
    has: (_, member) => member in real(),
    ownKeys: () => Reflect.ownKeys(real()),
  });
}
