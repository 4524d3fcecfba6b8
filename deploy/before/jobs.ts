import { UserError } from "../../errors";
import { deploymentAfter } from "../../platforms/kubernetes/pods/image-pull";
import type { Manifest } from "../../render/kubernetes";
import { interruption } from "../../terminal/interruption";
import type { KubernetesCluster } from "../../engines/kubernetes-cluster";
import type { Report } from "../../terminal/progress";
import { LastingTroubles, podActivity, podTrouble, type Pod } from "../wait/kubernetes-rollout";

/** The parts of a pod's template that name its images. */
interface PodTemplate {
  spec: { initContainers?: { image: string }[]; containers: { image: string }[] };
}

interface Deployment {
  metadata: { name: string };
  spec: { template: PodTemplate };
}

interface Job {
  metadata: { name: string };
  status?: { conditions?: { type: string; status: string; message?: string }[] };
}

/**
 * The Jobs that are to run before a deployment: those of Deployments that run already and are to get other images. A Deployment that is not there
 * yet, or whose images stay, needs none.
 */
export async function jobsBefore(cluster: KubernetesCluster, manifests: readonly Manifest[]): Promise<Manifest[]> {
  const jobs = manifests.filter(({ metadata }) => deploymentAfter(metadata) !== undefined);
  if (jobs.length === 0) {
    return [];
  }
  const running = await cluster.objects<Deployment>(["deployments"]);
  return jobs.filter((job) => bringsNewImages(job, running));
}

/**
 * Runs such Jobs, with which the nodes get the images. Leaves nothing in the cluster.
 *
 * @throws UserError where one fails; then nothing has been changed
 */
export async function runJobsBefore(
  cluster: KubernetesCluster,
  jobs: readonly Manifest[],
  report: Report,
): Promise<void> {
  const names = jobs.map(({ metadata }) => metadata.name);
  try {
    // What an interrupted run has left may have failed meanwhile.
    await deleteJobs(cluster, names);
    await cluster.send(["apply", "--server-side"], jobs);
    await done(cluster, names, report);
  } finally {
    await deleteJobs(cluster, names);
  }
}

function bringsNewImages(job: Manifest, running: readonly Deployment[]): boolean {
  const deployment = running.find(({ metadata }) => metadata.name === deploymentAfter(job.metadata));
  const present = deployment ? imagesOf(deployment.spec.template) : undefined;
  return (
    present !== undefined &&
    imagesOf((job["spec"] as Deployment["spec"]).template).some((image) => !present.includes(image))
  );
}

function imagesOf({ spec }: PodTemplate): string[] {
  return [...(spec.initContainers ?? []), ...spec.containers].map(({ image }) => image);
}

/** Waits until the Jobs are done. Each has a deadline of its own, after which it counts as failed. */
async function done(cluster: KubernetesCluster, names: readonly string[], report: Report): Promise<void> {
  const lastingTroubles = new LastingTroubles();
  for (;;) {
    interruption.throwIfInterrupted();
    const [jobs, pods] = await Promise.all([
      cluster.objects<Job>(["jobs"]),
      cluster.objects<Pod>(["pods", "--selector", `batch.kubernetes.io/job-name in (${names.join(", ")})`]),
    ]);
    const conditions = jobs
      .filter(({ metadata }) => names.includes(metadata.name))
      .flatMap(({ metadata, status }) =>
        (status?.conditions ?? [])
          .filter(({ status: value }) => value === "True")
          .map(({ message, type }) => ({ name: metadata.name, message, type })),
      );
    if (
      names.every((name) => conditions.some((condition) => condition.name === name && condition.type === "Complete"))
    ) {
      return;
    }
    report(`images before anything stops: ${pods.map(podActivity).join(", ")}`);
    const failed = conditions
      .filter(({ type }) => type === "Failed")
      .map(({ message, name }) => `Job ${name}: ${message ?? "failed"}`);
    const gone = names
      .filter((name) => !jobs.some(({ metadata }) => metadata.name === name))
      .map((name) => `Job ${name}: somebody has deleted it`);
    const reasons = [...failed, ...gone, ...lastingTroubles.among(pods.map(podTrouble))];
    if (reasons.length > 0) {
      throw UserError.fromMistakes(
        "Nothing was changed, and what ran before runs on, because images of the stack cannot be had:",
        reasons,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function deleteJobs(cluster: KubernetesCluster, names: readonly string[]): Promise<void> {
  await cluster.kubectl(["delete", "jobs", "--ignore-not-found", "--wait", "--timeout=60s", ...names], { timeout: 80 });
}
