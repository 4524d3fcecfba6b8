import * as path from "node:path";
import { UserError, CommandError } from "../../errors";
import { isThere } from "../../files/files";
import { isAfterRollout } from "../../platforms/kubernetes/pods/after-rollout";
import { isBackupRecord } from "../../platforms/kubernetes/backup-record";
import { deploymentAfter } from "../../platforms/kubernetes/pods/image-pull";
import {
  accessKinds,
  clusterKinds,
  isKeptNamespace,
  namespacedKinds,
  ownedBy,
  ownedObjects,
  rareKinds,
  reference,
  refuseForeign,
  refuseGuests,
  resource,
  type LabelledObject,
  type ObjectReference,
} from "../../platforms/kubernetes/ownership";
import { namespaceLabel } from "../../platforms/kubernetes/labels";
import { operatorApi, operatorKinds } from "../../platforms/kubernetes/prometheus-operator";
import { servedApis } from "../../platforms/kubernetes/served-apis";
import { gatewayApi } from "../../platforms/kubernetes/network/http-route";
import { afterRolloutDirectory, manifestDirectory, type Manifest } from "../../render/kubernetes";
import { jobsBefore, runJobsBefore } from "../before/jobs";
import type { KubernetesCluster } from "../../engines/kubernetes-cluster";
import { refuseOtherPasswords } from "./other-passwords";
import type { Report } from "../../terminal/progress";

/** Kinds that not every cluster serves. */
const optionalKinds = [
  { apiVersion: gatewayApi, kind: "HTTPRoute", name: "" },
  ...operatorKinds.map((kind) => ({ apiVersion: operatorApi, kind, name: "" })),
];

/** Kinds that hold data or on which data hangs: deleted only when the person says so. */
const dataKinds = ["Namespace", "PersistentVolume", "PersistentVolumeClaim"];

/**
 * Applies rendered manifests, and deletes what the stack owns of an earlier program and has no more.
 *
 * @param owner the stack's mark; see `ownerOf`
 * @param directory where the stack was rendered to
 * @returns what is kept although the program has it no more, because it holds data
 * @throws UserError for a name that something else has; then nothing was changed
 */
export async function applyManifests(
  cluster: KubernetesCluster,
  owner: string,
  manifests: readonly Manifest[],
  directory: string,
  report: Report,
): Promise<ObjectReference[]> {
  await refuseForeign(cluster, owner, manifests.map(reference));
  await refuseOtherPasswords(cluster, manifests, directory);
  const jobs = await jobsBefore(cluster, manifests);
  if (jobs.length > 0) {
    await runJobsBefore(cluster, jobs, report);
  }
  report("kubectl apply --server-side");
  try {
    await cluster.kubectl(["apply", "--server-side", "--filename", path.join(directory, manifestDirectory)], {
      timeout: 180,
    });
  } catch (error) {
    const unchangeable =
      error instanceof CommandError &&
      /The StatefulSet "([^"]+)" is invalid: spec: Forbidden: updates to statefulset spec/.exec(error.output)?.[1];
    if (unchangeable) {
      throw new UserError(
        `StatefulSet ${unchangeable} cannot become what the stack wants, for example another topology, without being made anew. Delete it, which stops its pods and keeps their data, and run this again:\n  ${cluster.commandLine("delete statefulset", unchangeable)}`,
      );
    }
    if (error instanceof CommandError && /conflict/i.test(error.output)) {
      throw new UserError(
        `Somebody else has changed objects of this stack since. Put them back, or take them over with\n  ${cluster.commandLine("apply --server-side --force-conflicts --filename", path.join(directory, manifestDirectory))}\nkubectl said:\n${error.output}`,
      );
    }
    throw error;
  }
  const { kept, removed } = obsolete(await everything(cluster, owner), manifests);
  await deleteObjects(cluster, removed, report);
  return kept;
}

/** What a stack owns and its program has no more: what goes, and what stays because it holds data. */
export function obsolete(
  owned: readonly LabelledObject[],
  manifests: readonly Manifest[],
): { kept: ObjectReference[]; removed: ObjectReference[] } {
  const current = manifests.filter(({ metadata }) => deploymentAfter(metadata) === undefined).map(reference);
  const gone = owned
    .filter(
      (object) =>
        !current.some((other) => same(reference(object), other)) &&
        !isOfSet(object, manifests) &&
        !isBackupRecord(object),
    )
    .map(reference);
  return { kept: gone.filter(holdsData), removed: gone.filter((object) => !holdsData(object)) };
}

/** Whether a claim was made by a StatefulSet of the program for one of its members. */
function isOfSet({ kind, metadata }: LabelledObject, manifests: readonly Manifest[]): boolean {
  return (
    kind === "PersistentVolumeClaim" &&
    manifests.some((set) => {
      const { volumeClaimTemplates = [] } = (set["spec"] ?? {}) as {
        volumeClaimTemplates?: { metadata: { name: string } }[];
      };
      return (
        set.kind === "StatefulSet" &&
        volumeClaimTemplates.some((claim) => {
          const start = `${claim.metadata.name}-${set.metadata.name}-`;
          return metadata.name.startsWith(start) && /^[0-9]+$/.test(metadata.name.slice(start.length));
        })
      );
    })
  );
}

/**
 * What the stack owns, but for its namespace; of the whole cluster what is for that namespace, for somebody else may have a stack of the same name. Who may not list what belongs to the whole cluster, or routes, has made none of it: that is looked for
 * before it is made.
 */
