import { confirmed, isInteractive } from "../terminal/confirm";
import { say, step } from "../terminal/progress";
import { UserError } from "../errors";
import { carryOut, readFacts, refusal, type ClusterOfStack } from "./carry-out";
import { plan } from "./plan";
import { readUnlockKey, unlockKeyFile } from "../home/unlock-key";
import { planLines } from "./words";

/**
 * Makes the swarm what the configuration wants: prints the plan, asks where somebody can answer, and carries it out.
 *
 * @throws UserError with everything that forbids it, before anything is touched
 */
export async function clusterUp(cluster: ClusterOfStack, yes: boolean): Promise<void> {
  const facts = await readFacts(cluster);
  const planned = plan(facts, cluster.wanted);
  if (planned.refusals.length > 0) {
    throw refusal(cluster.stack, planned);
  }
  say(...planLines(planned, cluster.wanted));
  if (planned.steps.length === 0) {
    return;
  }
  if (!yes && isInteractive() && !(await confirmed("Change the swarm like that?", "yes"))) {
    throw new UserError("Nothing was changed.");
  }
  const hadKey = readUnlockKey(cluster.stack);
  const done: string[] = [];
  await step("Change the swarm", (report) => carryOut(cluster, report, (words) => done.push(words))).catch(
    (error: unknown) => {
      say(...(done.length === 0 ? [] : ["Done before it stopped:", ...done.map((words) => `  ${words}`)]));
      throw error;
    },
  );
  say(`${done.length} step${done.length === 1 ? "" : "s"} done.`);
  const key = readUnlockKey(cluster.stack);
  if (key !== undefined && key !== hadKey) {
    say(
      `The key that unlocks the managers stands in ${unlockKeyFile(cluster.stack)}. Keep a copy apart from this machine:`,
      `  npm run cluster -- unlock-key --stack ${cluster.stack}   shows it`,
    );
  }
}
