import { quorumOf } from "../config/swarm/quorum";
import type { SwarmNodeConfig } from "../config/schema";
import { type ClusterFacts, type EngineFacts, type Member } from "./facts";
import { nameLabel } from "../config/swarm/swarm-nodes";

/** What the configuration wants of the swarm. */
export interface WantedCluster {
  /** Name of the stack whose configuration it is. */
  stack: string;
  /** Machines by name, in the order of the configuration; the first manager makes the swarm. */
  nodes: Readonly<Record<string, SwarmNodeConfig>>;
  /** Absent: left as it is. */
  autolock?: boolean | undefined;
}

/** How the swarm would look; a step leads from one to the next. */
export interface State {
  engines: Record<string, EngineFacts>;
  members: Member[] | undefined;
  autolock: boolean;
  unlockKey: boolean;
}

export function stateOf({ engines, swarm, unlockKey }: ClusterFacts): State {
  return { engines, members: swarm?.members, autolock: swarm?.autolock ?? false, unlockKey };
}

/** The member that a machine is: by its engine's own id, or by the label it got when its engine does not tell. */
export function memberNamed(
  name: string,
  engine: EngineFacts | undefined,
  members: readonly Member[],
): Member | undefined {
  if (engine && engine.state !== "unreachable" && engine.state !== "locked") {
    return members.find(({ id }) => id === engine.nodeId);
  }
  const named = members.filter(({ labels }) => labels[nameLabel] === name);
  return named.find(({ up }) => up) ?? named[0];
}

/** Managers, and those of them that answer. */
export function managersIn(members: readonly Member[]): { all: number; reachable: number } {
  const managers = members.filter(({ manager }) => manager);
  return { all: managers.length, reachable: managers.filter(({ manager }) => manager?.reachable).length };
}

/** Whether more than half of the managers answer. */
export function hasQuorum(members: readonly Member[]): boolean {
  const { all, reachable } = managersIn(members);
  return reachable >= quorumOf(all);
}

/** Whether an engine believes to be in a swarm, or on its way into one, as a node that the swarm does not know. */
export function isLost(engine: EngineFacts | undefined): boolean {
  return engine?.state === "active" || engine?.state === "pending" || engine?.state === "error";
}

/** Whether a swarm has no member that could be the locked manager of this name: it is one of the swarm as it was before a recovery, or another's. */
export function isForgotten(name: string, members: readonly Member[]): boolean {
  return members.length > 0 && members.every(({ labels }) => (labels[nameLabel] ?? name) !== name);
}

/** Whether an engine is a manager of the swarm as it was before a recovery, in which the one there is now takes no part. */
export function isOutdated(engine: EngineFacts | undefined, member: Member | undefined): boolean {
  return engine?.isManager === true && member !== undefined && !member.manager;
}

export function isUnheard(member: Member | undefined): boolean {
  return member !== undefined && (!member.up || member.manager?.reachable === false);
}
