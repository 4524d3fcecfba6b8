import * as fs from "node:fs";
import * as path from "node:path";
import { run } from "../engines/process";
import { UserError } from "../errors";

/** What the package exports, each by the file of this project that it is. */
export const faces = {
  kubernetes: "components/kubernetes",
  swarm: "components/swarm",
  images: "config/images",
} as const;

/** Of the Pulumi SDKs a program has one version, its own; of the platforms it needs those that it uses. */
const peers = {
  "@pulumi/pulumi": true,
  "@pulumi/random": true,
  "@pulumi/tls": true,
  "@pulumi/kubernetes": false,
  "@pulumi/docker": false,
};

interface Manifest {
  name: string;
  version: string;
  description: string;
  license: string;
  engines: Record<string, string>;
  dependencies: Record<string, string>;
}

/**
 * Writes the npm package of the components: JavaScript with types, and the scripts beside it as files. Publishes nothing.
 *
 * @param project folder of this project
 * @param folder to write it to; what is there is replaced
 * @returns its name and version
 * @throws CommandError where the types are not right; Error for a dependency that package.json does not name
 */
export async function writePackage(project: string, folder: string): Promise<{ name: string; version: string }> {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  await compile(project, folder);
  copyAssets(project, folder);
  for (const [face, file] of Object.entries(faces)) {
    // Who resolves modules as before `exports` finds these.
    fs.writeFileSync(path.join(folder, `${face}.js`), `module.exports = require("./${file}");\n`);
    fs.writeFileSync(path.join(folder, `${face}.d.ts`), `export * from "./${file}";\n`);
  }
  const manifest = JSON.parse(fs.readFileSync(path.join(project, "package.json"), "utf8")) as Manifest;
  const own = packageManifest(manifest, importedBy(folder));
  fs.writeFileSync(path.join(folder, "package.json"), `${JSON.stringify(own, undefined, 2)}\n`);
  fs.copyFileSync(path.join(project, "LICENSE"), path.join(folder, "LICENSE"));
  fs.copyFileSync(path.join(project, "packaging", "README.md"), path.join(folder, "README.md"));
  return { name: manifest.name, version: manifest.version };
}

async function compile(project: string, folder: string): Promise<void> {
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
    files: Object.values(faces).map((face) => path.join(project, `${face}.ts`)),
  };
  fs.writeFileSync(file, JSON.stringify(config));
  await run(path.join(project, "node_modules", ".bin", "tsc"), ["--project", file], { timeout: 120 });
  fs.rmSync(file);
}

/** Copies what the compiled files read: the folders beside their sources that hold no source. */
function copyAssets(project: string, folder: string): void {
  for (const directory of foldersBelow(folder)) {
    const source = path.join(project, path.relative(folder, directory));
    for (const entry of fs.readdirSync(source, { withFileTypes: true })) {
      const from = path.join(source, entry.name);
      if (
        entry.isDirectory() &&
        !fs.readdirSync(from, { recursive: true }).some((file) => String(file).endsWith(".ts"))
      ) {
        fs.cpSync(from, path.join(directory, entry.name), { recursive: true });
      }
    }
  }
}

/** The folders that hold compiled files; not the package's own. */
function foldersBelow(folder: string): string[] {
  const files = fs.readdirSync(folder, { recursive: true }).map(String);
  return [...new Set(files.filter((file) => file.endsWith(".js")).map((file) => path.dirname(file)))]
    .filter((directory) => directory !== ".")
    .map((directory) => path.join(folder, directory));
}

/** The packages that compiled files and their types ask for. */
function importedBy(folder: string): string[] {
  const files = fs.readdirSync(folder, { recursive: true }).map(String);
  const names = files
    .filter((file) => /\.(js|d\.ts)$/.test(file) && !file.includes("scripts"))
    .flatMap((file) => [
      ...fs
        .readFileSync(path.join(folder, file), "utf8")
        .matchAll(/(?:require\(|from |import\()"((?:@[^/"]+\/)?[^./"][^/"]*)(?:\/[^"]*)?"/g),
    ])
    .flatMap(([, name = ""]) => (name.startsWith("node:") ? [] : [name]));
  return [...new Set(names)].sort();
}

function packageManifest(
  { dependencies, description, engines, license, name, version }: Manifest,
  imported: readonly string[],
): object {
  const versionOf = (dependency: string) => {
    const found = dependencies[dependency];
    if (found === undefined) {
      throw new Error(`the components import ${dependency}, which package.json does not name`);
    }
    return found;
  };
  const isPeer = (dependency: string) => Object.hasOwn(peers, dependency);
  return {
    name,
    version,
    description,
    license,
    keywords: ["pulumi", "ghost", "mysql", "kubernetes", "docker-swarm"],
    engines,
    exports: {
      ...Object.fromEntries(
        Object.keys(faces).map((face) => [`./${face}`, { types: `./${face}.d.ts`, default: `./${face}.js` }]),
      ),
      "./package.json": "./package.json",
    },
    dependencies: Object.fromEntries(
      imported
        .filter((dependency) => !isPeer(dependency))
        .map((dependency) => [dependency, `^${versionOf(dependency)}`]),
    ),
    peerDependencies: Object.fromEntries(Object.keys(peers).map((peer) => [peer, `^${versionOf(peer)}`])),
    peerDependenciesMeta: Object.fromEntries(
      Object.entries(peers).flatMap(([peer, needed]) => (needed ? [] : [[peer, { optional: true }]])),
    ),
  };
}

/**
 * Packs a package's folder as npm does.
 *
 * @param out folder of the file
 * @returns the file
 * @throws UserError where there is no npm
 */
export async function pack(folder: string, out: string): Promise<string> {
  fs.mkdirSync(out, { recursive: true });
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", out], { cwd: folder, timeout: 120 });
  const [packed] = JSON.parse(stdout) as { filename: string }[];
  if (packed === undefined) {
    throw new UserError("npm pack says of no file that it was written");
  }
  return path.join(out, packed.filename);
}
