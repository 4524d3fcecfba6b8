import { confirmed, isInteractive } from "../terminal/confirm";
import { DockerEngine } from "../engines/docker-engine";
import { run } from "../engines/process";
import { CommandError, UserError } from "../errors";
import { say, step } from "../terminal/progress";
import { nodeAddress } from "../config/swarm/swarm-nodes";
import { readFacts, type ClusterOfStack } from "./carry-out";
import type { ClusterFacts } from "./facts";
import { Machine } from "./machine";
import { hasQuorum, memberNamed } from "./state";
import { readUnlockKey } from "../home/unlock-key";
import { isLocked, unlockedKeyFile } from "./unlocked-state";
import { clusterUp } from "./up";

/** The engine stops its swarm, waits for the end of its tasks' reports, and starts it again: 20 to 40 s measured. */
const forceLimitSeconds = 180;

/**
 * Makes a swarm that has lost more than half of its managers a new one of the same services, secrets and configs, from what one manager
 * knows; then joins the others again.
 *
 * @throws UserError where the swarm is well, or the manager cannot be used
 */
export async function recover(cluster: ClusterOfStack, from: string, yes: boolean): Promise<void> {
  const { stack, wanted } = cluster;
  const node = wanted.nodes[from];
  const facts = await readFacts(cluster);
  const engine = facts.engines[from];
  if (!node || !engine) {
    throw new UserError(`There is no node ${from}. The configuration names: ${Object.keys(wanted.nodes).join(", ")}`);
  }
  if (facts.swarm && hasQuorum(facts.swarm.members)) {
    throw new UserError(
      `The swarm of stack ${stack} has its quorum, so there is nothing to recover from. npm run cluster -- up mends the rest`,
    );
  }
  if (!engine.isManager || (engine.state !== "active" && engine.state !== "pending")) {
    throw new UserError(
      `${from} is no manager that runs (its engine is ${engine.state}${engine.trouble ? `: ${engine.trouble}` : ""}). Name one of: ${managersLeft(facts).join(", ") || "none is left; restore a backup (docs/backup.md)"}`,
    );
  }
  // A locked one takes no part, and would be one more of the old swarm when it is unlocked.
  const others = Object.keys(wanted.nodes).filter(
    (name) => name !== from && (managersLeft(facts).includes(name) || facts.engines[name]?.state === "locked"),
  );
  // Workers that come back follow the new swarm by themselves.
  const away = Object.keys(wanted.nodes).filter(
    (name) => wanted.nodes[name]?.role === "manager" && facts.engines[name]?.state === "unreachable",
  );
  say(
    `This makes a new swarm from what ${from} knows. Changes that only other managers had are lost.`,
    ...(others.length === 0 ? [] : [`These leave the old swarm and join the new one: ${others.join(", ")}`]),
    ...(away.length === 0
      ? []
      : [
          `These do not answer: ${away.join(", ")}. The old swarm would come back to life once more than half of its managers run again: start one at a time, docker swarm leave --force there before the next one starts, and in the end npm run cluster -- up here.`,
        ]),
  );
  if (!yes && isInteractive() && !(await confirmed("Go on?", "no"))) {
    throw new UserError("Nothing was changed.");
  }
  await step(`Make a new swarm from ${from}`, (report) => newSwarmFrom(cluster, from, report));
  for (const name of others) {
    // A second manager of the old swarm must not come to life beside the new one.
    await step(`Take ${name} out of the old swarm`, () =>
      new DockerEngine(wanted.nodes[name]?.host ?? "").docker(["swarm", "leave", "--force"], { timeout: 120 }),
    );
  }
  const anew = withoutLost(cluster, await readFacts(cluster));
  await clusterUp(anew, true);
  const missing = Object.keys(wanted.nodes).filter((name) => !(name in anew.wanted.nodes));
  if (missing.length > 0) {
    say(
      `Not in the new swarm, because they do not answer: ${missing.join(", ")}. Bring them back, or take them out of swarm.nodes.`,
    );
  }
}

