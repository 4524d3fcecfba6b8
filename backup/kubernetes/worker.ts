import { randomBytes } from "node:crypto";
import * as path from "node:path";
import { LastingTroubles, podActivity, podTrouble, type Pod } from "../../deploy/wait/kubernetes-rollout";
import { UserError } from "../../errors";
import { isTrue } from "../../engines/kubernetes-objects";
import { ownerLabel } from "../../platforms/kubernetes/labels";
import { readScripts } from "../../platforms/scripts";
import { interruption } from "../../terminal/interruption";
import type { RunInContainer } from "../contents/container";
import { holderIn, holderOf, lifeOf, wordsFor } from "../store/holder";
import { inContainer } from "./exec";
import type { PodSpec } from "./objects";
import type { ClusterPlace } from "./place";
import { workerName } from "./program";

/*
 * A pod that programs are run in, for as long as a command of ours needs it. It is a Job's, so that whatever removes what the stack owns removes it,
 * too; the cluster itself does when a day is over.
 */

/** The label of what this makes for a while, with the stack's mark as its value. */
export const workerLabel = "ghost-platform/backup-of";
/** The label of a worker's pod, with its name as the value. */
const nameLabel = "ghost-platform/backup-worker";
/** The annotation that says which command it works for. */
const holderAnnotation = "ghost-platform/backup-by";

/** A pod in which programs run. */
export interface Worker {
  name: string;
  run: RunInContainer;
}

/** What a worker's pod runs by itself. */
export const waitCommand = ["sh", "-c", readScripts(path.join(__dirname, "scripts"), ["wait.sh"])["wait.sh"]];

/** Seconds a worker may live; its own sleep ends then, too. */
const lifeSeconds = 86_400;
/** Its image may have to be pulled. */
const startLimitSeconds = 15 * 60;
/** A pod that the cluster refuses, or finds no node for, is told after this. */
const refusalSeconds = 30;

/** The Job of a worker. Nothing reaches it over the network, and it reaches nothing. */
function workerObjects(owner: string, namespace: string, name: string, pod: PodSpec, holder: string): object[] {
  const labels = { [ownerLabel]: owner, [workerLabel]: owner };
  const own = { ...labels, [nameLabel]: name };
  return [
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name, namespace, labels },
      spec: { podSelector: { matchLabels: own }, policyTypes: ["Ingress", "Egress"] },
    },
    {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name, namespace, labels, annotations: { [holderAnnotation]: holder } },
      spec: {
        backoffLimit: 0,
        activeDeadlineSeconds: lifeSeconds,
        ttlSecondsAfterFinished: 60,
        template: { metadata: { labels: own }, spec: pod },
      },
    },
  ];
}

/**
 * Starts a worker, and waits until it runs.
 *
 * @param command that needs it, for example `restore`
 * @throws UserError where the cluster does not let it run
 */
export async function startWorker(place: ClusterPlace, command: string, pod: PodSpec): Promise<Worker> {
  const { cluster, owner } = place;
  const name = `backup-${randomBytes(5).toString("hex")}`;
  const objects = workerObjects(owner, cluster.namespace, name, pod, JSON.stringify(holderOf(command)));
  try {
    await cluster.send(["create"], objects);
    const podName = await running(place, name);
    const container = { cluster, pod: podName, container: workerName };
    return { name, run: inContainer(() => Promise.resolve(container)) };
  } catch (error) {
    await removeWorkers(place, [{ name }]).catch(() => undefined);
    throw error;
  }
}

