import { DockerEngine } from "../engines/docker-engine";
import { interruption } from "../terminal/interruption";
import { CommandError, UserError } from "../errors";
import type { Report } from "../terminal/progress";
import { nodeAddress } from "../config/swarm/swarm-nodes";
import { post } from "../engines/engine-api";
import { readCluster, type ClusterFacts, type Member } from "./facts";
import { plan, type Plan, type Step } from "./plan";
import { unheardOf } from "./refusals";
import { memberNamed, type WantedCluster } from "./state";
import { keepUnlockKey, readUnlockKey } from "../home/unlock-key";
import { stepWords } from "./words";

/** Where managers of a swarm listen. */
export const swarmPort = 2377;
/** A manager that joins has caught up after 1 to 5 s; a swarm that starts anew elects in 10 to 25 s. */
const settleLimitSeconds = 120;

/** The swarm of a stack, as the configuration wants it. */
export interface ClusterOfStack {
  stack: string;
  wanted: WantedCluster;
}

export function readFacts({ stack, wanted }: ClusterOfStack): Promise<ClusterFacts> {
  return readCluster(wanted.nodes, readUnlockKey(stack) !== undefined);
}

/** Everything that forbids a plan, as one error. */
export function refusal(stack: string, { refusals }: Plan): UserError {
  return UserError.fromMistakes(`The swarm of stack ${stack} cannot be made what the configuration wants:`, refusals);
}

/**
 * Takes one step after the other, and looks at the swarm anew before each: a run that was interrupted goes on where it was.
 *
 * @returns what was done
 * @throws UserError when the swarm does not get well on the way
 */
export async function carryOut(
  cluster: ClusterOfStack,
  report: Report,
  told: (step: string) => void,
): Promise<string[]> {
  const done: string[] = [];
  let waitingSince: number | undefined;
  for (;;) {
    interruption.throwIfInterrupted();
    const facts = await readFacts(cluster);
    const { refusals, steps } = plan(facts, cluster.wanted);
    const [step] = steps;
    if (!step) {
      // What has just been unlocked, joined or started still looks for the others.
      waitingSince ??= Date.now();
      const isOver = done.length === 0 || Date.now() - waitingSince > settleLimitSeconds * 1000;
      const unheard = unheardOf(facts, cluster.wanted);
      if (refusals.length === 0 && facts.swarm && (isOver || unheard.length === 0)) {
        return done;
      }
      if (isOver) {
        throw refusal(cluster.stack, { steps, refusals, notices: [] });
      }
      report(
        refusals[0] ??
          (unheard.length > 0
            ? `the managers do not hear of ${unheard.join(", ")} yet`
            : "managers look for each other"),
      );
      await new Promise((resolve) => setTimeout(resolve, 1000));
      continue;
    }
    waitingSince = undefined;
    const words = stepWords(step, cluster.wanted);
    report(words);
    await take(step, cluster, facts);
    await settled(step, cluster, report);
    done.push(words);
    told(words);
  }
}

async function take(step: Step, { stack, wanted }: ClusterOfStack, facts: ClusterFacts): Promise<void> {
  const engineOf = (name: string) => new DockerEngine(wanted.nodes[name]?.host ?? "");
  const addressOf = (name: string) => {
    const node = wanted.nodes[name];
    return (node && nodeAddress(node)) ?? "";
  };
  try {
    switch (step.do) {
      case "unlock":
        return await unlock(engineOf(step.node), stack);
      case "init":
        await engineOf(step.node).docker(["swarm", "init", "--advertise-addr", addressOf(step.node)], { timeout: 120 });
        return;
      case "leave":
        await engineOf(step.node).docker(["swarm", "leave", "--force"], { timeout: 120 });
        return;
      case "join":
        return await join(engineOf(step.node), addressOf(step.node), step.role, manager(facts, wanted), facts);
      case "forget":
        await manager(facts, wanted).docker(["node", "rm", "--force", step.id]);
        return;
      case "promote":
      case "demote":
        await manager(facts, wanted).docker(["node", step.do, step.id], { timeout: 120 });
        return;
      case "label": {
        const { remove, set } = step.change;
        const flags = [
          ...remove.flatMap((key) => ["--label-rm", key]),
          ...Object.entries(set).flatMap(([key, value]) => ["--label-add", `${key}=${value}`]),
        ];
        await manager(facts, wanted).docker(["node", "update", ...flags, step.id]);
        return;
      }
      case "availability":
        await manager(facts, wanted).docker(["node", "update", "--availability", step.availability, step.id]);
        return;
      case "autolock": {
        const via = manager(facts, wanted);
        // It prints the key.
        await via.docker(["swarm", "update", `--autolock=${String(step.on)}`]);
        keepUnlockKey(stack, step.on ? await unlockKeyOf(via) : undefined);
        return;
      }
      case "keep-key":
        return keepUnlockKey(stack, await unlockKeyOf(manager(facts, wanted)));
    }
  } catch (error) {
    throw error instanceof CommandError
      ? new UserError(`${stepWords(step, wanted)}: ${error.message}\nRun this again to go on from here.`)
      : error;
  }
}

