import { encryptionOf, reasonsAgainstEncryption } from "../../machines/encryption";
import { writeStackFile } from "../../config/files/edit-stack-file";
import type { RawConfig } from "../../config/files/machine";
import type { SwarmStackConfig } from "../../config/schema";
import { swarmStackName } from "../../platforms/swarm/stack";
import type { DockerEngine } from "../../engines/docker-engine";
import { say } from "../../terminal/progress";
import { projectDirectory } from "../../home/project";
import { owned } from "./swarm-ownership";

/**
 * Has a new stack on several machines encrypt its backend network, where its file does not say and every kernel carries that. The answer goes into
 * the stack file: a network stays as it was made, so everybody who deploys the stack has to say the same.
 *
 * @returns what was written there
 */
export async function encryptWhereCarried(
  engine: DockerEngine,
  stack: string,
  { swarm }: SwarmStackConfig,
): Promise<RawConfig> {
  if (swarm.encryptBackend !== undefined || swarm.nodes === undefined) {
    return {};
  }
  if ((await owned(engine, "network", swarmStackName(stack))).length > 0) {
    return {};
  }
  const machines = await encryptionOf(swarm);
  if (machines.length === 0) {
    return {};
  }
  const reasons = reasonsAgainstEncryption(machines);
  if (reasons.length > 0) {
    say(...reasons);
    return {};
  }
  writeStackFile(projectDirectory, stack, [{ keys: ["swarm", "encryptBackend"], value: true }]);
  say(
    `Pulumi.${stack}.yaml: swarm.encryptBackend is true now, as every machine's kernel carries encrypted networks. Commit it. Firewalls between the machines have to let ESP (IP protocol 50) pass. Where they do not, the machines do not reach each other: make it false, then npm run destroy -- --stack ${stack}, and npm start again.`,
  );
  return { swarm: { encryptBackend: true } };
}
