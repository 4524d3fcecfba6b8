import type { MySqlGroup } from "./mysql-group";
import { peerOf, type Peer } from "./network-cut";
import type { Place } from "./place";
import { until } from "./until";

/** A group whose members and proxies can be got at, on either platform: their processes run on this machine. */
export interface ReachedGroup {
  group: MySqlGroup;
  place: Place;
  /** Id of a member's server. */
  serverOf: (member: number) => Promise<number>;
  /** What a member's scripts and its server have said. */
  log: (member: number) => Promise<string>;
  /** The proxies that are well: the first process of each, by the id of its container. */
  proxies: () => Promise<Map<string, number>>;
}

/** How many proxies there are. */
const proxies = 2;

/** Waits until every proxy is well. */
export function allProxies(reached: ReachedGroup): Promise<Map<string, number>> {
  return until("both proxies to be well", 120, async () => {
    const found = await reached.proxies();
    return found.size === proxies && found;
  });
}

/** Members as they are on the network now. */
export function peersOf({ serverOf }: ReachedGroup, members: readonly number[]): Promise<Peer[]> {
  return Promise.all(members.map(async (member) => peerOf(await serverOf(member))));
}

/** The proxies as they are on the network now. */
export async function proxyPeers(reached: ReachedGroup): Promise<Peer[]> {
  return Promise.all([...(await allProxies(reached)).values()].map(peerOf));
}

/** Kills a proxy by its first process, and waits until another one is well in its place. */
export async function proxyKilled(reached: ReachedGroup, id: string, first: number): Promise<void> {
  process.kill(first, "SIGKILL");
  await until("another proxy", 120, async () => {
    const found = await reached.proxies();
    return found.size === proxies && !found.has(id);
  });
}

/** The other members of the group. */
export function othersThan({ group }: ReachedGroup, ...members: number[]): number[] {
  return group.all.filter((member) => !members.includes(member));
}

/** Waits until each of these members sees the same of them as the primary. */
export async function primaryAmong({ group }: ReachedGroup, members: readonly number[]): Promise<void> {
  await until(`a primary among ${members.map((member) => `mysql-${member}`).join(", ")}`, 120, async () => {
    const views = await Promise.all(members.map((member) => group.seenBy(member)));
    const named = views.map((seen) => seen.find(({ role, state }) => role === "PRIMARY" && state === "ONLINE")?.name);
    return new Set(named).size === 1 && members.some((member) => named[0] === `mysql-${member}`);
  });
}