/**
 * Unlocks the managers of an engine with the key of this machine.
 *
 * @throws UserError when there is none, or when it is another swarm's
 */
export async function unlock(engine: DockerEngine, stack: string): Promise<void> {
  const key = readUnlockKey(stack);
  if (key === undefined) {
    throw new UserError(
      `This machine does not have the key that unlocks ${engine.host}. npm run cluster -- unlock asks for it`,
    );
  }
  try {
    // On standard input: a command line could be read by every process.
    await engine.docker(["swarm", "unlock"], { input: `${key}\n` });
  } catch (error) {
    if (error instanceof CommandError && /invalid key|unlocked/i.test(error.output)) {
      throw new UserError(
        `The key of this machine does not unlock ${engine.host}: it was changed since (docker swarm unlock-key --rotate). Hand over the new one: npm run cluster -- unlock --stack ${stack}`,
      );
    }
    throw error;
  }
}

/** Joins an engine to the swarm. The token goes over the engine's API: on a command line every process could read it. */
async function join(
  engine: DockerEngine,
  address: string,
  role: Member["role"],
  via: DockerEngine,
  { swarm }: ClusterFacts,
): Promise<void> {
  const [token = ""] = await via.lines(["swarm", "join-token", "--quiet", role]);
  const remotes = (swarm?.members ?? []).flatMap(({ manager }) => (manager?.reachable ? [manager.address] : []));
  try {
    await post(engine, "/swarm/join", {
      ListenAddr: `0.0.0.0:${swarmPort}`,
      AdvertiseAddr: address,
      RemoteAddrs: remotes,
      JoinToken: token,
    });
  } catch (error) {
    if (error instanceof UserError && /timeout was reached/i.test(error.message)) {
      throw new UserError(
        `${address} reaches no manager of the swarm (${remotes.join(", ")}). Between the nodes these ports must be open: 2377/tcp, 7946/tcp and udp, 4789/udp. Then run this again: it goes on from here`,
      );
    }
    throw error;
  }
}

async function unlockKeyOf(engine: DockerEngine): Promise<string> {
  const [key = ""] = await engine.lines(["swarm", "unlock-key", "--quiet"]);
  return key;
}

/** Name of a machine whose engine is a manager that knows the swarm: the leader if it answers here, else another. */
export function managerName({ engines, swarm }: ClusterFacts, { nodes }: WantedCluster): string {
  const names = Object.keys(nodes).filter((name) => {
    const engine = engines[name];
    return engine?.state === "active" && memberNamed(name, engine, swarm?.members ?? [])?.manager?.reachable;
  });
  const leader = names.find((name) => memberNamed(name, engines[name], swarm?.members ?? [])?.manager?.leader);
  const found = leader ?? names[0];
  if (found === undefined) {
    throw new UserError("No manager of the swarm answers any more. Run this again");
  }
  return found;
}

/** The engine of such a machine. */
export function manager(facts: ClusterFacts, wanted: WantedCluster): DockerEngine {
  return new DockerEngine(wanted.nodes[managerName(facts, wanted)]?.host ?? "");
}

/** Waits until the swarm itself shows that a step has been taken, so that the next one starts from there. */
async function settled(step: Step, cluster: ClusterOfStack, report: Report): Promise<void> {
  const deadline = Date.now() + settleLimitSeconds * 1000;
  for (;;) {
    const facts = await readFacts(cluster);
    if (hasTaken(step, facts)) {
      return;
    }
    interruption.throwIfInterrupted();
    if (Date.now() > deadline) {
      throw new UserError(
        `${stepWords(step, cluster.wanted)}: the swarm does not show it after ${settleLimitSeconds} s. See \`docker node ls\` and the engine's log, and run this again`,
      );
    }
    report(`${stepWords(step, cluster.wanted)}: waits until the swarm shows it`);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

/** Whether the swarm shows a step as taken. What waits for others, such as an unlocked manager, counts as taken. */
export function hasTaken(step: Step, { engines, swarm, unlockKey }: ClusterFacts): boolean {
  const members = swarm?.members ?? [];
  const member = (id: string) => members.find((candidate) => candidate.id === id);
  switch (step.do) {
    case "unlock":
      return engines[step.node]?.state !== "locked";
    case "leave":
      return engines[step.node]?.state === "inactive";
    case "init":
    case "join": {
      const engine = engines[step.node];
      const joined = engine && members.find(({ id }) => id === engine.nodeId);
      const role = step.do === "init" ? "manager" : step.role;
      return joined !== undefined && joined.up && (role === "worker" || joined.manager?.reachable === true);
    }
    case "forget":
      return swarm !== undefined && !member(step.id);
    case "promote":
      return member(step.id)?.manager?.reachable === true;
    case "demote": {
      const demoted = member(step.id);
      const engine = Object.values(engines).find(({ nodeId }) => nodeId === step.id);
      // The machine itself may learn it a moment later than the others.
      return demoted?.role === "worker" && !demoted.manager && !engine?.isManager;
    }
    case "label":
      return true;
    case "availability":
      return member(step.id)?.availability === step.availability;
    case "autolock":
      return swarm?.autolock === step.on;
    case "keep-key":
      return unlockKey;
  }
}
