import type { DockerEngine } from "../cli/docker-engine";
import { quorumWords } from "../config/quorum";
import { UserError } from "../errors";
import { readMembers } from "./facts";
import { hasQuorum, managersIn } from "./plan";

/**
 * Refuses to go on where fewer than half of the managers answer: a refresh would find nothing and drop everything from the state, and a
 * removal would be half made.
 *
 * @param options.otherwise what the person may say to go on all the same, for example a flag
 */
export async function mustHaveQuorum(engine: DockerEngine, options: { otherwise?: string } = {}): Promise<void> {
  const members = await readMembers(engine.host);
  if (members && hasQuorum(members)) {
    return;
  }
  const { all, reachable } = managersIn(members ?? []);
  const told = members
    ? `${quorumWords(all)}; ${reachable} answer${reachable === 1 ? "s" : ""}`
    : "no manager leads, so fewer than half of them are there";
  throw new UserError(
    [
      `The swarm at ${engine.host} has no quorum: ${told}. Nothing was touched, because nothing could be finished.`,
      "Start the engines of the other managers. When they are lost for good: npm run cluster -- recover (docs/swarm-cluster.md)",
      ...(options.otherwise === undefined ? [] : [options.otherwise]),
    ].join("\n"),
  );
}
