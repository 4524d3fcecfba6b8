import { Command } from "commander";
import { mustHaveOwnDatabases } from "../config/mysql/own-databases";
import { lockStack } from "../home/deployment-lock";
import { defaultStack } from "../home/stack";
import { stackConfiguration } from "../home/stack-configuration";
import { runCommand } from "../terminal/command";
import { interruption } from "../terminal/interruption";
import { importSite } from "./carry-out";
import { jobOf } from "./open";
import { readSource } from "./read-source";

interface Options {
  stack: string;
  site: string;
  from: string;
  dump?: string;
  context?: string;
  yes?: boolean;
}

/** `npm run import`: an existing Ghost comes in. */
const program = new Command("npm run import --")
  .description(
    "Brings an existing Ghost into a new site of a stack: posts, members, staff, settings, themes, images. The source is only read.",
  )
  .requiredOption("--site <name>", "the site of the stack that takes it, deployed and with nothing of anybody's in it")
  .requiredOption("--from <folder>", "a Ghost-CLI install, a ghost-docker folder, or a folder with content/ in it")
  .option("--dump <file>", "its database as mysqldump wrote it, .sql or .sql.gz. Default: a Ghost-CLI install is asked")
  .option("--stack <name>", "the stack", defaultStack)
  .option(
    "--context <name>",
    "on Kubernetes: the cluster, by its context in the kubeconfig. Default: that of npm start",
  )
  .option("--yes", "do not ask")
  .action(async ({ context, dump, from, site, stack, yes }: Options) => {
    interruption.listen();
    mustHaveOwnDatabases(stack, stackConfiguration(stack), "An import");
    const job = jobOf(stack, site, context);
    const source = readSource(from, dump);
    lockStack(stack);
    await importSite(job, source, yes ?? false);
  });

void runCommand("npm run import", program);
