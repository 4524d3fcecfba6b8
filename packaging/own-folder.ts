import * as path from "node:path";
import { z } from "zod";
import { UserError } from "../errors";
import { entriesOf, isThere, readText, writeContent } from "../files/files";
import { readOwnFile, type OwnFileKind } from "../files/own-file";
import { commandFiles, programDirectory } from "../home/program";

/** What of a package.json is read and written here; the rest stays. */
type Manifest = z.infer<typeof manifestSchema>;
const manifestSchema = z.looseObject({
  scripts: z.record(z.string(), z.string()).optional(),
  dependencies: z.record(z.string(), z.string()).optional(),
});

const manifestKind: OwnFileKind<Manifest> = {
  what: "which names the packages of this folder",
  format: "json",
  schema: manifestSchema,
  remedy: "Mend it, or move it away to have a new one written",
};

/** What came of making a folder one of stack files. */
export interface InitResult {
  /** Files that were written, or to which something was added. */
  written: string[];
  /** What was there already and stays as it is, though this program would write something else. */
  kept: string[];
  /** Whether package.json names packages that it did not name before. */
  lacksPackages: boolean;
}

/** Name under which npm takes a file along that git ignores files by. */
const ignoreFile = "gitignore";

/**
 * Makes a folder one in which stack files stand: a Pulumi project whose program is this package's, with npm's scripts called as the documentation
 * calls them. What is there already stays.
 *
 * @param folder is made where it is not there
 * @param program folder of the package
 * @throws UserError for a package.json that cannot be read
 */
export function initFolder(folder: string, program = programDirectory): InitResult {
  const ownFile = path.join(program, "package.json");
  const own = readOwnFile(ownFile, packageKind);
  if (!own) {
    throw new UserError(`${ownFile}, ${packageKind.what}, is missing. ${packageKind.remedy}`);
  }
  const file = path.join(folder, "package.json");
  const manifest = readOwnFile(file, manifestKind) ?? { private: true };
  const scripts = Object.keys(commandFiles).map((name) => [name, `ghost-platform ${name}`] as const);
  const packages = [
    [own.name, own.version] as const,
    ...Object.entries(own.peerDependencies).map(([name, range]) => [name, range.replace(/^\^/, "")] as const),
  ];
  const foreign = scripts.filter(([name, script]) => (manifest.scripts?.[name] ?? script) !== script);
  const newPackages = packages.filter(([name]) => manifest.dependencies?.[name] === undefined);
  const written: string[] = [];
  const kept = foreign.map(([name]) => `the script "${name}" of package.json: here it is npx ghost-platform ${name}`);
  if (newPackages.length > 0 || scripts.some(([name]) => manifest.scripts?.[name] === undefined)) {
    const added = {
      ...manifest,
      scripts: { ...Object.fromEntries(scripts), ...manifest.scripts },
      dependencies: { ...manifest.dependencies, ...Object.fromEntries(newPackages) },
    };
    writeContent(file, `${JSON.stringify(added, undefined, 2)}\n`, 0o644);
    written.push("package.json");
  }
  for (const name of entriesOf(path.join(program, "folder"))) {
    const target = path.join(folder, name === ignoreFile ? `.${name}` : name);
    const content = readText(path.join(program, "folder", name)) ?? "";
    if (!isThere(target)) {
      writeContent(target, content, 0o644);
      written.push(path.basename(target));
    } else if (readText(target) !== content) {
      kept.push(path.basename(target));
    }
  }
  return { written, kept, lacksPackages: newPackages.length > 0 };
}

const packageKind = {
  what: "which says what this package is",
  format: "json",
  schema: z.looseObject({ name: z.string(), version: z.string(), peerDependencies: z.record(z.string(), z.string()) }),
  remedy: "Install the package anew",
} as const;
