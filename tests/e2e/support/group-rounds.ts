import { cutOff, type Deaf } from "./group-cuts";
import { peersOf, proxyKilled, proxyPeers, allProxies, othersThan, type ReachedGroup } from "./reached-group";
import { whileCut } from "./network-cut";
import { succeeded } from "./place";
import type { Survived } from "./replicated-set";
import type { Seeded } from "./seeded";

/** A fault that has been chosen: what it is, in words that are the same for all of its kind, what it is this time, and what brings it about. */
export interface ChosenFault {
  kind: string;
  words: string;
  happens: () => Promise<void>;
}

/** What only the platform can do to a member. */
export interface MemberMeans {
  /** Ends its container without a word, and returns once there is another. */
  remove: (members: readonly number[]) => Promise<void>;
  /** Takes its data away, and ends it. */
  removeData: (member: number) => Promise<void>;
}

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Chooses a fault that the group has to get over by itself. */
export async function chooseFault(reached: ReachedGroup, means: MemberMeans, random: Seeded): Promise<ChosenFault> {
  const { group, place, serverOf } = reached;
  const primary = await group.primary();
  // Everything is drawn each time, so that what a seed chooses does not depend on what the group does.
  const victim =
    random.below(2) === 0 ? primary : (primary + random.between(1, group.all.length - 1)) % group.all.length;
  const seconds = random.between(3, 30);
  const deaf = random.oneOf<Deaf>(["both", "both", "the few", "the others"]);
  const others = othersThan(reached, victim);
  const another = random.oneOf(others);
  const member = `mysql-${victim}${victim === primary ? ", the primary" : ""}`;
  const whom = { both: "and hears nobody", "the few": "from what it hears", "the others": "from who hears it" }[deaf];
  const faults: readonly [kind: string, words: string, happens: () => Promise<void>][] = [
    ["killed with -9", member, async () => void process.kill(await serverOf(victim), "SIGKILL")],
    ["hangs for 20 s", member, () => hangs(reached, victim, 20)],
    ["container removed by force", member, () => means.remove([victim])],
    ["volume removed", member, () => means.removeData(victim)],
    [
      "cut off from members",
      `${member}, ${whom}, for ${seconds} s`,
      () => cutOff(reached, [victim], { deaf }, () => pause(seconds).then(() => undefined)),
    ],
    [
      "cut off from members and proxies",
      `${member}, ${whom}, for ${seconds} s`,
      async () =>
        cutOff(reached, [victim], { deaf, withOthers: await proxyPeers(reached) }, () =>
          pause(seconds).then(() => undefined),
        ),
    ],
    [
      "two members cut off from each other",
      `${member}, and mysql-${another}, for ${seconds} s`,
      async () =>
        whileCut(await peersOf(reached, [victim]), await peersOf(reached, [another]), "both ways", () =>
          pause(seconds).then(() => undefined),
        ),
    ],
    ["a proxy killed", "one of two", () => aProxyKilled(reached)],
    [
      "mysql switchover",
      "to another",
      async () => {
        const to = random.oneOf(othersThan(reached, primary));
        succeeded(await place.ops("mysql switchover", `mysql-${to}`));
      },
    ],
    ["all removed at once", "all", () => means.remove(group.all)],
  ];
  const [kind, words, happens] = random.oneOf(faults);
  return { kind, words, happens };
}

async function hangs({ serverOf }: ReachedGroup, member: number, seconds: number): Promise<void> {
  const server = await serverOf(member);
  process.kill(server, "SIGSTOP");
  try {
    await pause(seconds);
  } finally {
    // It may have been killed meanwhile, for it hung.
    try {
      process.kill(server, "SIGCONT");
    } catch {
      // It was.
    }
  }
}

async function aProxyKilled(reached: ReachedGroup): Promise<void> {
  const [one] = await allProxies(reached);
  if (one) {
    await proxyKilled(reached, ...one);
  }
}

/** What the rounds of each kind were like, a line a kind. */
export function roundLines(rounds: readonly (Survived & { kind: string })[]): string[] {
  const kinds = [...new Set(rounds.map(({ kind }) => kind))].sort();
  return kinds.map((kind) => {
    const own = rounds.filter((round) => round.kind === kind);
    const of = (values: number[]) => `${median(values).toFixed(1)} s (${Math.max(...values).toFixed(1)} s)`;
    const acknowledged = own.reduce((sum, round) => sum + round.acknowledged.length, 0);
    return `| ${kind} | ${own.length} | ${of(own.map(({ seconds }) => seconds))} | ${of(own.map(({ gap }) => gap))} | ${acknowledged} | 0 |`;
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
