import { swarmStackName } from "../../platforms/swarm/stack";
import type { BackupPlatform } from "../platform";
import { containersOf } from "./containers";
import { backupPlace, nodeOf, type SwarmJob } from "./place";
import { planOnSwarm } from "./restore";
import { volumeSources } from "./sources";
import { stateSources } from "./state";

/** Backups of a stack on Docker Swarm. */
export function swarmPlatform(job: SwarmJob): BackupPlatform {
  const { cluster, config, stack } = job;
  return {
    name: "swarm",
    async sources({ dataOnly, outage }) {
      const place = await backupPlace(config, cluster);
      const volumes = await volumeSources(place, swarmStackName(stack));
      return [...volumes, ...(dataOnly ? [] : await stateSources(job, place, outage))];
    },
    async trialPlace() {
      const { engine: manager, nodes } = await backupPlace(config, cluster);
      // On the node that it is from, which has its image.
      return (part, work) => {
        const { engine } = nodeOf(nodes, part.node) ?? nodes[0] ?? { engine: manager };
        return containersOf(engine, part, part.target)(work);
      };
    },
    planRestore: (backup, key, placing) => planOnSwarm(job, backup, key, placing),
  };
}
