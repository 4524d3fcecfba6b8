import type { CertificateTrouble } from "../components/edge/certificates";
import type { DockerEngine } from "../engines/docker-engine";
import { swarmStackName } from "../platforms/swarm/stack";
import { askAgain } from "./wait/certificates";

/** What a start says last of hosts that have no certificate yet: the stack is up, and nobody reaches it there. */
export function certificateLines(
  stack: string,
  docker: DockerEngine,
  troubles: readonly CertificateTrouble[],
): string[] {
  if (troubles.length === 0) {
    return [];
  }
  return [
    "",
    "The stack runs, but these hosts have no certificate yet, and browsers show an error there:",
    ...troubles.flatMap(({ evidence, host, why }) => [
      `  ${host}: ${why}`,
      ...(evidence === "" ? [] : [`    It says: ${evidence}`]),
    ]),
    "The edge tries again by itself, after a minute and then ever more seldom. Once it is mended, this has it try at once:",
    `  ${["docker", "--host", docker.host, ...askAgain(swarmStackName(stack))].join(" ")}`,
  ];
}
