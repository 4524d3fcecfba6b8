import * as pulumi from "@pulumi/pulumi";
import type { Topology } from "./server-options";

/** Classes of the components for each topology. */
const classes = {
  single: "MySql",
  replicated: "ReplicatedMySql",
  group: "GroupMySql",
} as const satisfies Record<Topology, string>;

type Platform = "kubernetes" | "swarm";

/** Type of the component for a topology. */
export function topologyType(platform: Platform, topology: Topology): string {
  return `ghost-platform:${platform}:${classes[topology]}`;
}

/**
 * Aliases by which a component takes over what one of another topology had: passwords, data, and the objects of the same name, which are not deleted as those of
 * a component that has gone.
 *
 * @param own topology of the component. Absent: it is none of these
 */
export function otherTopologies(platform: Platform, own?: Topology): pulumi.Alias[] {
  const others = (Object.keys(classes) as Topology[]).filter((topology) => topology !== own);
  return others.map((topology) => ({ type: topologyType(platform, topology) }));
}

/** Options of a component of one topology: it takes over what one of another had. */
export function topologyOptions(
  platform: Platform,
  topology: Topology,
  opts: pulumi.ComponentResourceOptions | undefined,
): pulumi.ComponentResourceOptions {
  return pulumi.mergeOptions(opts, { aliases: otherTopologies(platform, topology) });
}
