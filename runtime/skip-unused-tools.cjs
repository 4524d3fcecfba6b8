"use strict";
/*
 * What the Pulumi SDK, its Kubernetes package and zod load at every start, is of no use to this program and takes a third of a preview
 * (docs/benchmarks):
 *
 * - the TypeScript compiler and npm's dependency resolver, for turning functions of a program into cloud functions;
 * - the Automation API, which runs Pulumi from within a program, and what reads Helm charts and manifests;
 * - zod's messages in fifty languages; English is not among them.
 *
 * They are loaded when something asks for one of their members. One thing is left out: source-map-support, which looks every stack trace
 * up in source maps, and the SDK takes one for each value of each resource. Traces through the SDK show its compiled lines instead.
 *
 * Should they stop loading them, this does nothing.
 */
const module_ = require("node:module");

const sdk = /[\\/]@pulumi[\\/]pulumi[\\/]/;
const sdkIndex = /[\\/]@pulumi[\\/]pulumi[\\/]index\.js$/;
const kubernetesIndex = /[\\/]@pulumi[\\/]kubernetes[\\/]index\.js$/;
/** What is loaded, by whom, and what stands in its place. */
const unused = new Map([
  ["./typescript-shim", { by: sdk, instead: whenAsked }],
  ["../../typescript-shim", { by: sdk, instead: whenAsked }],
  ["@npmcli/arborist", { by: sdk, instead: whenAsked }],
  ["normalize-package-data", { by: sdk, instead: whenAsked }],
  ["source-map-support/register", { by: sdk, instead: () => ({}) }],
  ["./automation", { by: sdkIndex, instead: whenAsked }],
  ["./helm", { by: kubernetesIndex, instead: whenAsked }],
  ["./kustomize", { by: kubernetesIndex, instead: whenAsked }],
  ["./yaml", { by: kubernetesIndex, instead: whenAsked }],
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
