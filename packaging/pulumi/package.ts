import * as fs from "node:fs";
import * as path from "node:path";
import { run } from "../../engines/process";
import { compile, copyFiles, importedBy } from "../compile";
import { readManifest, versionIn, writeManifest } from "../manifest";

/** What the engine runs of the package. */
const plugin = "packaging/pulumi/main";

/** What else the component reads, and what its messages name. */
const files = ["LICENSE", "docs", "config/pulumi.schema.json"];

/**
 * Writes the Pulumi package: the folder of a plugin that the engine runs with Node.js, and whose dependencies `pulumi plugin install` gets.
 *
 * @param project folder of this project
 * @param folder to write it to; what is there is replaced
 * @returns its name and version
 * @throws CommandError where the types are not right; Error for a dependency that package.json does not name
 */
export async function writePulumiPackage(project: string, folder: string): Promise<{ name: string; version: string }> {
  await compile(project, folder, [plugin]);
  copyFiles(project, folder, files);
  fs.copyFileSync(path.join(project, "packaging/pulumi/PulumiPlugin.yaml"), path.join(folder, "PulumiPlugin.yaml"));
  const { dependencies, description, engines, license, name, version } = readManifest(project);
  const versions = importedBy(folder).map((imported) => [imported, versionIn(dependencies, imported)] as const);
  writeManifest(folder, {
    ...{ name, version, private: true, description, license, engines },
    main: `${plugin}.js`,
    dependencies: Object.fromEntries(versions),
  });
  return { name, version };
}

/**
 * Packs the folder of a plugin as `pulumi plugin install --file` takes it.
 *
 * @param out folder of the file
 * @returns the file
 */
export async function packPlugin(
  folder: string,
  { name, version }: { name: string; version: string },
  out: string,
): Promise<string> {
  fs.mkdirSync(out, { recursive: true });
  const file = path.join(out, `pulumi-resource-${name}-v${version}.tar.gz`);
  await run("tar", ["-czf", file, "-C", folder, "."], { timeout: 120 });
  return file;
}
