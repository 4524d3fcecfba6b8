import * as path from "node:path";
import { Command } from "commander";
import { machineDirectory, projectDirectory, shown } from "../home/project";
import { runCommand } from "../terminal/command";
import { say } from "../terminal/progress";
import { pack, writePackage } from "./npm-package";

/** `npm run package`: components and commands as a package for npm. */
const command = new Command("npm run package --")
  .description(
    "Packs components and commands as an npm package, for a Pulumi program or a folder of your own. Publishes nothing.",
  )
  .option("--out <folder>", "where to put the file. Default: the project's folder")
  .action(async ({ out = projectDirectory }: { out?: string }) => {
    const { name, version } = await writePackage(projectDirectory, path.join(machineDirectory, "package"));
    const file = shown(await pack(path.join(machineDirectory, "package"), path.resolve(out)));
    say(
      `Packed ${name} ${version}: ${file}`,
      "Install it where your Pulumi program or your stack files are:",
      `  npm install ${path.resolve(file)}`,
    );
  });

void runCommand("npm run package", command);
