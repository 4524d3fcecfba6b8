"use strict";
/*
 * Preloaded by the Pulumi engine (see Pulumi.yaml): lets Node.js run the TypeScript files of this project as they are, transpiled and
 * cached, without a build step that could be forgotten and without a type check, which `npm test` does.
 */
// Node.js 22.1 and newer keep compiled code between runs.
require("node:module").enableCompileCache?.();
require("tsx/cjs");