/** The name of a worker's pod, once it runs. */
async function running({ cluster }: ClusterPlace, name: string): Promise<string> {
  const troubles = new LastingTroubles();
  const began = Date.now();
  for (;;) {
    interruption.throwIfInterrupted();
    const [pod] = await cluster.objects<Pod>(["pods", "--selector", `${nameLabel}=${name}`]);
    if (pod && isTrue(pod.status?.conditions, "Ready")) {
      return pod.metadata.name;
    }
    const seconds = (Date.now() - began) / 1000;
    const unscheduled = pod?.status?.conditions?.find(
      ({ status, type }) => type === "PodScheduled" && status === "False",
    );
    const reasons =
      pod === undefined && seconds > 3
        ? await refusals(cluster, name)
        : [
            ...troubles.among(pod ? [podTrouble(pod)] : []),
            ...(pod && ["Failed", "Succeeded"].includes(pod.status?.phase ?? "")
              ? [`${pod.metadata.name}: it has ended`]
              : []),
            ...(pod && unscheduled && seconds > refusalSeconds ? [podActivity(pod)] : []),
          ];
    if (reasons.length > 0 || seconds > startLimitSeconds) {
      throw UserError.fromMistakes(
        `A pod that is to work on data in namespace ${cluster.namespace} does not run:`,
        reasons.length > 0 ? reasons : [pod ? podActivity(pod) : "the cluster makes none"],
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** Why the cluster makes no pod of a Job: a quota, a Pod Security Standard, an admission webhook. */
async function refusals(cluster: ClusterPlace["cluster"], name: string): Promise<string[]> {
  const events = await cluster.objects<{ message?: string }>([
    "events",
    ...["--field-selector", `involvedObject.name=${name},reason=FailedCreate`],
  ]);
  return [...new Set(events.map(({ message }) => message ?? "it refuses the pod"))].slice(0, 1);
}

/**
 * Does some work with a worker, which is gone afterwards.
 *
 * @throws what the work throws, even where the worker cannot be removed: the next command does that
 */
export async function withWorker<Result>(
  place: ClusterPlace,
  command: string,
  pod: PodSpec,
  work: (run: RunInContainer) => Promise<Result>,
): Promise<Result> {
  const worker = await startWorker(place, command, pod);
  let result: Result;
  try {
    result = await work(worker.run);
  } catch (error) {
    await removeWorkers(place, [worker]).catch(() => undefined);
    throw error;
  }
  await removeWorkers(place, [worker]);
  return result;
}

/** Removes workers, and waits until they are gone. */
export async function removeWorkers(
  { cluster }: ClusterPlace,
  workers: readonly Pick<Worker, "name">[],
): Promise<void> {
  if (workers.length === 0) {
    return;
  }
  await cluster.kubectl(
    [
      ...["delete", "--ignore-not-found", "--cascade=foreground", "--wait", "--timeout=120s"],
      ...workers.flatMap(({ name }) => [`job.batch/${name}`, `networkpolicy.networking.k8s.io/${name}`]),
    ],
    { timeout: 150 },
  );
}

interface LeftJob {
  metadata: { name: string; annotations?: Record<string, string> };
  status?: { active?: number };
}

/**
 * Removes the workers of commands that have ended.
 *
 * @throws UserError for one that works, or may work
 */
export async function removeLeftovers(place: ClusterPlace): Promise<void> {
  const { cluster, owner } = place;
  const jobs = await cluster.objects<LeftJob>(["jobs.batch", "--selector", `${workerLabel}=${owner}`]);
  const own = holderOf("");
  const mistakes = jobs.flatMap(({ metadata: { annotations, name }, status }) => {
    const holder = holderIn(annotations?.[holderAnnotation] ?? "");
    const life = holder ? lifeOf(holder, own) : "unknown";
    return life === "ended" || life === "restarted" || (status?.active ?? 0) === 0
      ? []
      : [
          `Job ${name} works for ${holder ? wordsFor(holder) : "a command that does not say its name"}. Wait until that is through; where it is known to have ended: ${cluster.commandLine("delete", "job", name)}`,
        ];
  });
  if (mistakes.length > 0) {
    throw UserError.fromMistakes(
      `In namespace ${cluster.namespace} another backup or restore of stack ${owner} is at work:`,
      mistakes,
    );
  }
  await removeWorkers(
    place,
    jobs.map(({ metadata }) => metadata),
  );
}
