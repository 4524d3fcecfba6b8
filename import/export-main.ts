import { Command } from "commander";
import { lockStack } from "../home/deployment-lock";
import { defaultStack } from "../home/stack";
import { runCommand } from "../terminal/command";
import { exportSite } from "./export";
import { jobOf } from "./open";

interface Options {
  stack: string;
  site: string;
  to: string;
  context?: string;
}

/** `npm run export`: a site goes out. */
const program = new Command("npm run export --")
  .description(
    "Writes a site so that any other Ghost can take it: its database as SQL, its content, and how. It goes on serving.",
  )
  .requiredOption("--site <name>", "the site")
  .requiredOption("--to <folder>", "where to write it; it must be empty, or not be there")
  .option("--stack <name>", "the stack", defaultStack)
  .option(
    "--context <name>",
    "on Kubernetes: the cluster, by its context in the kubeconfig. Default: that of npm start",
  )
  .action(async ({ context, site, stack, to }: Options) => {
    const job = jobOf(stack, site, context);
    lockStack(stack);
    await exportSite(job, to);
  });

void runCommand("npm run export", program);
