import { Command } from "commander";
import { runCommand } from "../terminal/command";
import { lockStack } from "../home/deployment-lock";
import { interruption } from "../terminal/interruption";
import { say } from "../terminal/progress";
import { UserError } from "../errors";
import { exitStatus, exitStatusHelp } from "../terminal/exit-status";
import { defaultStack } from "../home/stack";
import { readFacts, refusal } from "./carry-out";
import { openCluster } from "./open";
import { plan } from "./plan";
import { recover } from "./recover";
import { removeNode } from "./remove";
import { handOver, readUnlockKey, unlockKeyFile } from "../home/unlock-key";
import { clusterUp } from "./up";
import { clusterReport, planLines, statusLines } from "./words";

interface Options {
  stack: string;
  json?: boolean;
  yes?: boolean;
}

/** `npm run cluster`: the machines of a swarm. */
const program = new Command("npm run cluster --")
  .description("Makes the machines that a stack names under swarm.nodes one swarm, and keeps it so.")
  .exitOverride();

command("plan", "what `up` would do, and why it may not; changes nothing")
  .option("--json", "for programs: JSON instead of lines")
  .action(async ({ json, stack }: Options) => {
    const cluster = openCluster(stack);
    const facts = await readFacts(cluster);
    const planned = plan(facts, cluster.wanted);
    if (json) {
      say(JSON.stringify(clusterReport(facts, cluster.wanted, planned).plan, undefined, 2));
    } else if (planned.refusals.length === 0) {
      say(...planLines(planned, cluster.wanted));
    }
    if (planned.refusals.length > 0) {
      throw refusal(stack, planned);
    }
  });

command("up", "make the swarm, or what is missing of it; prints the plan first")
  .option("--yes", "do not ask")
  .action(async ({ stack, yes }: Options) => {
    const cluster = openCluster(stack);
    interruption.listen();
    lockStack(stack);
    await clusterUp(cluster, yes ?? false);
  });

command("status", "every machine as it should be and as it is, and the quorum")
  .option("--json", "for programs: JSON instead of a table")
  .addHelpText("after", exitStatusHelp)
  .action(async ({ json, stack }: Options) => {
    const cluster = openCluster(stack);
    const facts = await readFacts(cluster);
    const report = clusterReport(facts, cluster.wanted, plan(facts, cluster.wanted));
    say(...(json ? [JSON.stringify(report, undefined, 2)] : statusLines(report)));
    process.exitCode = report.well ? exitStatus.well : exitStatus.notWell;
  });

command("remove", "take a machine out that the configuration no longer names")
  .argument("<node>", "its name, or its host name as `docker node ls` shows it")
  .action(async (node: string, { stack }: Options) => {
    const cluster = openCluster(stack);
    interruption.listen();
    lockStack(stack);
    await removeNode(cluster, node);
  });

command("recover", "make a swarm that lost its quorum for good a new one, from a manager that is left")
  .requiredOption("--from <node>", "the manager whose state becomes the swarm's")
  .option("--yes", "do not ask")
  .action(async ({ from, stack, yes }: Options & { from: string }) => {
    const cluster = openCluster(stack);
    interruption.listen();
    lockStack(stack);
    await recover(cluster, from, yes ?? false);
  });

command("unlock-key", "show the key that unlocks the managers").action(({ stack }: Options) => {
  const key = readUnlockKey(stack);
  if (key === undefined) {
    throw new UserError(`This machine has no such key for stack ${stack}: ${unlockKeyFile(stack)} does not exist`);
  }
  say(key);
});

command("unlock", "hand over the key that unlocks the managers, on standard input, and unlock them").action(
  async ({ stack }: Options) => {
    const cluster = openCluster(stack);
    interruption.listen();
    lockStack(stack);
    await handOver(stack);
    await clusterUp(cluster, true);
  },
);

/** A command on the cluster of one stack. */
function command(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option("--stack <name>", "the stack, for example swarm for Pulumi.swarm.yaml", defaultStack);
}

void runCommand("npm run cluster", program);
