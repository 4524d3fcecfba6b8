import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { run } from "../engines/process";
import { UserError } from "../errors";
import { yamlText } from "../files/yaml-text";
import { commandFiles, schemaReference } from "../home/program";
import { compile, copyFiles, importedBy } from "./compile";
import { readManifest, versionIn, writeManifest, type Manifest } from "./manifest";

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

/**
 * Writes the npm package of components and commands: JavaScript with types, and the scripts beside it as files. Publishes nothing.
 *
 * @param project folder of this project
 * @param folder to write it to; what is there is replaced
 * @returns its name and version
 * @throws CommandError where the types are not right; Error for a dependency that package.json does not name
 */
export async function writePackage(project: string, folder: string): Promise<{ name: string; version: string }> {
  await compile(project, folder, [...Object.values(faces), ...programs]);
  copyFiles(project, folder, files);
  for (const file of ["README.md", "bin.mjs"]) {
    fs.copyFileSync(path.join(project, "packaging", file), path.join(folder, file));
  }
  for (const [face, file] of Object.entries(faces)) {
    // Who resolves modules as before `exports` finds these.
    fs.writeFileSync(path.join(folder, `${face}.js`), `module.exports = require("./${file}");\n`);
    fs.writeFileSync(path.join(folder, `${face}.d.ts`), `export * from "./${file}";\n`);
  }
  writeOwnFolder(project, path.join(folder, "folder"));
  const manifest = readManifest(project);
  writeManifest(folder, packageManifest(manifest, importedBy(folder)));
  return { name: manifest.name, version: manifest.version };
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

function packageManifest(
  { dependencies, description, engines, license, name, version }: Manifest,
  imported: readonly string[],
): object {
  const versionOf = (dependency: string) => versionIn(dependencies, dependency);
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