async function everything(cluster: KubernetesCluster, owner: string): Promise<LabelledObject[]> {
  const served = await servedApis(cluster);
  const optional = optionalKinds.filter(({ apiVersion }) => served.includes(apiVersion));
  const ofCluster = clusterKinds.filter((kind) => kind !== "Namespace");
  return [
    ...(await unlessForbidden(() => ownedObjects(cluster, owner, rareKinds))),
    ...(await unlessForbidden(() => ownedObjects(cluster, owner, accessKinds))),
    ...(await ownedObjects(cluster, owner, namespacedKinds)),
    ...(await Promise.all(
      optional.map((kind) => unlessForbidden(() => ownedObjects(cluster, owner, [resource(kind)]))),
    ).then((lists) => lists.flat())),
    ...(await unlessForbidden(() => ownedObjects(cluster, owner, ofCluster))).filter(
      ({ metadata }) => metadata.labels?.[namespaceLabel] === cluster.namespace,
    ),
  ];
}

async function unlessForbidden(list: () => Promise<LabelledObject[]>): Promise<LabelledObject[]> {
  try {
    return await list();
  } catch (error) {
    if (error instanceof UserError && /\(Forbidden\)/.test(error.message)) {
      return [];
    }
    throw error;
  }
}

/** Applies what must not be there before everything is ready, if the stack has any. */
export async function applyAfterRollout(cluster: KubernetesCluster, directory: string): Promise<void> {
  const files = path.join(directory, afterRolloutDirectory);
  if (isThere(files)) {
    await cluster.kubectl(["apply", "--server-side", "--filename", files], { timeout: 60 });
  }
}

/**
 * Deletes what the stack owns, apart from what holds data or says that there is some, and waits until it has gone.
 *
 * @param owner the stack's mark
 */
export async function deleteOwned(cluster: KubernetesCluster, owner: string, report: Report): Promise<void> {
  // What says that there is data stays as long as the data does.
  const removed = (await everything(cluster, owner))
    .filter((object) => !isAfterRollout(object.metadata) && !isBackupRecord(object))
    .map(reference);
  await deleteObjects(
    cluster,
    removed.filter((object) => !holdsData(object)),
    report,
  );
  // A workload is gone before its pods are.
  await podsGone(cluster, owner);
}

/**
 * Refuses to delete a stack with its data where that would take something else along, or is somebody else's.
 *
 * @throws UserError that names it
 */
export async function refuseDataOfOthers(cluster: KubernetesCluster, owner: string): Promise<void> {
  await refuseForeign(cluster, owner, [namespaceOf(cluster)]);
  if (!(await isKeptNamespace(cluster, cluster.namespace))) {
    await refuseGuests(cluster, owner, cluster.namespace);
  }
}

/**
 * Deletes the stack's namespace with the claims in it, and the volumes made for it; waits until they have gone. A namespace that is kept for claims of
 * others stays, without what the stack owns.
 *
 * @returns whether the namespace is gone
 */
export async function deleteData(cluster: KubernetesCluster, owner: string, report: Report): Promise<boolean> {
  await refuseDataOfOthers(cluster, owner);
  if (await isKeptNamespace(cluster, cluster.namespace)) {
    const owned = (await everything(cluster, owner)).map(reference);
    await deleteObjects(cluster, owned.filter((object) => !isVolume(object)), report);
    await deleteObjects(cluster, owned.filter(isVolume), report);
    return false;
  }
  report(`namespace ${cluster.namespace}`);
  await cluster.kubectl(["delete", "namespace", cluster.namespace, "--ignore-not-found", "--timeout=300s"], {
    timeout: 320,
  });
  // Volumes on a directory or an NFS export; what is in them stays.
  report("volumes");
  await deleteObjects(cluster, (await everything(cluster, owner)).map(reference).filter(isVolume), () => undefined);
  return true;
}

/**
 * Deletes an object that the stack owns, unless it holds data. Deletes nothing where there is none.
 *
 * @throws UserError where it is somebody else's
 */
export async function deleteObject(cluster: KubernetesCluster, owner: string, object: ObjectReference): Promise<void> {
  if (!holdsData(object)) {
    await refuseForeign(cluster, owner, [object]);
    await deleteObjects(cluster, [object], () => undefined);
  }
}

function namespaceOf({ namespace }: KubernetesCluster): ObjectReference {
  return { apiVersion: "v1", kind: "Namespace", name: namespace };
}

function holdsData({ kind }: ObjectReference): boolean {
  return dataKinds.includes(kind);
}

function isVolume({ kind }: ObjectReference): boolean {
  return kind === "PersistentVolume";
}

async function deleteObjects(
  cluster: KubernetesCluster,
  objects: readonly ObjectReference[],
  report: Report,
): Promise<void> {
  if (objects.length === 0) {
    return;
  }
  report(objects.map(({ kind, name }) => `${kind} ${name}`).join(", "));
  const names = objects.map((object) => `${resource(object)}/${object.name}`);
  await cluster.kubectl(["delete", "--ignore-not-found", "--wait", "--timeout=180s", ...names], { timeout: 200 });
}

async function podsGone(cluster: KubernetesCluster, owner: string): Promise<void> {
  const pods = await cluster.lines(["get", "pods", "--selector", ownedBy(owner), "--output", "name"]);
  if (pods.length > 0) {
    await cluster.kubectl(["wait", "--for=delete", "--timeout=180s", ...pods], { timeout: 200 });
  }
}

function same(left: ObjectReference, right: ObjectReference): boolean {
  return left.kind === right.kind && left.name === right.name;
}
