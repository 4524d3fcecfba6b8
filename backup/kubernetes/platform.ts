import { UserError } from "../../errors";
import type { BackupPlatform } from "../platform";
import { clusterPlace, namespaceState, type KubernetesJob } from "./place";
import { claimUses, workingPod } from "./program";
import { noteOnCluster } from "./record";
import { planOnKubernetes } from "./restore";
import { clusterSite } from "./site";
import { claimSources } from "./sources";
import { removeLeftovers, waitCommand, withWorker } from "./worker";

/** Backups of a stack on Kubernetes. */
export function kubernetesPlatform(job: KubernetesJob): BackupPlatform {
  return {
    name: "kubernetes",
    sources: async () => claimSources(await clusterPlace(job)),
    async trialPlace() {
      const place = await clusterPlace(job);
      if ((await namespaceState(place)) !== "active") {
        throw new UserError(
          `there is no namespace ${place.cluster.namespace} in which a server could run for a moment; the databases are loaded by a restore`,
        );
      }
      await removeLeftovers(place);
      const uses = await claimUses(job);
      return async (part, work) => {
        const use = uses.get(part.volume.name);
        if (!use) {
          throw new UserError(
            `No pod of the stack file as it is here mounts claim ${part.volume.name}, so how its server runs is not known. Take the stack file with which it was saved`,
          );
        }
        const { size } = part.volume.options;
        const data = { emptyDir: size === undefined ? {} : { sizeLimit: size } };
        const pod = workingPod(use, data, waitCommand, { image: part.image });
        await withWorker(place, "verify", pod, (run) => run(work));
      };
    },
    note: async (noted) => noteOnCluster(await clusterPlace(job), noted),
    site: async (name) => clusterSite(await clusterPlace(job), name),
    planRestore: (backup, _key, placing) => planOnKubernetes(job, backup, placing),
  };
}
