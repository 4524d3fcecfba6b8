import * as path from "node:path";
import { Command } from "commander";
import { machineDirectory, projectDirectory, shown } from "../home/project";
import { runCommand } from "../terminal/command";
import { say } from "../terminal/progress";
import { pack, writePackage } from "./npm-package";
import { packPlugin, writePulumiPackage } from "./pulumi/package";

/** `npm run package`: components and commands as a package for npm. */
const command = new Command("npm run package --")
  .description(
    "Packs components and commands as an npm package, for a Pulumi program or a folder of your own. Publishes nothing.",
  )
  .option("--pulumi", "a Pulumi package instead, with a stack as a component of programs in any language")
  .option("--out <folder>", "where to put the file. Default: the project's folder")
  .action(async ({ out = projectDirectory, pulumi = false }: { out?: string; pulumi?: boolean }) => {
    if (pulumi) {
      return packForPulumi(out);
    }
    const { name, version } = await writePackage(projectDirectory, path.join(machineDirectory, "package"));
    const file = shown(await pack(path.join(machineDirectory, "package"), path.resolve(out)));
    say(
      `Packed ${name} ${version}: ${file}`,
      "Install it where your Pulumi program or your stack files are:",
      `  npm install ${path.resolve(file)}`,
    );
  });

async function packForPulumi(out: string): Promise<void> {
  const folder = path.join(machineDirectory, "pulumi-package");
  const { name, version } = await writePulumiPackage(projectDirectory, folder);
  const file = await packPlugin(folder, { name, version }, path.resolve(out));
  say(
    `Packed the Pulumi package ${name} ${version}: ${shown(file)}`,
    "Install it on each machine that runs the program, and have an SDK made in the program's folder:",
    `  pulumi plugin install resource ${name} ${version} --file ${file}`,
    `  pulumi package add ${name}@${version}`,
  );
}

void runCommand("npm run package", command);
