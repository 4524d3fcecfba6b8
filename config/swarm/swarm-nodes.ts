import { isIP } from "node:net";
import { appsWithData } from "../apps";
import { quorumOf, quorumWords, tolerated } from "./quorum";
import type { ParsedStack, SwarmConfig, SwarmNodeConfig, SwarmStackConfig } from "../schema";

/** Where an engine of this machine listens unless somebody has told it otherwise. */
export const defaultDockerHost = "unix:///var/run/docker.sock";

/** Label that carries the name which a node has in the configuration, also while its engine does not answer. */
export const nameLabel = "ghost-platform.node";

type ParsedSwarm = NonNullable<ParsedStack["swarm"]>;

/** Fills in what the nodes of a swarm say: the engine to deploy to, and whether there is one node only. */
export function completedSwarm(swarm: ParsedSwarm): SwarmConfig {
  const nodes = Object.values(swarm.nodes ?? {});
  const manager = nodes.find(({ role }) => role === "manager");
  return {
    ...swarm,
    host: swarm.host ?? manager?.host ?? defaultDockerHost,
    singleNode: swarm.singleNode ?? nodes.length <= 1,
  };
}

/** Address at which other nodes reach a node; undefined where neither `address` nor `host` names one. */
export function nodeAddress({ address, host }: SwarmNodeConfig): string | undefined {
  return address ?? (new URL(host).hostname || undefined);
}

/** More than 7 managers make every change slower and no swarm safer, says Docker's own guide. */
const mostManagers = 7;

/** What is wrong with the machines of a swarm. */
export function nodeMistakes({ autolock, nodes, toleratedFailures }: ParsedSwarm): string[] {
  if (!nodes) {
    return [
      ...(autolock === undefined ? [] : ["swarm.autolock: needs swarm.nodes, which say whose managers are locked"]),
      ...(toleratedFailures === undefined
        ? []
        : ["swarm.toleratedFailures: needs swarm.nodes, which say who may fail"]),
    ];
  }
  const mistakes: string[] = [];
  const entries = Object.entries(nodes);
  const managers = entries.filter(([, { role }]) => role === "manager").length;
  const wanted = toleratedFailures ?? (entries.length >= 3 ? 1 : 0);
  if (managers === 0) {
    mistakes.push("swarm.nodes: must have a manager. Give one, three or five of them role manager");
  } else if (managers > mostManagers) {
    mistakes.push(
      `swarm.nodes: must have at most ${mostManagers} managers (got ${managers}). Every change waits for more than half of them; give the others role worker`,
    );
  } else if (managers % 2 === 0) {
    mistakes.push(
      `swarm.nodes: must have an odd number of managers. ${quorumWords(managers)}; ${quorumWords(managers - 1)}: the even one only adds a machine that can fail. Make it ${managers - 1} or ${managers + 1}`,
    );
  } else if (tolerated(managers) < wanted) {
    const needed = 2 * wanted + 1;
    mistakes.push(
      `swarm.nodes: too few managers to lose ${wanted}. ${quorumWords(managers)}; ${quorumWords(needed)}. Give ${needed} nodes role manager, or set swarm.toleratedFailures to ${tolerated(managers)}: while ${quorumOf(managers)} of ${managers} do not answer, nothing can be deployed, moved or restarted elsewhere`,
    );
  }
  for (const [name, node] of entries) {
    const address = nodeAddress(node);
    if (address === undefined) {
      mistakes.push(
        `swarm.nodes.${name}.address: missing. ${node.host} names no machine that the other nodes could reach`,
      );
    } else if (isIP(address.replace(/^\[(.*)\]$/, "$1")) === 0) {
      mistakes.push(
        `swarm.nodes.${name}.address: must be an IP address, because nodes of a swarm know each other by no names. Give the one that ${address} has for the other nodes`,
      );
    }
  }
  return [...mistakes, ...shared(entries, "host", ({ host }) => host), ...shared(entries, "address", nodeAddress)];
}

/** Two names for the same machine. */
function shared(
  entries: readonly [string, SwarmNodeConfig][],
  key: string,
  valueOf: (node: SwarmNodeConfig) => string | undefined,
): string[] {
  const seen = new Map<string, string>();
  return entries.flatMap(([name, node]) => {
    const value = valueOf(node);
    const other = value === undefined ? undefined : seen.get(value);
    if (value !== undefined && other === undefined) {
      seen.set(value, name);
    }
    return other === undefined
      ? []
      : [`swarm.nodes.${name}.${key}: ${value ?? ""} is also that of swarm.nodes.${other}. Give each machine one name`];
  });
}

/** The engines that may run a task of a stack, and so need its images. */
export function imageHosts(config: SwarmStackConfig): string[] {
  const { swarm } = config;
  const names = new Set([
    ...appsWithData(config).flatMap(([, { placement }]) => nodesFor(swarm, placement)),
    // Each machine tells its own figures.
    ...(config.monitoring ? nodesFor(swarm, []) : []),
  ]);
  const hosts = Object.entries(swarm.nodes ?? {}).flatMap(([name, { host }]) => (names.has(name) ? [host] : []));
  return hosts.length > 0 ? hosts : [swarm.host];
}

/**
 * The nodes of the configuration that may run an app's tasks.
 *
 * @param placement the app's own constraints; absent: the stack's
 */
export function nodesFor(swarm: Pick<SwarmConfig, "nodes" | "placement">, placement = swarm.placement): string[] {
  return Object.entries(swarm.nodes ?? {})
    .filter(([, { availability }]) => availability === "active")
    .filter(([name, node]) => placement.every((constraint) => suits(name, node, constraint)))
    .map(([name]) => name);
}

/** Whether a node may meet a constraint, as far as the configuration tells. */
function suits(name: string, { labels, role }: SwarmNodeConfig, constraint: string): boolean {
  const [, key = "", operator, value = ""] = /^(\S+?)\s*(==|!=)\s*(\S+)$/.exec(constraint) ?? [];
  const known: Record<string, string | undefined> = {
    "node.role": role,
    [`node.labels.${nameLabel}`]: name,
    ...Object.fromEntries(Object.entries(labels).map(([label, content]) => [`node.labels.${label}`, content])),
  };
  if (!key.startsWith("node.labels.") && !(key in known)) {
    return true;
  }
  return (known[key] === value) === (operator === "==");
}
