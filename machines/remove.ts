import { interruption } from "../terminal/interruption";
import { say, step } from "../terminal/progress";
import { quorumWords } from "../config/swarm/quorum";
import { UserError } from "../errors";
import { manager, readFacts, refusal, type ClusterOfStack } from "./carry-out";
import { nameLabel } from "../config/swarm/swarm-nodes";
import { plan } from "./plan";
import { hasQuorum, managersIn } from "./state";

/** Tasks that move away stop within their grace period of a minute. */
const drainLimitSeconds = 180;

/**
 * Takes a node out of the swarm: gives its tasks to others, demotes it, and forgets it. Its engine stays as it is and is told to leave by a
 * person, since the configuration no longer says how to reach it.
 *
 * @throws UserError for a node that the configuration names, that is not there, or whose loss would cost the quorum
 */
export async function removeNode(cluster: ClusterOfStack, name: string): Promise<void> {
  const { stack, wanted } = cluster;
  if (name in wanted.nodes) {
    throw new UserError(
      `${name} is in the configuration, so the next npm start would join it again. Take it out of swarm.nodes first`,
    );
  }
  const facts = await readFacts(cluster);
  const planned = plan(facts, wanted);
  if (planned.refusals.length > 0) {
    throw refusal(stack, planned);
  }
  const members = facts.swarm?.members ?? [];
  const member = members.find(({ hostname, id, labels }) => [hostname, id, labels[nameLabel]].includes(name));
  if (!member) {
    throw new UserError(
      `The swarm has no node ${name}. It has: ${members.map(({ hostname, labels }) => labels[nameLabel] ?? hostname).join(", ")}`,
    );
  }
  const rest = members.filter((other) => other !== member);
  if (member.manager && !hasQuorum(rest)) {
    const { all, reachable } = managersIn(rest);
    throw new UserError(
      `Without ${name} there would be ${quorumWords(all)}, and ${reachable} would answer: the swarm would have no quorum. Start the engines of the other managers first`,
    );
  }
  const via = manager(facts, wanted);
  await step(`Take ${name} out of the swarm`, async (report) => {
    await via.docker(["node", "update", "--availability", "drain", member.id]);
    const deadline = Date.now() + drainLimitSeconds * 1000;
    const running = () =>
      via.lines(["node", "ps", "--filter", "desired-state=running", "--format", "{{.Name}}", member.id]);
    for (let tasks = await running(); member.up && tasks.length > 0; tasks = await running()) {
      interruption.throwIfInterrupted();
      if (Date.now() > deadline) {
        throw new UserError(
          `${name} still runs ${tasks.join(", ")} after ${drainLimitSeconds} s: they may be pinned to it. Pin them elsewhere, and run this again`,
        );
      }
      report(`${tasks.length} tasks still run there`);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    if (member.manager) {
      await via.docker(["node", "demote", member.id]);
    }
    await via.docker(["node", "rm", "--force", member.id]);
  });
  say(`${name} is out. On that machine: docker swarm leave --force. Its volumes stay there.`);
}
