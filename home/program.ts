import * as path from "node:path";

/** Folder of this program's own files: a checkout, or the package that npm has installed. */
export const programDirectory = path.resolve(__dirname, "..");

/** Whether this is the package, which holds JavaScript. A checkout is transpiled as it is loaded. */
export const isPackage = path.extname(__filename) === ".js";

/**
 * The commands of a person who has stacks, each by the file that it is, without its ending. In a checkout npm's scripts are called so; the
 * package's program `ghost-platform` takes them as its first word.
 */
export const commandFiles = {
  start: "deploy/start",
  destroy: "deploy/destroy",
  render: "deploy/render",
  cluster: "machines/main",
  backup: "backup/main",
  import: "import/main",
  export: "import/export-main",
  drill: "drills/main",
  ops: "ops/main",
} as const;
export type CommandName = keyof typeof commandFiles;

/** The words with which this machine runs a command again, from the folder of the stack files. */
export function commandWords(name: CommandName): string[] {
  return isPackage
    ? [process.execPath, path.join(programDirectory, "bin.mjs"), name]
    : [process.execPath, path.join(programDirectory, "runtime", "bootstrap.mjs"), `${commandFiles[name]}.ts`];
}

/**
 * The schema that editors check a stack file by, as seen from where stack files stand.
 *
 * @param inPackage whether they stand beside the package, not in a checkout. Default: as this program does
 */
export function schemaReference(inPackage = isPackage): string {
  return `${inPackage ? "./node_modules/ghost-platform" : "."}/config/stack.schema.json`;
}