/** The cluster without machines that are no members and do not answer: they cannot join now. */
export function withoutLost({ stack, wanted }: ClusterOfStack, { engines, swarm }: ClusterFacts): ClusterOfStack {
  const nodes = Object.entries(wanted.nodes).filter(
    ([name]) =>
      engines[name]?.state !== "unreachable" || memberNamed(name, engines[name], swarm?.members ?? []) !== undefined,
  );
  return { stack, wanted: { ...wanted, nodes: Object.fromEntries(nodes) } };
}

/**
 * Makes a new swarm of what one manager knows, in which it is the only manager.
 *
 * @throws UserError with the engine's words
 */
export async function newSwarmFrom(
  { stack, wanted }: ClusterOfStack,
  name: string,
  report: (text: string) => void,
): Promise<void> {
  const node = wanted.nodes[name];
  if (!node) {
    throw new UserError(`There is no node ${name} in the configuration`);
  }
  const engine = new DockerEngine(node.host);
  await openState(new Machine(name, node), engine, stack, report);
  await forceNewCluster(engine, nodeAddress(node) ?? "", report);
  await forgetManagers(engine);
}

/** Unlocks the state of a manager where it lies, its engine stopped: an engine makes no new swarm of a locked one. */
async function openState(
  machine: Machine,
  engine: DockerEngine,
  stack: string,
  report: (text: string) => void,
): Promise<void> {
  const [root = ""] = await engine.lines(["info", "--format", "{{.DockerRootDir}}"]);
  const file = `'${root}/swarm/certificates/swarm-node.key'`;
  const { stdout: sealed } = await machine.shell(`cat ${file}`);
  if (!isLocked(sealed)) {
    return;
  }
  report("its state is locked: stops its engine and unlocks it");
  const key = readUnlockKey(stack);
  if (key === undefined) {
    throw new UserError(
      `The state of ${machine.name} is locked, and this machine does not have the key. Hand it over: npm run cluster -- unlock --stack ${stack}`,
    );
  }
  await machine.stopEngine();
  try {
    const { stdout: pem } = await machine.shell(`cat ${file}`);
    const [program, ...args] = machine.command(`umask 077 && cat > ${file}.new && mv ${file}.new ${file}`);
    await run(program, args, { input: unlockedKeyFile(pem, key) });
  } finally {
    await machine.startEngine();
  }
}

/**
 * Makes the state that a manager has a swarm of this one manager. Its services, secrets, configs and workers stay.
 *
 * @throws UserError with the engine's words
 */
export async function forceNewCluster(
  engine: DockerEngine,
  address: string,
  report: (text: string) => void,
): Promise<void> {
  try {
    await engine.docker(["swarm", "init", "--force-new-cluster", "--advertise-addr", address], {
      timeout: forceLimitSeconds,
    });
  } catch (error) {
    if (error instanceof CommandError) {
      throw new UserError(`The engine at ${engine.host} cannot make a new swarm of what it knows: ${error.message}`);
    }
    throw error;
  }
  const deadline = Date.now() + forceLimitSeconds * 1000;
  for (;;) {
    try {
      await engine.docker(["node", "ls", "--quiet"], { timeout: 20 });
      return;
    } catch (error) {
      if (!(error instanceof CommandError) || Date.now() > deadline) {
        throw error;
      }
    }
    report("waits until it leads itself");
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Forgets the other managers of the old swarm: they are none of the new one, and join it as new nodes. */
async function forgetManagers(engine: DockerEngine): Promise<void> {
  await forgetNodes(engine, ["--filter", "role=manager"]);
}

/** Forgets every other node of a swarm that was made of a backup: they are machines that were. */
export async function forgetOthers(engine: DockerEngine): Promise<void> {
  await forgetNodes(engine, []);
}

async function forgetNodes(engine: DockerEngine, filter: readonly string[]): Promise<void> {
  const lines = await engine.lines(["node", "ls", "--format", "{{.ID}} {{.Self}}", ...filter]);
  for (const [id = "", self] of lines.map((line) => line.split(" "))) {
    if (self !== "true") {
      await engine.docker(["node", "rm", "--force", id]);
    }
  }
}

function managersLeft({ engines }: ClusterFacts): string[] {
  return Object.entries(engines).flatMap(([name, { isManager, state }]) =>
    isManager && (state === "active" || state === "pending") ? [name] : [],
  );
}
