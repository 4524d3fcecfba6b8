import { buildSync } from "esbuild";

/**
 * A program of this project as one file of JavaScript, for a container that has Node.js and nothing of ours. The same source makes the same text, so it
 * is made once a run.
 *
 * @param entry path of the program, without its ending: TypeScript in a checkout, JavaScript in the package
 */
export function bundled(entry: string): string {
  const text = bundles.get(entry) ?? bundle(entry);
  bundles.set(entry, text);
  return text;
}

const bundles = new Map<string, string>();

function bundle(entry: string): string {
  const { outputFiles } = buildSync({
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: "node",
    target: "node20",
    format: "cjs",
    // A ConfigMap holds a MiB.
    minify: true,
    legalComments: "none",
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}
