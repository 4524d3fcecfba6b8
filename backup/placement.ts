import type { SwarmNodeConfig } from "../config/schema";
import { nameLabel } from "../config/swarm-nodes";
import type { Part, VolumeInfo } from "./manifest";

/** Which machine of the configuration takes the place of one in a backup, by the name of that one. */
export type Placement = Readonly<Record<string, string>>;

/** The machine that takes what was on one in the backup. */
export function placedOn(place: Placement, node: string): string {
  return place[node] ?? node;
}

/**
 * The machine that takes the swarm's state: the one that is named; else the one it is from, or what takes its place; and where the configuration
 * does not know that one, its first manager.
 */
export function restoreTarget(
  from: string,
  { place, to }: { place: Placement; to?: string | undefined },
  nodes: Readonly<Record<string, Pick<SwarmNodeConfig, "role">>>,
): string {
  const own = placedOn(place, from);
  const [manager] = Object.keys(nodes).filter((name) => nodes[name]?.role === "manager");
  return to ?? (own in nodes ? own : (manager ?? own));
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
