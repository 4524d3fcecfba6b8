import { quorumTrouble } from "../machines/quorum-check";
import type { SwarmStackConfig } from "../config/schema";
import { UserError } from "../errors";
import { ownerLabel, swarmStackName } from "../platforms/swarm/stack";
import { confirmed, isInteractive } from "../terminal/confirm";
import { deployedBy, rememberDeployment } from "../home/deployments";
import { DockerEngine, engineTrouble, mayBeManager } from "../engines/docker-engine";
import { chooseEngine } from "./engine";
import { say, step } from "../terminal/progress";
import { pulumiForget } from "./pulumi/deployment";

/**
 * Forgets a stack whose swarm has lost its quorum: its state on this machine. Of a swarm without a quorum nobody can remove anything, so it says
 * what is left there.
 *
 * @returns false where a manager answers that has a quorum: then the stack can be removed
 * @throws UserError where the person wants its data removed, or changes their mind
 */
export async function forgetWithoutQuorum(
  stack: string,
  config: SwarmStackConfig,
  { data, yes }: { data: boolean; yes: boolean },
): Promise<boolean> {
  const troubles: string[] = [];
  for (const host of managerHosts(config)) {
    const engine = new DockerEngine(host);
    const away = await engine.trouble();
    if (away?.notFound) {
      throw engineTrouble(engine, away);
    }
    const trouble = away ? `No engine answers at ${host}` : await troubleOf(engine);
    if (trouble === undefined) {
      say(`The swarm at ${host} has its quorum, so --without-quorum changes nothing.`);
      return false;
    }
    troubles.push(trouble);
  }
  say(...troubles.map((trouble) => `${trouble}.`));
  if (data) {
    throw new UserError(
      `The data of stack ${stack} cannot be removed while its tasks may run. Leave out --data; then this forgets the stack, and says what to remove where`,
    );
  }
  say(`This forgets stack ${stack} on this machine. On the swarm's machines it removes nothing.`);
  if (!yes && isInteractive() && !(await confirmed("Go on?", "no"))) {
    throw new UserError("Nothing was changed.");
  }
  if (deployedBy(stack) === "pulumi") {
    const engine = await chooseEngine(stack, "swarm", undefined);
    if (engine.name === "pulumi") {
      await step(`Forget the state of stack ${stack}`, () => pulumiForget(stack, engine));
    }
  }
  rememberDeployment(stack, undefined);
  say(...whatIsLeft(stack, config));
  return true;
}

/** Engines of managers, the one that deploys first. */
function managerHosts({ swarm }: SwarmStackConfig): string[] {
  const named = Object.values(swarm.nodes ?? {}).filter(({ role }) => role === "manager");
  return [...new Set([swarm.host, ...named.map(({ host }) => host)])];
}

/** An engine that is in no swarm, or a worker of one, speaks for no manager. */
async function troubleOf(engine: DockerEngine): Promise<string | undefined> {
  const swarm = await engine.swarmState();
  return mayBeManager(swarm)
    ? quorumTrouble(engine, swarm)
    : `The engine at ${engine.host} is no manager (${swarm.state})`;
}

function whatIsLeft(stack: string, { swarm }: SwarmStackConfig): string[] {
  const name = swarmStackName(stack);
  const recover = swarm.nodes
    ? `npm run cluster -- recover --from NODE --stack ${stack}`
    : "docker swarm init --force-new-cluster, on a manager";
  return [
    `Stack ${stack} is forgotten here. Its services, networks, secrets, containers and volumes are left on the swarm's machines.`,
    "  To get the swarm back, and to remove them, which keeps the data for the next npm start:",
    `    ${recover}`,
    `    npm run destroy -- --stack ${stack}`,
    "  To give the swarm up, on each machine; the first ends its containers, the second removes the data:",
    "    docker swarm leave --force",
    `    docker volume ls --quiet --filter label=${ownerLabel}=${name} | xargs -r docker volume rm`,
  ];
}
