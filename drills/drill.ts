import { DockerEngine } from "../engines/docker-engine";
import { interruption } from "../terminal/interruption";
import { CommandError, UserError } from "../errors";
import { carryOut, readFacts, unlock, type ClusterOfStack } from "../machines/carry-out";
import { readMembers, type Member } from "../machines/facts";
import { nameLabel } from "../config/swarm/swarm-nodes";
import type { SwarmStackConfig } from "../config/schema";
import { Breakable, type Means } from "./breakage";
import type { SteadyLoad } from "./steady-load";
import type { DrillReport, Timeline } from "./timeline";

/** A manager answers within 0.1 s, and not at all while nobody leads: a longer wait would blur the figures. */
const answerLimitSeconds = 2;

/** What a drill works on. */
export interface Drill {
  stack: string;
  config: SwarmStackConfig;
  cluster: ClusterOfStack;
  means: Means;
  timeline: Timeline;
  /** A client that asks for a page of the stack throughout. */
  client?: { url: string; load: SteadyLoad } | undefined;
}

/** An election takes 10 to 25 s, tasks of a lost node start elsewhere after 20 to 60 s; an image may have to be pulled. */
const limitSeconds = 600;

/** A machine of the drill, by its name. */
export function breakable({ cluster, means }: Drill, name: string): Breakable {
  const node = cluster.wanted.nodes[name];
  if (!node) {
    throw new UserError(
      `There is no node ${name}. The configuration names: ${Object.keys(cluster.wanted.nodes).join(", ")}`,
    );
  }
  return new Breakable(name, node, means);
}

/** The members of a swarm that is well, to begin with. */
export async function healthyMembers({ cluster }: Drill): Promise<Member[]> {
  const { swarm } = await readFacts(cluster);
  const sick = swarm?.members.filter(({ manager, up }) => !up || (manager && !manager.reachable)) ?? [];
  if (!swarm || sick.length > 0) {
    throw new UserError(
      `A drill begins with a swarm that is well${sick.length > 0 ? ` (not well: ${sick.map(nameOf).join(", ")})` : ""}. See npm run cluster -- status`,
    );
  }
  return swarm.members;
}

export function nameOf({ hostname, labels }: Member): string {
  return labels[nameLabel] ?? hostname;
}

/** Asks again and again, five times a second, until there is an answer. */
export async function awaited<Value>(what: string, ask: () => Promise<Value | undefined | false>): Promise<Value> {
  const deadline = Date.now() + limitSeconds * 1000;
  for (;;) {
    interruption.throwIfInterrupted();
    const value = await ask();
    if (value !== undefined && value !== false) {
      return value;
    }
    if (Date.now() > deadline) {
      throw new UserError(`After ${limitSeconds} s there is still not: ${what}. See npm run cluster -- status`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** The nodes as the first of these machines tells that knows them. */
export async function seenBy({ cluster }: Drill, names: readonly string[]): Promise<Member[] | undefined> {
  for (const name of names) {
    const members = await readMembers(cluster.wanted.nodes[name]?.host ?? "", answerLimitSeconds);
    if (members) {
      return members;
    }
  }
  return undefined;
}

/**
 * Whether the swarm takes a change, tried with a label of no meaning.
 *
 * @returns undefined when it does, else the engine's words
 */
export async function refusalOfChange({ cluster }: Drill, name: string, node: string): Promise<string | undefined> {
  const engine = new DockerEngine(cluster.wanted.nodes[name]?.host ?? "");
  try {
    await engine.docker(["node", "update", "--label-add", "ghost-platform.drill=1", node], { timeout: 15 });
    await engine.docker(["node", "update", "--label-rm", "ghost-platform.drill", node], { timeout: 15 });
    return undefined;
  } catch (error) {
    if (error instanceof CommandError) {
      return error.output.trim().split("\n").at(-1) || "no answer in 15 s";
    }
    throw error;
  }
}

/** Mends a machine, unlocks its manager where that is locked, and waits until the swarm has it again. */
export async function mended(drill: Drill, machine: Breakable, through: readonly string[]): Promise<void> {
  const { timeline } = drill;
  await machine.mend();
  timeline.note(`${machine.name} is told to start`);
  await machine.answering(true);
  timeline.note(`${machine.name}: its engine answers`);
  if ((await machine.engine.swarmState()).state === "locked") {
    await unlock(machine.engine, drill.stack);
    timeline.note(`${machine.name} is unlocked`);
  }
  await awaited(`${machine.name} back in the swarm`, async () => {
    const member = (await seenBy(drill, through))?.find((candidate) => nameOf(candidate) === machine.name);
    return member?.up && (member.role === "worker" || member.manager?.reachable);
  });
}

/** Brings back whatever a drill has left, also one that was interrupted. */
export async function restored(drill: Drill, machines: readonly Breakable[]): Promise<void> {
  for (const machine of machines) {
    if (await machine.engine.trouble()) {
      await machine.mend();
      await machine.answering(true);
    }
  }
  await carryOut(
    drill.cluster,
    () => undefined,
    () => undefined,
  );
}

/** Ends the client and completes the report. */
export async function reported(
  { client, timeline }: Drill,
  report: Omit<DrillReport, "timeline" | "client">,
): Promise<DrillReport> {
  return {
    ...report,
    timeline: timeline.events,
    client: client && { url: client.url, ...(await client.load.stop()) },
  };
}
