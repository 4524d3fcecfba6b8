import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { run } from "../engines/process";
import { UserError } from "../errors";
import { yamlText } from "../files/yaml-text";
import { commandFiles, schemaReference } from "../home/program";

/** What the package exports for programs, each by the file of this project that it is. */
export const faces = {
  kubernetes: "components/kubernetes",
  swarm: "components/swarm",
  app: "components/own-app",
  images: "config/images",
} as const;

/** What else runs: the program of a folder of stack files, and the commands. */
const programs = ["index", "packaging/init", ...Object.values(commandFiles)];

/** Of the Pulumi SDKs a program has one version, its own; of the platforms it needs those that it uses. */
const peers = {
  "@pulumi/pulumi": true,
  "@pulumi/random": true,
  "@pulumi/tls": true,
  "@pulumi/kubernetes": false,
  "@pulumi/docker": false,
};

/** Files that are no TypeScript and stand beside compiled files, or are read by people and editors. */
const files = [
  "LICENSE",
  "CHANGELOG.md",
  "docs",
  "config/stack.schema.json",
  "runtime/load-typescript.cjs",
  "runtime/node-version.mjs",
  "runtime/preload.cjs",
  "runtime/skip-unused-tools.cjs",
  "sandbox/images/versions.env",
];

/** Stack files to begin with, in a folder of one's own. */
const firstStacks = ["Pulumi.swarm.yaml", "Pulumi.dev.yaml"];

/** What of Pulumi.yaml is another in a folder of one's own. */
interface PulumiProject {
  runtime: { name: string; options: Record<string, unknown> };
}

interface Manifest {
  name: string;
  version: string;
  description: string;
  license: string;
  engines: Record<string, string>;
  dependencies: Record<string, string>;
}

/**
 * Writes the npm package of components and commands: JavaScript with types, and the scripts beside it as files. Publishes nothing.
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
  for (const file of files) {
    fs.cpSync(path.join(project, file), path.join(folder, file), { recursive: true });
  }
  for (const file of ["README.md", "bin.mjs"]) {
    fs.copyFileSync(path.join(project, "packaging", file), path.join(folder, file));
  }
  for (const [face, file] of Object.entries(faces)) {
    // Who resolves modules as before `exports` finds these.
    fs.writeFileSync(path.join(folder, `${face}.js`), `module.exports = require("./${file}");\n`);
    fs.writeFileSync(path.join(folder, `${face}.d.ts`), `export * from "./${file}";\n`);
  }
  writeOwnFolder(project, path.join(folder, "folder"));
  const manifest = JSON.parse(fs.readFileSync(path.join(project, "package.json"), "utf8")) as Manifest;
  const own = packageManifest(manifest, importedBy(folder));
  fs.writeFileSync(path.join(folder, "package.json"), `${JSON.stringify(own, undefined, 2)}\n`);
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
    files: [...Object.values(faces), ...programs].map((entry) => path.join(project, `${entry}.ts`)),
  };
  fs.writeFileSync(file, JSON.stringify(config));
  await run(path.join(project, "node_modules", ".bin", "tsc"), ["--project", file], { timeout: 120 });
  fs.rmSync(file);
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

/** What `npx ghost-platform init` writes beside a package.json: a Pulumi project whose program is the package's, and stacks to begin with. */
function writeOwnFolder(checkout: string, folder: string): void {
  const { runtime, ...project } = parse(fs.readFileSync(path.join(checkout, "Pulumi.yaml"), "utf8")) as PulumiProject;
  const options = { ...runtime.options, nodeargs: "--require ghost-platform/preload" };
  const texts = {
    "Pulumi.yaml": yamlText({ ...project, runtime: { ...runtime, options } }),
    "index.js":
      '"use strict";\n// The program of the stacks here: what the stack file says, made by the package.\nmodule.exports = require("ghost-platform");\n',
    ...Object.fromEntries(
      firstStacks.map((name) => [name, replaced(checkout, name, schemaReference(false), schemaReference(true))]),
    ),
    // npm packs no .gitignore.
    gitignore:
      "node_modules/\n# state, passphrase and settings of this machine\n/.ghost-platform/\n/rendered/\n# passwords and certificates that stack files name\n/secrets/\n",
  };
  fs.mkdirSync(folder);
  for (const [name, text] of Object.entries(texts)) {
    fs.writeFileSync(path.join(folder, name), text);
  }
}

/** A file of the project with one of its phrases replaced. */
function replaced(project: string, name: string, phrase: string, by: string): string {
  const text = fs.readFileSync(path.join(project, name), "utf8");
  if (!text.includes(phrase)) {
    throw new Error(`${name} lacks "${phrase}", which stands otherwise in a folder without a checkout`);
  }
  return text.replace(phrase, by);
}

/** The packages that compiled files and their types ask for. */
function importedBy(folder: string): string[] {
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

function packageManifest(
  { dependencies, description, engines, license, name, version }: Manifest,
  imported: readonly string[],
): object {
  const versionOf = (dependency: string) => {
    const found = dependencies[dependency];
    if (found === undefined) {
      throw new Error(`the package imports ${dependency}, which package.json does not name`);
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
    bin: { "ghost-platform": "bin.mjs" },
    exports: {
      ".": { types: "./index.d.ts", default: "./index.js" },
      ...Object.fromEntries(
        Object.keys(faces).map((face) => [`./${face}`, { types: `./${face}.d.ts`, default: `./${face}.js` }]),
      ),
      // What Node.js loads before the program of a stack, so that a deployment begins sooner.
      "./preload": "./runtime/preload.cjs",
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
