import * as fs from "node:fs";
import * as path from "node:path";
import { run } from "../engines/process";

/**
 * Compiles programs and all that they import: JavaScript with types, and beside it the scripts and other files that it loads or reads.
 *
 * @param entries the programs, as files of the project without their ending
 * @param folder to write to; what is there is replaced
 * @throws CommandError where the types are not right
 */
export async function compile(project: string, folder: string, entries: readonly string[]): Promise<void> {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  const file = path.join(folder, "tsconfig.json");
  const config = {
    extends: path.join(project, "tsconfig.json"),
    compilerOptions: {
      ...{ module: "node20", moduleResolution: "node16", types: ["node"] },
      typeRoots: [path.join(project, "node_modules", "@types")],
      ...{ noEmit: false, incremental: false, tsBuildInfoFile: null, declaration: true },
      ...{ rootDir: project, outDir: folder },
    },
    include: [],
    exclude: [],
    files: entries.map((entry) => path.join(project, `${entry}.ts`)),
  };
  fs.writeFileSync(file, JSON.stringify(config));
  await run(path.join(project, "node_modules", ".bin", "tsc"), ["--project", file], { timeout: 120 });
  fs.rmSync(file);
  copyAssets(project, folder);
}

/** Copies what the compiled files load or read: CommonJS beside their sources, and the folders there that hold no TypeScript. */
function copyAssets(project: string, folder: string): void {
  for (const directory of foldersBelow(folder)) {
    const source = path.join(project, path.relative(folder, directory));
    for (const entry of fs.readdirSync(source, { withFileTypes: true })) {
      const from = path.join(source, entry.name);
      const isAsset = entry.isDirectory()
        ? !fs.readdirSync(from, { recursive: true }).some((file) => String(file).endsWith(".ts"))
        : /\.c[jt]s$/.test(entry.name);
      if (isAsset && !isOfSandbox(from, project)) {
        fs.cpSync(from, path.join(directory, entry.name), { recursive: true });
      }
    }
  }
}

/** Engines and images are made from a checkout. */
function isOfSandbox(file: string, project: string): boolean {
  return path.relative(project, file).startsWith(`sandbox${path.sep}`);
}

/** The folders that hold compiled files; not the package's own. */
function foldersBelow(folder: string): string[] {
  const compiled = fs.readdirSync(folder, { recursive: true }).map(String);
  return [...new Set(compiled.filter((file) => file.endsWith(".js")).map((file) => path.dirname(file)))]
    .filter((directory) => directory !== ".")
    .map((directory) => path.join(folder, directory));
}

/** Copies files and folders of the project to where they have the same path. */
export function copyFiles(project: string, folder: string, names: readonly string[]): void {
  for (const name of names) {
    fs.cpSync(path.join(project, name), path.join(folder, name), { recursive: true });
  }
}

/** The packages that compiled files and their types ask for. */
export function importedBy(folder: string): string[] {
  const compiled = fs.readdirSync(folder, { recursive: true }).map(String);
  const names = compiled
    .filter((file) => /\.(c?js|d\.c?ts)$/.test(file) && !/(^|\/)(scripts|docs|folder)\//.test(file))
    .flatMap((file) => [
      ...fs
        .readFileSync(path.join(folder, file), "utf8")
        .matchAll(/(?:require\(|from |import\()"((?:@[^/"]+\/)?[^./"][^/"]*)(?:\/[^"]*)?"/g),
    ])
    .flatMap(([, name = ""]) => (name.startsWith("node:") ? [] : [name]));
  return [...new Set(names)].sort();
}
