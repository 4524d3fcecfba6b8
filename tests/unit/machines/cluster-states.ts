import { inactive, type ClusterFacts, type EngineFacts, type Member } from "../../../machines/facts";
import { wantedLabels } from "../../../machines/labels";
import type { WantedCluster } from "../../../machines/state";
import type { SwarmNodeConfig } from "../../../config/schema";

/** The stack whose machines they are. */
export const stack = "press";

/** Machines of a configuration, in a line: `m1:manager w1:worker:drain`. */
export function machines(text: string): WantedCluster["nodes"] {
  return Object.fromEntries(
    text.split(" ").map((entry, index): [string, SwarmNodeConfig] => {
      const [name = "", role, availability = "active"] = entry.split(":");
      return [
        name,
        {
          host: `tcp://${name}:2375`,
          address: `10.0.0.${index + 1}`,
          role: role as SwarmNodeConfig["role"],
          availability: availability as SwarmNodeConfig["availability"],
          labels: {},
        },
      ];
    }),
  );
}

export const away: EngineFacts = { ...inactive, state: "unreachable", trouble: "timed out" };
export const locked: EngineFacts = { ...inactive, state: "locked" };

/** A member that carries its name, and the engine that belongs to it. */
export function joined(name: string, role: Member["role"], up = true): { member: Member; engine: EngineFacts } {
  const isManager = role === "manager";
  return {
    member: {
      id: `id-${name}`,
      hostname: `host-${name}`,
      role,
      availability: "active",
      labels: wantedLabels(stack, name, { labels: {} }),
      up,
      ...(isManager ? { manager: { reachable: up, leader: false, address: `${name}:2377` } } : {}),
    },
    engine: up
      ? {
          state: "active",
          trouble: "",
          nodeId: `id-${name}`,
          isManager,
          clusterId: isManager ? "swarm1" : "",
          managers: ["id-m1"],
        }
      : away,
  };
}

/** A swarm of members, in a line: `m1:manager m2:manager:away w1:worker`; machines that are not named are in no swarm. */
export function swarm(nodes: WantedCluster["nodes"], text: string): ClusterFacts {
  const entries = text.split(" ").map((entry) => {
    const [name = "", role, state] = entry.split(":");
    return { name, ...joined(name, role as Member["role"], state !== "away") };
  });
  const engines = Object.fromEntries(Object.keys(nodes).map((name) => [name, inactive]));
  entries.filter(({ name }) => name in nodes).forEach(({ engine, name }) => (engines[name] = engine));
  return {
    engines,
    swarm: { id: "swarm1", autolock: false, members: entries.map(({ member }) => member) },
    unlockKey: false,
  };
}
