"use strict";
/*
 * Some things the Pulumi SDK and zod load at every start are of no use to this program and take a third of a preview (docs/benchmarks):
 *
 * - the TypeScript compiler and npm's dependency resolver, for turning functions of a program into cloud functions, of which there are
 *   none here: they are loaded when something asks for one of their members;
 * - source-map-support, which looks every stack trace up in source maps, and the SDK takes one for each value of each resource: traces
 *   through the SDK show its compiled lines instead;
 * - zod's messages in fifty languages, a file each: they are loaded when something asks for one. English is not among them.
 *
 * Should they stop loading them, this does nothing.
 */
const module_ = require("node:module");

/** What is loaded by whom, and what becomes of it. */
const unused = new Map([
  ["typescript", { by: /[\\/]@pulumi[\\/]pulumi[\\/]/, instead: whenAsked }],
  ["@npmcli/arborist", { by: /[\\/]@pulumi[\\/]pulumi[\\/]/, instead: whenAsked }],
  ["source-map-support/register", { by: /[\\/]@pulumi[\\/]pulumi[\\/]/, instead: () => ({}) }],
  ["../locales/index.cjs", { by: /[\\/]zod[\\/]/, instead: whenAsked }],
]);
const load = module_._load;

module_._load = function (request, parent, ...rest) {
  const loadNow = () => load.call(this, request, parent, ...rest);
  const rule = unused.get(request);
  return rule?.by.test(parent?.filename ?? "") ? rule.instead(loadNow) : loadNow();
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
