import { Command } from "commander";
import { runCommand } from "../terminal/command";
import { say } from "../terminal/progress";
import { initFolder, type InitResult } from "./own-folder";

/** `npx ghost-platform init`: a folder of one's own, with stack files and without a checkout. */
const command = new Command("npx ghost-platform init")
  .description("Makes the current folder one in which stack files stand. What is there already stays.")
  .action(() => say(...lines(initFolder(process.cwd()))));

function lines({ kept, lacksPackages, written }: InitResult): string[] {
  return [
    written.length > 0 ? `Wrote ${written.join(", ")}.` : "Everything is there already.",
    ...kept.map((what) => `Left as it is: ${what}`),
    "",
    "Next:",
    ...(lacksPackages ? ["  npm install"] : []),
    "  npm start                   a blog on this machine, as Pulumi.swarm.yaml says",
    "  npm start -- --help         a public one, or on Kubernetes",
  ];
}

void runCommand("npx ghost-platform init", command);
