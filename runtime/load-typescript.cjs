"use strict";
/*
 * Lets Node.js run the TypeScript files of this project as they are. Each is transpiled
 * once and kept by its content, so there is no build step that could be forgotten and nothing stale that could run; types are checked by
 * `npm test`. A general loader would look at every file of every dependency, too, which doubles the start (docs/decisions).
 */
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const module_ = require("node:module");
const path = require("node:path");

const project = path.dirname(__dirname);
const cache = path.join(project, "node_modules", ".cache", "ghost-platform");
const { version } = require("esbuild/package.json");

// Node.js 22.1 and newer keep compiled code between runs.
module_.enableCompileCache?.(path.join(cache, "compiled"));

/** JavaScript of a TypeScript file, from the cache where it is there. */
function transpiled(file) {
  const source = fs.readFileSync(file, "utf8");
  const key = createHash("sha256").update(`${version}\0source map\0${file}\0${source}`).digest("hex").slice(0, 32);
  const kept = path.join(cache, `${key}.js`);
  try {
    return fs.readFileSync(kept, "utf8");
  } catch {
    // Not there yet.
  }
  const { code } = require("esbuild").transformSync(source, {
    loader: "ts",
    format: "cjs",
    target: "node20",
    sourcefile: file,
    // Costs nothing where nobody enables source maps.
    sourcemap: "inline",
  });
  fs.mkdirSync(cache, { recursive: true });
  const temporary = `${kept}.${process.pid}`;
  fs.writeFileSync(temporary, code);
  fs.renameSync(temporary, kept);
  return code;
}

module_._extensions[".ts"] = (module, file) => module._compile(transpiled(file), file);
