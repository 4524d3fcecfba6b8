import type { DockerEngine, SwarmState } from "../engines/docker-engine";
import { quorumOf, quorumWords } from "../config/swarm/quorum";
import { UserError } from "../errors";
import { readMembers } from "./facts";
import { hasQuorum, managersIn } from "./state";

/**
 * Refuses to go on where fewer than half of the managers answer: a refresh would find nothing and drop everything from the state, and a
 * removal would be half made.
 *
 * @param swarm what the engine says about it
 * @param options.otherwise what the person may do instead, for example with a flag
 */
export async function mustHaveQuorum(
  engine: DockerEngine,
  swarm: SwarmState,
  options: { otherwise?: string } = {},
): Promise<void> {
  const trouble = await quorumTrouble(engine, swarm);
  if (trouble !== undefined) {
    throw new UserError(
      [
        `${trouble}. Nothing was touched, because nothing could be finished.`,
        "Start the engines of the other managers. When they are lost for good: npm run cluster -- recover --from NODE (docs/swarm-cluster.md)",
        ...(options.otherwise === undefined ? [] : [options.otherwise]),
      ].join("\n"),
    );
  }
}

/** Why the swarm of an engine can change nothing, with the arithmetic; undefined where it has its quorum. */
export async function quorumTrouble(engine: DockerEngine, swarm: SwarmState): Promise<string | undefined> {
  const members = await readMembers(engine.host);
  if (members && hasQuorum(members)) {
    return undefined;
  }
  return `The swarm at ${engine.host} has no quorum: ${members ? told(members) : believed(swarm)}`;
}

function told(members: Parameters<typeof managersIn>[0]): string {
  const { all, reachable } = managersIn(members);
  return `${quorumWords(all)}; ${reachable} answer${reachable === 1 ? "s" : ""}`;
}

/** Without a leader an engine knows no more than the managers that there were; a locked one not even those. */
function believed({ managers }: SwarmState): string {
  return managers === 0
    ? "no manager leads, so fewer than half of them are there"
    : `${quorumWords(managers)}; none leads, so fewer than ${quorumOf(managers)} are there`;
}
