import { secretsOfOthers } from "../../config/kubernetes/secrets-of-others";
import { refuseForeign, reference } from "../../platforms/kubernetes/ownership";
import type { VolumeToFill } from "../restore/fill";
import type { VolumePart } from "../format/manifest";
import type { Placing, RestorePlan } from "../platform";
import type { Backup } from "../store/stack-folder";
import { clusterPlace, type ClusterPlace, type KubernetesJob } from "./place";
import { claimUses, workingPod, type ClaimUse } from "./program";
import { refuseUnfit } from "./restore-checks";
import { removeWorkers, startWorker, waitCommand, type Worker } from "./worker";

/**
 * A restore into a namespace in which nothing of the stack is: it makes the claims that the stack will mount, as the stack's program declares them, and
 * fills them by pods that mount them as its own would. The stack itself is deployed afterwards, by `npm start`.
 *
 * @throws UserError with all that forbids it
 */
export async function planOnKubernetes(job: KubernetesJob, backup: Backup, placing: Placing): Promise<RestorePlan> {
  const { stack } = job;
  const place = await clusterPlace(job);
  const uses = await claimUses(job);
  const saved = backup.parts.filter((part): part is VolumePart => "volume" in part);
  const standing = await refuseUnfit(place, backup, saved, uses, placing, secretsOfOthers(job.config));
  const workers = new Workers(place);
  const volumes = saved.flatMap((part) => {
    const use = uses.get(part.volume.name);
    const found = standing.claims.get(part.volume.name) ?? { is: "absent" as const };
    return use ? [claimToFill(place, part, use, found, workers)] : [];
  });
  return {
    volumes,
    remarks: [`  then, by npm start, the stack itself in namespace ${place.cluster.namespace}`],
    run: standing.run,
    complete(_run, _deployment, asOf) {
      return Promise.resolve([
        `The data of stack ${stack} are those of ${asOf}. Now deploy it on them:`,
        `  npm start -- --stack ${stack}${job.context === undefined ? "" : ` --context ${job.context}`}`,
      ]);
    },
    forgetRun: () => Promise.resolve(),
    close: () => workers.close(),
  };
}

/** The pods in which programs work on claims: one a claim, from its first work on until all is done. */
class Workers {
  private readonly started = new Map<string, Worker>();

  constructor(private readonly place: ClusterPlace) {}

  async on(claim: string, use: ClaimUse): Promise<Worker> {
    const there = this.started.get(claim);
    if (there) {
      return there;
    }
    const data = { persistentVolumeClaim: { claimName: claim } };
    const worker = await startWorker(this.place, "restore", workingPod(use, data, waitCommand));
    this.started.set(claim, worker);
    return worker;
  }

  async close(): Promise<void> {
    await removeWorkers(this.place, [...this.started.values()]);
    this.started.clear();
  }
}

function claimToFill(
  place: ClusterPlace,
  part: VolumePart,
  use: ClaimUse,
  found: VolumeToFill["found"],
  workers: Workers,
): VolumeToFill {
  const { cluster, owner } = place;
  const { name } = part.volume;
  return {
    // What is going to read it is the image of the stack file, and not that of then.
    part: { ...part, image: use.own.container.image, target: use.own.target },
    where: `in namespace ${cluster.namespace}`,
    found,
    async make() {
      await refuseForeign(cluster, owner, use.manifests.map(reference));
      await cluster.send(["apply", "--server-side"], use.manifests);
    },
    // Whose pods had it was seen before anything began, and what an earlier run had left is gone.
    unused: () => Promise.resolve(),
    async run(work) {
      await (await workers.on(name, use)).run(work);
    },
  };
}
