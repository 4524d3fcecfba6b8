import { quorumWords } from "../config/swarm/quorum";
import { inactive, type ClusterFacts, type EngineFacts } from "./facts";
import { nameLabel } from "../config/swarm/swarm-nodes";
import { labelsOfOthers, wantedLabels } from "./labels";
import {
  hasQuorum,
  isForgotten,
  isLost,
  isOutdated,
  isUnheard,
  managersIn,
  memberNamed,
  type State,
  type WantedCluster,
} from "./state";

/** Everything that forbids any change, all at once. */
export function refusalsOf(
  { engines, split, swarm, unlockKey }: ClusterFacts,
  { nodes, stack }: WantedCluster,
): string[] {
  const names = Object.keys(nodes);
  const engine = (name: string) => engines[name] ?? inactive;
  const members = swarm?.members ?? [];
  const refusals: string[] = [];
  if (split) {
    refusals.push(
      `there are ${split.length} swarms with a leader each: ${split.map((names) => names.join(" and ")).join("; ")}. One of them is the swarm as it was before a recovery. Decide which one goes on, take the managers of the other out (docker --host … swarm leave --force), and run this again`,
    );
  }
  const lockedOut = names.filter((name) => engine(name).state === "locked" && isForgotten(name, members));
  for (const name of lockedOut) {
    refusals.push(
      `${name}: a locked manager that the swarm does not know, of the swarm as it was before a recovery or of another one. Unlocked, it could bring that one back to life. To give that one up: docker --host ${nodes[name]?.host ?? ""} swarm leave --force, then this again`,
    );
  }
  const locked = names.filter((name) => engine(name).state === "locked" && !lockedOut.includes(name));
  if (locked.length > 0 && !unlockKey) {
    refusals.push(
      `${locked.join(", ")}: locked, and this machine does not have the key. Hand it over with npm run cluster -- unlock, which asks for it`,
    );
  }
  for (const name of names.filter((candidate) => engine(candidate).state === "unreachable")) {
    if (!memberNamed(name, engine(name), members)) {
      refusals.push(
        `${name}: its Docker Engine at ${nodes[name]?.host ?? ""} does not answer (${engine(name).trouble}), so it cannot join`,
      );
    }
  }
  const inOne = names.filter((name) => isLost(engine(name)));
  if (!swarm) {
    // While some are locked, the rest may wait for them.
    if (inOne.length > 0 && locked.length === 0) {
      refusals.push(noQuorum(inOne, engine, nodes));
    }
    return refusals;
  }
  if (!hasQuorum(members)) {
    const { all, reachable } = managersIn(members);
    refusals.push(
      `the swarm has no quorum: ${quorumWords(all)}, and ${reachable} answer${reachable === 1 ? "s" : ""}. Start the engines of the others; or, when they are lost for good: npm run cluster -- recover`,
    );
  }
  const unknown = members.filter(
    ({ id, labels }) => !names.some((name) => engine(name).nodeId === id || labels[nameLabel] === name),
  );
  const ours = members.some(({ labels }) => nameLabel in labels);
  if (!ours && unknown.length > 0) {
    refusals.push(
      `${inOne.filter((name) => members.some(({ id }) => id === engine(name).nodeId)).join(", ")}: in a swarm with nodes that the configuration does not name (${unknown.map(({ hostname }) => hostname).join(", ")}). Name them in swarm.nodes, or take the engine out of that swarm (docker swarm leave --force)`,
    );
  }
  for (const [name, node] of Object.entries(nodes)) {
    const { id = "", labels = {} } = memberNamed(name, engine(name), members) ?? {};
    refusals.push(
      ...labelsOfOthers(stack, labels, wantedLabels(stack, name, node)).map(
        ({ key, list, present, stack: other, wanted: own }) =>
          `${name}: stack ${other} has set ${key}=${present} on this machine and places its services by it; here it is to be ${own}. ${key === nameLabel ? "Give the machine the same name" : "Give the label the same value, or another name"}; or, when that stack is gone: docker node update --label-rm ${list} ${id}`,
      ),
    );
  }
  for (const name of inOne) {
    const own = memberNamed(name, engine(name), members);
    if (engine(name).state === "active" && isOutdated(engine(name), own)) {
      refusals.push(
        `${name}: it is still a manager of the swarm as it was before a recovery, and that one has a quorum, too. Only one may go on. To give up the old one: docker --host ${nodes[name]?.host ?? ""} swarm leave --force, then this again`,
      );
    }
    const { clusterId, managers, nodeId } = engine(name);
    const member = members.some(({ id }) => id === nodeId);
    const forgotten = managers.some((id) => members.some((other) => other.id === id)) || nodeId === "";
    const otherSwarm = clusterId !== "" && clusterId !== swarm.id;
    if (!member && (otherSwarm || !forgotten)) {
      refusals.push(
        `${name}: its engine belongs to another swarm. Take it out there (docker --host ${nodes[name]?.host ?? ""} swarm leave --force, which ends its tasks), or name another machine`,
      );
    }
  }
  return refusals;
}

