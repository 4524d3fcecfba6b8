import { ownedBy } from "../../platforms/kubernetes/ownership";
import { existingClaimOf } from "../../platforms/kubernetes/storage/claim";
import type { Claim, Workload } from "./objects";
import type { ClusterPlace } from "./place";

/** What of a stack is there. */
export interface StackObjects {
  workloads: Workload[];
  /** Its own, and those of somebody else's on which its data is. */
  claims: Claim[];
}

/**
 * Reads what makes a stack's pods, and the claims that hold its data.
 *
 * @param named claims of somebody else's that the stack file names; those on which what runs has its data are found without
 */
export async function stackObjects(
  { cluster, owner }: ClusterPlace,
  named: readonly string[] = [],
): Promise<StackObjects> {
  const owned = await cluster.objects<Workload | Claim>([
    "deployments.apps,statefulsets.apps,persistentvolumeclaims",
    ...["--selector", ownedBy(owner)],
  ]);
  const workloads = owned.filter(
    (object): object is Workload => object.kind === "Deployment" || object.kind === "StatefulSet",
  );
  const claims = owned.filter((object): object is Claim => object.kind === "PersistentVolumeClaim");
  const wanted = [...named, ...workloads.flatMap((workload) => existingClaimOf(workload) ?? [])].filter(
    (name) => !claims.some(({ metadata }) => metadata.name === name),
  );
  const all = wanted.length > 0 ? await cluster.objects<Claim>(["persistentvolumeclaims"]) : [];
  return { workloads, claims: [...claims, ...all.filter(({ metadata }) => wanted.includes(metadata.name))] };
}
