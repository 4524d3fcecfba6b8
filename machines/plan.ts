import { quorumOf, quorumWords } from "../config/quorum";
import type { SwarmNodeConfig } from "../config/schema";
import { inactive, type ClusterFacts, type EngineFacts, type Member } from "./facts";
import { nameLabel } from "../config/swarm-nodes";
import { labelChange, labelsOfOthers, wantedLabels, type LabelChange } from "./labels";

/** What the configuration wants of the swarm. */
export interface WantedCluster {
  /** Name of the stack whose configuration it is. */
  stack: string;
  /** Machines by name, in the order of the configuration; the first manager makes the swarm. */
  nodes: Readonly<Record<string, SwarmNodeConfig>>;
  /** Absent: left as it is. */
  autolock?: boolean | undefined;
}

/** One change of the swarm. */
export type Step =
  | { do: "unlock"; node: string }
  | { do: "init"; node: string }
  /** Takes an engine out of a swarm that has forgotten it, or that it never reached. */
  | { do: "leave"; node: string }
  | { do: "join"; node: string; role: Member["role"] }
  /** Forgets a member whose machine is no longer in the swarm. */
  | { do: "forget"; node: string; id: string }
  | { do: "promote"; node: string; id: string }
  | { do: "demote"; node: string; id: string }
  | { do: "label"; node: string; id: string; change: LabelChange }
  | { do: "availability"; node: string; id: string; availability: Member["availability"] }
  | { do: "autolock"; on: boolean }
  /** Writes the key that unlocks the managers to this machine. */
  | { do: "keep-key" };

/** What to do, in order; or why nothing may be done. */
export interface Plan {
  steps: Step[];
  /** Why the wish cannot be granted; nothing is done then. */
  refusals: string[];
  /** What a person should know, and what waits for a machine that is away. */
  notices: string[];
}

/** How the swarm would look; a step leads from one to the next. */
export interface State {
  engines: Record<string, EngineFacts>;
  members: Member[] | undefined;
  autolock: boolean;
  unlockKey: boolean;
}

/** A plan longer than that goes in circles. */
const mostSteps = 500;

