import * as fs from "node:fs";
import * as path from "node:path";

/** Where containers find the scripts of this project. */
export { scriptDirectory } from "../config/container-paths";

/**
 * Reads script files that stand beside a component.
 *
 * @param directory folder of the scripts, usually `path.join(__dirname, "scripts")`
 * @returns content by file name
 */
export function readScripts<Name extends string>(directory: string, names: readonly Name[]): Record<Name, string> {
  const entries = names.map((name) => [name, fs.readFileSync(path.join(directory, name), "utf8")] as const);
  return Object.fromEntries(entries) as Record<Name, string>;
}
