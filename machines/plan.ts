import { inactive, type ClusterFacts, type EngineFacts, type Member } from "./facts";
import { nameLabel } from "../config/swarm/swarm-nodes";
import { labelChange, wantedLabels, type LabelChange } from "./labels";
import { noticesOf, refusalsOf, stuckDemotions } from "./refusals";
import { hasQuorum, isLost, isOutdated, memberNamed, stateOf, type State, type WantedCluster } from "./state";

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
