import { table } from "../terminal/table";
import { quorumWords } from "../config/swarm/quorum";
import { nodeAddress } from "../config/swarm/swarm-nodes";
import { nameLabel } from "../config/swarm/swarm-nodes";
import { type Plan, type Step } from "./plan";
import { hasQuorum, managersIn, memberNamed, type WantedCluster } from "./state";
import type { ClusterFacts } from "./facts";

/** A step for a person, as an order. */
export function stepWords(step: Step, { nodes }: WantedCluster): string {
  const at = (name: string) => {
    const node = nodes[name];
    return `${name} (${(node && nodeAddress(node)) ?? "no address"})`;
  };
  switch (step.do) {
    case "unlock":
      return `Unlock ${step.node}`;
    case "init":
      return `Make a swarm on ${at(step.node)}`;
    case "leave":
      return `Take ${at(step.node)} out of a swarm that does not know it`;
    case "join":
      return `Join ${at(step.node)} as ${step.role}`;
    case "forget":
      return `Forget ${step.node} as it was (id ${step.id})`;
    case "promote":
      return `Promote ${step.node} to manager`;
    case "demote":
      return `Demote ${step.node} to worker`;
    case "label": {
      const { remove, set } = step.change;
      const shown = [
        ...Object.entries(set)
          .filter(([key]) => !key.startsWith("ghost-platform."))
          .map(([key, value]) => `${key}=${value}`),
        ...remove.filter((key) => !key.startsWith("ghost-platform.")).map((key) => `no ${key}`),
      ];
      return `Label ${step.node}: ${[...(set[nameLabel] === undefined ? [] : ["its name"]), ...shown].join(", ") || "what is the configuration's"}`;
    }
    case "availability":
      return `Set ${step.node} to ${step.availability}`;
    case "autolock":
      return step.on ? "Lock the managers: a restart needs the key" : "Lock the managers no longer";
    case "keep-key":
      return "Keep the key that unlocks the managers on this machine";
  }
}

/** A plan for a person. */
export function planLines({ notices, steps }: Plan, wanted: WantedCluster): string[] {
  return [
    ...(steps.length === 0 ? ["The swarm is as the configuration wants it. Nothing to do."] : ["To do:"]),
    ...steps.map((step, index) => `  ${index + 1}. ${stepWords(step, wanted)}`),
    ...(notices.length === 0 ? [] : ["", "Note:", ...notices.map((notice) => `  ${notice}`)]),
  ];
}

/** A machine of the configuration, as the swarm has it. An entry of `status --json`. */
export interface NodeReport {
  node: string;
  host: string;
  wanted: "manager" | "worker";
  /** The engine's own word; `unreachable` where it does not answer. */
  engine: string;
  hostname?: string | undefined;
  role?: string | undefined;
  /** `ready`, or `down` when the managers have not heard of it lately. */
  state?: string | undefined;
  availability?: string | undefined;
  /** Of a manager: `leader`, `reachable` or `unreachable`. */
  manager?: string | undefined;
  labels: Record<string, string>;
}

/** The swarm against the configuration. The shape of `status --json`. */
export interface ClusterReport {
  swarm?: string | undefined;
  /** In words. */
  quorum?: string | undefined;
  hasQuorum: boolean;
  autolock?: boolean | undefined;
  nodes: NodeReport[];
  /** What `up` would do, refuse, or note. */
  plan: { steps: string[]; refusals: string[]; notices: string[] };
  /** Whether the swarm is as the configuration wants it, and every machine answers. */
  well: boolean;
}

export function clusterReport(facts: ClusterFacts, wanted: WantedCluster, planned: Plan): ClusterReport {
  const { swarm } = facts;
  const members = swarm?.members ?? [];
  const nodes = Object.entries(wanted.nodes).map(([node, { host, role }]): NodeReport => {
    const engine = facts.engines[node];
    const member = memberNamed(node, engine, members);
    return {
      node,
      host,
      wanted: role,
      engine: engine?.state ?? "unreachable",
      hostname: member?.hostname,
      role: member?.role,
      state: member && (member.up ? "ready" : "down"),
      availability: member?.availability,
      manager:
        member?.manager && (member.manager.leader ? "leader" : member.manager.reachable ? "reachable" : "unreachable"),
      labels: Object.fromEntries(
        Object.entries(member?.labels ?? {}).filter(([key]) => !key.startsWith("ghost-platform.")),
      ),
    };
  });
  const { all, reachable } = managersIn(members);
  const quorum = swarm !== undefined && hasQuorum(members);
  return {
    swarm: swarm?.id,
    quorum: swarm && `${quorumWords(all)}; ${reachable} answer${reachable === 1 ? "s" : ""}`,
    hasQuorum: quorum,
    autolock: swarm?.autolock,
    nodes,
    plan: {
      steps: planned.steps.map((step) => stepWords(step, wanted)),
      refusals: planned.refusals,
      notices: planned.notices,
    },
    well: quorum && planned.steps.length + planned.refusals.length + planned.notices.length === 0,
  };
}

/** A report for a person. */
export function statusLines({ autolock, nodes, plan, quorum, well }: ClusterReport): string[] {
  return [
    ...table(
      ["NODE", "HOST", "WANTED", "ENGINE", "ROLE", "STATE", "AVAILABILITY", "MANAGER", "LABELS"].map((title) => ({
        title,
      })),
      nodes.map(({ availability, engine, host, labels, manager, node, role, state, wanted }) => [
        node,
        host,
        wanted,
        engine,
        role ?? "",
        state ?? "",
        availability ?? "",
        manager ?? "",
        Object.entries(labels)
          .map(([key, value]) => `${key}=${value}`)
          .join(","),
      ]),
    ),
    "",
    ...(quorum === undefined ? [] : [`${quorum}.${autolock ? " A manager that restarts must be unlocked." : ""}`]),
    ...(well
      ? ["All is well."]
      : [
          "Not all is well:",
          ...[...plan.refusals, ...plan.notices, ...plan.steps.map((step) => `to do: ${step}`)].map(
            (line) => `  ${line}`,
          ),
        ]),
  ];
}
