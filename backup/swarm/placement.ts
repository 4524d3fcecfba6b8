import type { SwarmNodeConfig } from "../../config/schema";
import { nameLabel, nodeAddress } from "../../config/swarm/swarm-nodes";
import type { Part, VolumeInfo } from "../format/manifest";

/** Which machine of the configuration takes the place of one in a backup, by the name of that one. */
export type Placement = Readonly<Record<string, string>>;

/** The machine that takes what was on one in the backup. */
export function placedOn(place: Placement, node: string): string {
  return place[node] ?? node;
}

/**
 * The machine that takes the swarm's state: the one that is named; else the manager at whose address the state believes to be; else the one it
 * is from, or what takes its place; and where that is no manager here, the first one.
 */
export function restoreTarget(
  { address, node }: { node: string; address?: string | undefined },
  { place, to }: { place: Placement; to?: string | undefined },
  nodes: Readonly<Record<string, SwarmNodeConfig>>,
): string {
  const managers = Object.keys(nodes).filter((name) => nodes[name]?.role === "manager");
  const isThere = (name: string) => address !== undefined && nodes[name] && nodeAddress(nodes[name]) === address;
  const own = placedOn(place, node);
  return to ?? managers.find(isThere) ?? (managers.includes(own) ? own : (managers[0] ?? own));
}

/**
 * Why no other machine could join a swarm that is made of a state: its manager goes on telling all others the address at which the state knows it,
 * whatever `docker swarm init --force-new-cluster --advertise-addr` says.
 *
 * @param address where the state knows its manager; undefined where that is not known
 */
export function addressMistakes(
  address: string | undefined,
  target: string,
  nodes: Readonly<Record<string, SwarmNodeConfig>>,
): string[] {
  const node = nodes[target];
  const here = node && nodeAddress(node);
  return address === undefined || here === undefined || here === address || Object.keys(nodes).length === 1
    ? []
    : [
        `${target}: the swarm's state knows its manager at ${address}, which an engine at ${here} goes on telling the others, so none could join. Restore it on a machine with that address (--to), or name ${target} alone under swarm.nodes`,
      ];
}

/** What is wrong with a placement, whatever the machines are like. */
export function unplaceable(parts: readonly Part[], place: Placement): string[] {
  const known = new Set(parts.flatMap((part) => ("node" in part ? [part.node] : [])));
  const unknown = Object.keys(place).filter((node) => !known.has(node));
  const mistakes = unknown.map(
    (node) =>
      `--place ${node}=${place[node] ?? ""}: the backup has nothing of ${node}, only of ${[...known].join(", ")}`,
  );
  const takenBy = new Map<string, string>();
  for (const part of parts) {
    if (!("volume" in part)) {
      continue;
    }
    const node = placedOn(place, part.node);
    const volume = `${part.volume.name} on ${node}`;
    const other = takenBy.get(volume);
    takenBy.set(volume, part.node);
    if (other !== undefined) {
      mistakes.push(
        `${node}: it would take volume ${part.volume.name} of ${other} and of ${part.node}, which are two. Give them two machines (--place)`,
      );
    }
  }
  return mistakes;
}

/** The constraints that pin a service to a machine, by its name in the configuration, where that names no such machine. */
export function pinsToOthers(constraints: readonly string[], nodes: readonly string[]): string[] {
  return constraints.filter((constraint) => {
    const [, key, name] = /^node\.labels\.(\S+?)\s*==\s*(\S+)$/.exec(constraint) ?? [];
    return key === nameLabel && name !== undefined && !nodes.includes(name);
  });
}

/**
 * The value of `docker run --mount` for a volume of the same driver and options that has no name, and so goes with its container. Nothing is copied
 * into it.
 */
export function mountWithoutName({ driver, options }: Pick<VolumeInfo, "driver" | "options">, target: string): string {
  const given = Object.entries(options).map(([key, value]) => `volume-opt=${key}=${value}`);
  // Fields as in CSV: options have commas.
  return ["type=volume", `target=${target}`, "volume-nocopy", `volume-driver=${driver}`, ...given]
    .map((field) => `"${field.replaceAll('"', '""')}"`)
    .join(",");
}
