import { swarmStackName } from "../../platforms/swarm/stack";
import type { BackupPlatform } from "../platform";
import { containersOf } from "./containers";
import { backupPlace, nodeOf, type SwarmJob } from "./place";
import { noteInSwarm } from "./record";
import { planOnSwarm } from "./restore";
import { swarmSite } from "./site";
import { volumeSources } from "./sources";
import { stateSources } from "./state";

/** Backups of a stack on Docker Swarm. */
export function swarmPlatform(job: SwarmJob): BackupPlatform {
  const { cluster, config, stack } = job;
  let asked: ReturnType<typeof backupPlace> | undefined;
  const place = () => (asked ??= backupPlace(config, cluster));
  return {
    name: "swarm",
    async sources({ dataOnly, outage }) {
      const volumes = await volumeSources(await place(), swarmStackName(stack));
      return [...volumes, ...(dataOnly ? [] : await stateSources(job, await place(), outage))];
    },
    async trialPlace() {
      const { engine: manager, nodes } = await place();
      // On the node that it is from, which has its image.
      return (part, work) => {
        const { engine } = nodeOf(nodes, part.node) ?? nodes[0] ?? { engine: manager };
        return containersOf(engine, part, part.target)(work);
      };
    },
    note: async (noted) => noteInSwarm(await place(), swarmStackName(stack), config, noted),
    site: async (name) => swarmSite(await place(), swarmStackName(stack), name, config),
    planRestore: (backup, key, placing) => planOnSwarm(job, backup, key, placing),
  };
}
