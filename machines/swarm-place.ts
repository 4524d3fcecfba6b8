import { mustHaveQuorum } from "./quorum-check";
import { UserError } from "../errors";
import type { SwarmStackConfig } from "../config/schema";
import { defaultDockerHost } from "../config/swarm/swarm-nodes";
import { signsOfOthers } from "./bare-machine";
import { confirmed, isInteractive } from "../terminal/confirm";
import { DockerEngine, engineTrouble, type SwarmState } from "../engines/docker-engine";
import { canInstallDocker, installAndStartDocker } from "./docker-installation";
import { say, step } from "../terminal/progress";
import { inspected } from "../engines/swarm-objects";

/** More of them say no more. */
const shownSigns = 5;

/**
 * A Docker Engine that takes the stack: answering, and a manager of a swarm of the size the configuration speaks of. Installs the
 * distribution's engine where we can, and makes a lone engine a swarm of one node; says so before.
 *
 * @param yes do not ask on the terminal
 * @throws UserError that says what to install or change
 */
export async function swarmPlace(config: SwarmStackConfig, yes: boolean): Promise<DockerEngine> {
  const engine = new DockerEngine(config.swarm.host);
  await answering(engine, yes);
  const swarm = await engine.swarmState();
  if (swarm.state === "inactive") {
    await initialise(engine, yes);
  } else {
    refuseUnfit(engine, swarm, config.swarm.singleNode);
    await mustHaveQuorum(engine, swarm);
  }
  return engine;
}

async function answering(engine: DockerEngine, yes: boolean): Promise<void> {
  const trouble = await engine.trouble();
  if (!trouble) {
    return;
  }
  const startable = trouble.notFound || /cannot connect|no such file/i.test(trouble.output);
  if (engine.host !== defaultDockerHost || !startable || !canInstallDocker()) {
    throw engineTrouble(engine, trouble);
  }
  say(
    "No Docker Engine answers here. This installs the distribution's (docker.io, iptables) where it is missing, and starts it.",
  );
  await agreed("Install and start Docker Engine?", yes, signsOfOthers);
  await installAndStartDocker();
}

async function initialise(engine: DockerEngine, yes: boolean): Promise<void> {
  say(
    `The Docker Engine at ${engine.host} is not in swarm mode. This makes it a swarm of one node that listens on this machine only;`,
    "its containers go on as before. To undo it later: docker swarm leave --force",
  );
  const containers = await engine.lines(["ps", "--format", "{{.Names}}"]);
  const signs = () => containers.map((name) => `its container ${name} runs`);
  await agreed("Make it a swarm of one node?", yes, signs);
  await step("Make the Docker Engine a swarm of one node", async () => {
    await engine.docker(["swarm", "init", "--advertise-addr", "127.0.0.1", "--listen-addr", "127.0.0.1:2377"], {
      timeout: 120,
    });
  });
}

function refuseUnfit(engine: DockerEngine, swarm: SwarmState, singleNode: boolean): void {
  if (swarm.state === "locked") {
    throw new UserError(
      `The swarm at ${engine.host} is locked. Unlock it (\`docker swarm unlock\`), and run this again`,
    );
  }
  if (swarm.state !== "active") {
    throw new UserError(
      `The swarm at ${engine.host} is in state ${swarm.state}. See \`docker info\`; \`docker swarm leave --force\` takes the engine out of it`,
    );
  }
  if (!swarm.isManager) {
    throw new UserError(
      `The Docker Engine at ${engine.host} is a worker of its swarm, and only managers deploy. Name a manager with --host or swarm.host`,
    );
  }
  if (singleNode && swarm.nodes > 1) {
    throw new UserError(
      `swarm.singleNode is true, but the swarm at ${engine.host} has ${swarm.nodes} nodes, and a local volume stays on the node where it was made. Set swarm.singleNode to false, and pin each service with placement ("node.hostname==NAME") or keep its data on shared storage`,
    );
  }
}

/**
 * Asks where somebody can answer. Elsewhere, having said it is enough for what nobody else uses.
 *
 * @param signsOfUse signs that others use it
 * @throws UserError where the person says no, and where others use it and nobody can be asked
 */
async function agreed(question: string, yes: boolean, signsOfUse: () => string[]): Promise<void> {
  if (yes) {
    return;
  }
  if (isInteractive()) {
    if (!(await confirmed(question, "yes"))) {
      throw new UserError("Nothing was changed.");
    }
    return;
  }
  const signs = signsOfUse();
  if (signs.length > 0) {
    const [first, rest] = [signs.slice(0, shownSigns), signs.length - shownSigns];
    throw UserError.fromMistakes(
      `${question} There is no terminal to ask at, and others seem to use it. Nothing was changed; if that is right, say so with --yes:`,
      [...first, ...(rest > 0 ? [`and ${rest} more`] : [])],
    );
  }
}

/** The node's addresses at which a published port may answer from here, the likeliest first. */
export async function nodeAddresses(engine: DockerEngine): Promise<string[]> {
  const { protocol, hostname } = new URL(engine.host);
  const nodes = await engine.lines(["node", "ls", "--quiet"]);
  const known = await inspected<{ Status?: { Addr?: string } }>(engine, "node", nodes);
  const addresses = known.flatMap(({ Status }) => Status?.Addr || []);
  return [...new Set([protocol === "unix:" ? "127.0.0.1" : hostname, ...addresses])];
}
