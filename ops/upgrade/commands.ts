import { createRequire } from "node:module";
import type { Command } from "commander";
import { defaultTimeoutSeconds } from "../../deploy/request";
import { interruption } from "../../terminal/interruption";
import { seconds } from "../../terminal/seconds";
import type { RollbackFlags, UpgradeFlags } from "./run";
import type * as run from "./run";

/** `upgrade` and `rollback`, on a program that has other commands. What they do is loaded when one is run: it is half of all that `ops` can do. */
export function addUpgradeCommands(program: Command, defaultStack: string): void {
  const command = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .option("--stack <name>", "the stack, for example dev for Pulumi.dev.yaml", defaultStack)
      .option("--timeout <seconds>", "how long the sites may take to come up", seconds, defaultTimeoutSeconds)
      .option("--yes", "do it without asking");
  command("upgrade", "newer images: backup, copy, deployment, check, and the way back with the data where that fails")
    .option(
      "--to <image=version>",
      "such as ghost=6.70.0; may be given again. Default: what the stack file names, else the newest",
      again,
      [],
    )
    .option("--accept-unknown", "go on where it cannot be known here whether the new one can follow the old one")
    .action(async (flags: UpgradeFlags) => {
      interruption.listen();
      await carriedOut().upgrade(flags);
    });
  command("rollback", "undo the last upgrade, with the databases as they were before it; says what is lost, and asks")
    .option("--no-backup", "make no backup of what runs first")
    .action(async (flags: RollbackFlags) => {
      interruption.listen();
      await carriedOut().rollback(flags);
    });
}

/** What deploys, which the other commands do not: to load it takes as long as all of theirs. import() would not find a file without its ending. */
function carriedOut(): typeof run {
  return createRequire(__filename)("./run") as typeof run;
}

function again(text: string, before: string[]): string[] {
  return [...before, text];
}