/** Plans the way from what is to what should be, so that more than half of the managers answer after each step. */
export function plan(facts: ClusterFacts, wanted: WantedCluster): Plan {
  const refusals = refusalsOf(facts, wanted);
  if (refusals.length > 0) {
    return { steps: [], refusals, notices: [] };
  }
  const steps: Step[] = [];
  let state = stateOf(facts);
  for (let step = nextStep(state, wanted); step && steps.length < mostSteps; step = nextStep(state, wanted)) {
    steps.push(step);
    state = applied(state, step, wanted);
  }
  const stuck = stuckDemotions(state, wanted);
  return stuck.length > 0
    ? { steps: [], refusals: stuck, notices: [] }
    : { steps, refusals: [], notices: noticesOf(state, wanted) };
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

/** The next change towards what is wanted; undefined where there is none, or none that may be made. */
export function nextStep(state: State, { autolock, nodes, stack }: WantedCluster): Step | undefined {
  const { engines, members } = state;
  const names = Object.keys(nodes);
  const inState = (...states: EngineFacts["state"][]) =>
    names.find((name) => states.includes(engines[name]?.state ?? "unreachable"));
  const locked = inState("locked");
  if (locked) {
    return { do: "unlock", node: locked };
  }
  if (!members) {
    // Engines that are in a swarm wait for each other; a new swarm is made only where there is none.
    const first = inState("active", "pending", "error") ?? names.find((name) => nodes[name]?.role === "manager");
    return first === undefined || isLost(engines[first]) ? undefined : { do: "init", node: first };
  }
  const known = (name: string) => memberNamed(name, engines[name], members);
  // A step that is listed first makes those after it safer: forgotten members no longer count, and managers come before they go.
  const stale = members.find((member) => staleName(member, state, names) !== undefined);
  if (stale) {
    const node = staleName(stale, state, names) ?? "";
    return stale.manager ? { do: "demote", node, id: stale.id } : { do: "forget", node, id: stale.id };
  }
  const lost = names.find((name) => isLost(engines[name]) && (!known(name) || isOutdated(engines[name], known(name))));
  if (lost) {
    return { do: "leave", node: lost };
  }
  for (const role of ["manager", "worker"] as const) {
    const joining = names.find((name) => nodes[name]?.role === role && engines[name]?.state === "inactive");
    if (joining) {
      return { do: "join", node: joining, role };
    }
  }
  const present = names.flatMap((name) => {
    const [member, node] = [known(name), nodes[name]];
    return member && node ? [{ name, member, node }] : [];
  });
  const promoted = present.find(({ member, node }) => node.role === "manager" && member.role === "worker" && member.up);
  if (promoted) {
    return { do: "promote", node: promoted.name, id: promoted.member.id };
  }
  const demoted = present
    .filter(({ member, node }) => node.role === "worker" && member.role === "manager")
    .sort((left, right) => demotionOrder(left.member) - demotionOrder(right.member))
    .find(({ member }) => hasQuorum(members.filter((other) => other !== member)));
  if (demoted) {
    return { do: "demote", node: demoted.name, id: demoted.member.id };
  }
  for (const { member, name, node } of present) {
    const change = labelChange(stack, member.labels, wantedLabels(stack, name, node));
    if (change) {
      return { do: "label", node: name, id: member.id, change };
    }
  }
  // Nodes that take tasks come before those that give them away.
  const changing = present.filter(({ member, node }) => member.availability !== node.availability);
  const next = changing.find(({ node }) => node.availability === "active") ?? changing[0];
  if (next) {
    return { do: "availability", node: next.name, id: next.member.id, availability: next.node.availability };
  }
  if (autolock !== undefined && autolock !== state.autolock) {
    return { do: "autolock", on: autolock };
  }
  return state.autolock && !state.unlockKey ? { do: "keep-key" } : undefined;
}

/** Who goes first: a manager that is away costs nothing, and the leader would have to hand over. */
function demotionOrder({ manager }: Member): number {
  return manager?.leader ? 2 : manager?.reachable ? 1 : 0;
}

/** The name of the machine that this member was before its engine left the swarm; undefined for a member that is still there. */
function staleName({ id, labels, up }: Member, { engines }: State, names: readonly string[]): string | undefined {
  const name = names.find((candidate) => candidate === labels[nameLabel]);
  const engine = name === undefined ? undefined : engines[name];
  return name !== undefined && engine && engine.state !== "unreachable" && !up && engine.nodeId !== id
    ? name
    : undefined;
}

/** Whether an engine believes to be in a swarm, or on its way into one, as a node that the swarm does not know. */
function isLost(engine: EngineFacts | undefined): boolean {
  return engine?.state === "active" || engine?.state === "pending" || engine?.state === "error";
}

/** Whether a swarm has no member that could be the locked manager of this name: it is one of the swarm as it was before a recovery, or another's. */
function isForgotten(name: string, members: readonly Member[]): boolean {
  return members.length > 0 && members.every(({ labels }) => (labels[nameLabel] ?? name) !== name);
}

/** Whether an engine is a manager of the swarm as it was before a recovery, in which the one there is now takes no part. */
function isOutdated(engine: EngineFacts | undefined, member: Member | undefined): boolean {
  return engine?.isManager === true && member !== undefined && !member.manager;
}

/** How the swarm looks after a step. */
export function applied(state: State, step: Step, { nodes }: WantedCluster): State {
  const members = state.members ?? [];
  const changed = (id: string, change: (member: Member) => Member): State => ({
    ...state,
    members: members.map((member) => (member.id === id ? change(member) : member)),
  });
  const engineOf = (name: string, engine: Partial<EngineFacts>): State["engines"] => ({
    ...state.engines,
    [name]: { ...inactive, ...engine },
  });
  switch (step.do) {
    case "unlock": {
      const member = members.find(({ labels }) => labels[nameLabel] === step.node);
      const engine = { state: "active" as const, nodeId: member?.id ?? fresh(step.node), isManager: true };
      return { ...state, engines: engineOf(step.node, engine) };
    }
    case "init":
    case "join": {
      const role = step.do === "init" ? "manager" : step.role;
      const id = fresh(step.node);
      const engine = { state: "active" as const, nodeId: id, isManager: role === "manager" };
      return {
        ...state,
        engines: engineOf(step.node, engine),
        members: [...members, newMember(id, role, members.length === 0)],
      };
    }
    case "leave":
      return {
        ...state,
        engines: engineOf(step.node, {}),
        members: members.map((member) =>
          member.id === state.engines[step.node]?.nodeId ? { ...member, up: false } : member,
        ),
      };
    case "forget":
      return { ...state, members: members.filter(({ id }) => id !== step.id) };
    case "promote":
    case "demote": {
      const isManager = step.do === "promote";
      const engine = state.engines[step.node];
      const role = isManager ? ("manager" as const) : ("worker" as const);
      return {
        ...changed(step.id, (member) => ({ ...member, role, manager: isManager ? follower : undefined })),
        engines:
          engine?.nodeId === step.id ? { ...state.engines, [step.node]: { ...engine, isManager } } : state.engines,
      };
    }
    case "label":
      return changed(step.id, (member) => ({
        ...member,
        labels: Object.fromEntries(
          Object.entries({ ...member.labels, ...step.change.set }).filter(([key]) => !step.change.remove.includes(key)),
        ),
      }));
    case "availability":
      return changed(step.id, (member) => ({
        ...member,
        availability: nodes[step.node]?.availability ?? "active",
      }));
    case "autolock":
      return { ...state, autolock: step.on, unlockKey: step.on };
    case "keep-key":
      return { ...state, unlockKey: true };
  }
}

const follower = { reachable: true, leader: false, address: "" };
const fresh = (name: string) => `new ${name}`;

function newMember(id: string, role: Member["role"], leader: boolean): Member {
  const member: Member = { id, hostname: "", role, availability: "active", labels: {}, up: true };
  return role === "manager" ? { ...member, manager: { ...follower, leader } } : member;
}

/** Everything that forbids any change, all at once. */
function refusalsOf({ engines, split, swarm, unlockKey }: ClusterFacts, { nodes, stack }: WantedCluster): string[] {
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
function stuckDemotions({ engines, members = [] }: State, { nodes }: WantedCluster): string[] {
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

function isUnheard(member: Member | undefined): boolean {
  return member !== undefined && (!member.up || member.manager?.reachable === false);
}

/** Machines whose engines answer here, while the managers do not hear of them; right after a start, not yet. */
export function unheardOf(facts: ClusterFacts, { nodes }: WantedCluster): string[] {
  return Object.keys(nodes).filter((name) => {
    const engine = facts.engines[name];
    return engine?.state === "active" && isUnheard(memberNamed(name, engine, facts.swarm?.members ?? []));
  });
}

function noticesOf({ engines, members = [] }: State, { nodes }: WantedCluster): string[] {
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
