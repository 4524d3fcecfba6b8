import * as fs from "node:fs";
import * as path from "node:path";

/** What a package's package.json says of it. */
export interface Manifest {
  name: string;
  version: string;
  description: string;
  license: string;
  engines: Record<string, string>;
  dependencies: Record<string, string>;
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8")) as Manifest;
}

export function writeManifest(folder: string, manifest: object): void {
  fs.writeFileSync(path.join(folder, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** @throws Error for a dependency that the project does not name */
export function versionIn(dependencies: Record<string, string>, dependency: string): string {
  const found = dependencies[dependency];
  if (found === undefined) {
    throw new Error(`the package imports ${dependency}, which package.json does not name`);
  }
  return found;
}
