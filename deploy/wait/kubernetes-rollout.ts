import { UserError } from "../../errors";
import { interruption } from "../../terminal/interruption";
import type { KubernetesCluster } from "../../engines/kubernetes-cluster";
import type { Report } from "../../terminal/progress";

/** A reason that persists so long does not go by itself. */
const patienceSeconds = 60;

/** The parts of a Deployment or StatefulSet that tell how far it is. */
export interface Workload {
  kind: "Deployment" | "StatefulSet";
  metadata: { name: string; generation?: number };
  spec: { replicas?: number };
  status?: {
    observedGeneration?: number;
    updatedReplicas?: number;
    readyReplicas?: number;
    replicas?: number;
    conditions?: { type: string; status: string; message?: string }[];
  };
}

/** The parts of a pod that tell what it does. */
export interface Pod {
  kind: "Pod";
  metadata: { name: string };
  status?: {
    phase?: string;
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
    initContainerStatuses?: ContainerStatus[];
    containerStatuses?: ContainerStatus[];
  };
}

interface ContainerStatus {
  name: string;
  ready: boolean;
  restartCount: number;
  image: string;
  state?: {
    waiting?: { reason?: string; message?: string };
    running?: object;
    terminated?: { exitCode: number; reason?: string };
  };
}

/** Whether every replica of a workload is of the newest version and ready, and no older one is left. */
export function isRolledOut({ metadata, spec, status }: Workload): boolean {
  const wanted = spec.replicas ?? 1;
  return (
    status?.observedGeneration !== undefined &&
    status.observedGeneration >= (metadata.generation ?? 0) &&
    (status.updatedReplicas ?? 0) === wanted &&
    (status.readyReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted
  );
}

/** What a pod does, in a few words, for example `mysql-0: initialise` or `mysql-0: ImagePullBackOff`. */
export function podActivity(pod: Pod): string {
  const { metadata, status } = pod;
  const unscheduled = status?.conditions?.find(
    ({ type, status: value }) => type === "PodScheduled" && value === "False",
  );
  if (unscheduled) {
    return `${metadata.name}: not scheduled (${unscheduled.message ?? unscheduled.reason ?? "no reason given"})`;
  }
  const current = containers(pod).find(({ ready, state }) => !ready && state?.terminated?.exitCode !== 0);
  const reason = current?.state?.waiting?.reason;
  if (!current) {
    return `${metadata.name}: ready`;
  }
  return `${metadata.name}: ${reason && reason !== "PodInitializing" ? `${current.name} ${reason}` : current.name}`;
}

/** Why a pod will not come up by itself; undefined where it may. */
export function podTrouble(pod: Pod): string | undefined {
  const missing = missingImage(pod);
  if (missing) {
    return missing;
  }
  for (const { name, state } of containers(pod)) {
    const { message, reason } = state?.waiting ?? {};
    if (reason === "CreateContainerConfigError" || reason === "CrashLoopBackOff") {
      return `${pod.metadata.name}: container ${name}: ${message ?? reason}`;
    }
  }
  return undefined;
}

/**
 * Which image keeps a pod from coming up, because its node cannot get it; undefined where none does.
 *
 * @param concerns whether an image counts. Default: any
 */
export function missingImage(pod: Pod, concerns: (image: string) => boolean = () => true): string | undefined {
  for (const { image, state } of containers(pod)) {
    const { message, reason = "" } = state?.waiting ?? {};
    if (/^(ErrImagePull|ImagePullBackOff|ErrImageNeverPull|InvalidImageName)$/.test(reason) && concerns(image)) {
      return `${pod.metadata.name}: the node cannot get the image ${image} (${message ?? reason}). Put it on the nodes or in a registry they reach, and name it under \`images\` of the stack`;
    }
  }
  return undefined;
}

function containers({ status }: Pod): ContainerStatus[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
}

/**
 * Waits until every Deployment and StatefulSet of the stack is rolled out.
 *
 * @param deadline when to give up, as `Date.now()` tells the time
 * @throws UserError with what the pods say, when that takes too long or cannot come
 */
export async function rolledOut(cluster: KubernetesCluster, deadline: number, report: Report): Promise<void> {
  const lastingTroubles = new LastingTroubles();
  for (;;) {
    interruption.throwIfInterrupted();
    const objects = await cluster.objects<Workload | Pod>(["deployments,statefulsets,pods", "--selector", partOf]);
    const pods = objects.filter((object) => object.kind === "Pod");
    const waiting = objects.filter((object) => object.kind !== "Pod").filter((workload) => !isRolledOut(workload));
    if (waiting.length === 0) {
      return;
    }
    report(pods.map(podActivity).join(", ") || waiting.map(({ metadata }) => metadata.name).join(", "));
    const lasting = lastingTroubles.among([...pods.map(podTrouble), ...waiting.map(refusedPods)]);
    if (lasting.length > 0 || Date.now() > deadline) {
      throw UserError.fromMistakes(
        `Not everything in namespace ${cluster.namespace} comes up:`,
        lasting.length > 0 ? lasting : pods.map(podActivity),
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/** Tells what has been in the way for so long that it will not go by itself. */
export class LastingTroubles {
  private readonly since = new Map<string, number>();

  /** Those of the present troubles that have lasted; undefined stands for none. */
  among(present: readonly (string | undefined)[]): string[] {
    const troubles = present.filter((text) => text !== undefined);
    for (const trouble of troubles) {
      this.since.set(trouble, this.since.get(trouble) ?? Date.now());
    }
    return troubles.filter((trouble) => Date.now() - (this.since.get(trouble) ?? 0) > patienceSeconds * 1000);
  }
}

/** The label of everything in a stack. */
export const partOf = "app.kubernetes.io/part-of=ghost-platform";

/** What keeps a workload from making pods, such as a Pod Security Standard or a quota. */
function refusedPods({ metadata, status }: Workload): string | undefined {
  const refused = status?.conditions?.find(({ type, status: value }) => type === "ReplicaFailure" && value === "True");
  return refused && `${metadata.name}: ${refused.message ?? "the cluster refuses its pods"}`;
}