function noQuorum(
  inOne: readonly string[],
  engine: (name: string) => EngineFacts,
  nodes: WantedCluster["nodes"],
): string {
  const managers = Object.keys(nodes).filter((name) => nodes[name]?.role === "manager");
  const told = inOne.map(
    (name) => `${name}: ${engine(name).state}${engine(name).trouble ? ` (${engine(name).trouble})` : ""}`,
  );
  return `no manager knows the state of the swarm (${told.join("; ")}). ${quorumWords(managers.length)} when the configuration is all of it. Start the engines of the others; or, when they are lost for good: npm run cluster -- recover`;
}

/** Demotions that would leave too few managers that answer. */
export function stuckDemotions({ engines, members = [] }: State, { nodes }: WantedCluster): string[] {
  return Object.entries(nodes).flatMap(([name, { role }]) => {
    const member = memberNamed(name, engines[name], members);
    if (role !== "worker" || member?.role !== "manager") {
      return [];
    }
    const { all, reachable } = managersIn(members.filter((other) => other !== member));
    return [
      `${name}: demoting it would leave ${quorumWords(all)}, and ${reachable} would answer: the swarm would have no quorum. Start the engines of the managers that are away first`,
    ];
  });
}

/** Machines whose engines answer here, while the managers do not hear of them; right after a start, not yet. */
export function unheardOf(facts: ClusterFacts, { nodes }: WantedCluster): string[] {
  return Object.keys(nodes).filter((name) => {
    const engine = facts.engines[name];
    return engine?.state === "active" && isUnheard(memberNamed(name, engine, facts.swarm?.members ?? []));
  });
}

export function noticesOf({ engines, members = [] }: State, { nodes }: WantedCluster): string[] {
  const names = Object.keys(nodes);
  const notices = names.flatMap((name) => {
    const engine = engines[name];
    const member = memberNamed(name, engine, members);
    const waits =
      nodes[name]?.role === "manager" && member?.role === "worker" ? "; it is promoted once it is back" : "";
    if (engine?.state === "unreachable") {
      return [`${name}: its engine does not answer (${engine.trouble})${waits}`];
    }
    return isUnheard(member)
      ? [
          `${name}: its engine answers here, and the managers do not hear of it. Look at the network between them, and at its log`,
        ]
      : [];
  });
  const unnamed = members.filter(
    ({ id, labels }) => !names.some((name) => engines[name]?.nodeId === id || labels[nameLabel] === name),
  );
  return [
    ...notices,
    ...unnamed.map(
      ({ hostname, id, labels }) =>
        `${labels[nameLabel] ?? hostname}: in the swarm and not in the configuration. To take it out: npm run cluster -- remove ${labels[nameLabel] ?? hostname} (id ${id})`,
    ),
  ];
}
