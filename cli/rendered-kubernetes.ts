import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../errors";
import { isAfterRollout } from "../platforms/kubernetes/after-rollout";
import { deploymentAfter } from "../platforms/kubernetes/image-pull";
import { afterRolloutDirectory, manifestDirectory, type Manifest } from "../render/kubernetes";
import { jobsBefore, runJobsBefore } from "./before-deployment";
import type { KubernetesCluster } from "./kubernetes-cluster";
import { refuseOtherPasswords } from "./other-passwords";
import { CommandError } from "./process";
import type { Report } from "./progress";
import { partOf } from "./rollout";

/** What identifies an object in a cluster. */
export interface ObjectReference {
  apiVersion: string;
  kind: string;
  name: string;
}

/** Kinds that hold data or on which data hangs: deleted only when the person says so. */
const dataKinds = ["Namespace", "PersistentVolume", "PersistentVolumeClaim"];

/**
 * Applies rendered manifests, and deletes what an earlier program had and this one has not.
 *
 * @param directory where the stack was rendered to; remembers there what was applied
 * @returns what is kept although the program has it no more, because it holds data
 */
export async function applyManifests(
  cluster: KubernetesCluster,
  manifests: readonly Manifest[],
  directory: string,
  report: Report,
): Promise<ObjectReference[]> {
  await refuseOtherPasswords(cluster, manifests, directory);
  const jobs = await jobsBefore(cluster, manifests);
  if (jobs.length > 0) {
    await runJobsBefore(cluster, jobs, report);
  }
  const inventory = new Inventory(directory);
  const current = manifests.filter(({ metadata }) => deploymentAfter(metadata) === undefined).map(reference);
  const obsolete = inventory.read().filter((object) => !current.some((other) => same(object, other)));
  // Before the first object is touched: a run that is interrupted has made some of them.
  inventory.write([...current, ...obsolete]);
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
  const kept = obsolete.filter(({ kind }) => dataKinds.includes(kind));
  await deleteObjects(
    cluster,
    obsolete.filter((object) => !kept.includes(object)),
    report,
  );
  inventory.write([...current, ...kept]);
  return kept;
}

/** Applies what must not be there before everything is ready, if the stack has any. */
export async function applyAfterRollout(cluster: KubernetesCluster, directory: string): Promise<void> {
  const files = path.join(directory, afterRolloutDirectory);
  if (fs.existsSync(files)) {
    await cluster.kubectl(["apply", "--server-side", "--filename", files], { timeout: 60 });
  }
}

/** Deletes what was applied, apart from what holds data or says that there is some, and waits until it has gone. */
export async function deleteManifests(
  cluster: KubernetesCluster,
  manifests: readonly Manifest[],
  directory: string,
  report: Report,
): Promise<void> {
  const known = new Inventory(directory).read();
  const current = manifests.map(reference);
  const all = [...current, ...known.filter((object) => !current.some((other) => same(object, other)))];
  // What says that there is data stays as long as the data does.
  const marks = manifests.filter(({ metadata }) => isAfterRollout(metadata)).map(reference);
  const removed = all.filter((object) => !dataKinds.includes(object.kind) && !marks.some((mark) => same(object, mark)));
  await deleteObjects(cluster, removed.reverse(), report);
  // A workload is gone before its pods are.
  await podsGone(cluster);
}

/** Deletes the namespace with the claims in it, and the volumes made for it; waits until they have gone. */
export async function deleteData(cluster: KubernetesCluster, report: Report): Promise<void> {
  const { namespace } = cluster;
  const { stdout } = await cluster.kubectl(["get", "namespace", namespace, "--ignore-not-found", "--output", "json"]);
  if (stdout.trim() !== "") {
    const { metadata } = JSON.parse(stdout) as { metadata: { labels?: Record<string, string> } };
    const [label = "", value] = partOf.split("=");
    if (metadata.labels?.[label] !== value) {
      throw new UserError(
        `Namespace ${namespace} was not made by this project (it has no label ${partOf}), so it stays, with everything in it`,
      );
    }
    report(`namespace ${namespace}`);
    await cluster.kubectl(["delete", "namespace", namespace, "--ignore-not-found", "--timeout=300s"], { timeout: 320 });
  }
  report("volumes");
  // Volumes on a directory or an NFS export; what is in them stays.
  const volumes = await cluster.objects<{ metadata: { name: string }; spec: { claimRef?: { namespace?: string } } }>([
    "persistentvolumes",
    "--selector",
    partOf,
  ]);
  for (const { metadata, spec } of volumes) {
    if (spec.claimRef === undefined || spec.claimRef.namespace === namespace) {
      await cluster.kubectl(["delete", "persistentvolume", metadata.name, "--ignore-not-found", "--timeout=60s"]);
    }
  }
}

/** Deletes an object, unless it holds data. Deletes nothing where there is none. */
export async function deleteObject(cluster: KubernetesCluster, object: ObjectReference): Promise<void> {
  if (!dataKinds.includes(object.kind)) {
    await deleteObjects(cluster, [object], () => undefined);
  }
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

async function podsGone(cluster: KubernetesCluster): Promise<void> {
  const pods = await cluster.lines(["get", "pods", "--selector", partOf, "--output", "name"]);
  if (pods.length > 0) {
    await cluster.kubectl(["wait", "--for=delete", "--timeout=180s", ...pods], { timeout: 200 });
  }
}

/** Kind, version and group as kubectl takes them, for example `Deployment.v1.apps`. */
function resource({ apiVersion, kind }: ObjectReference): string {
  const [group, version] = apiVersion.split("/");
  return version ? `${kind}.${version}.${group ?? ""}` : kind;
}

function reference({ apiVersion, kind, metadata }: Manifest): ObjectReference {
  return { apiVersion, kind, name: metadata.name };
}

function same(left: ObjectReference, right: ObjectReference): boolean {
  return left.kind === right.kind && left.name === right.name;
}

/** The objects that were applied from a rendered stack. */
class Inventory {
  private readonly file: string;

  constructor(directory: string) {
    this.file = path.join(directory, "applied.json");
  }

  read(): ObjectReference[] {
    return fs.existsSync(this.file) ? (JSON.parse(fs.readFileSync(this.file, "utf8")) as ObjectReference[]) : [];
  }

  write(objects: readonly ObjectReference[]): void {
    const fresh = `${this.file}.new`;
    fs.writeFileSync(fresh, `${JSON.stringify(objects, undefined, 1)}\n`, { mode: 0o600 });
    fs.renameSync(fresh, this.file);
  }
}
