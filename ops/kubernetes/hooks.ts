import type { KubernetesCluster } from "../../engines/kubernetes-cluster";
import { partOf } from "../../deploy/wait/kubernetes-rollout";
import { logPath } from "../../components/ghost/settings";
import { hookFiles, readHookFile, type HookFailure, type HookReport } from "../hook-report";
import {
  eventTime,
  isFurtherContainer,
  podContainers,
  type Container,
  type Event,
  type Handler,
  type Pod,
} from "./objects";

const failureReasons = ["FailedPostStartHook", "FailedPreStopHook"];

/** What the hooks of the sites' containers have left, and which hooks of the namespace failed. */
export async function clusterHooks(
  cluster: KubernetesCluster,
): Promise<{ hooks: HookReport[]; failures: HookFailure[] }> {
  const [pods, events] = await Promise.all([
    cluster.objects<Pod>(["pods", "--selector", `${partOf},app.kubernetes.io/name=ghost`]),
    cluster.objects<Event>(["events"]),
  ]);
  const hooks = await Promise.all(
    pods.flatMap((pod) =>
      podContainers(pod)
        .filter(
          ({ container, role }) => role === "main" && !isFurtherContainer(pod, container.name) && writesLogs(container),
        )
        .flatMap(({ container, status }) =>
          hookFiles.map(async ({ file, hook }): Promise<HookReport> => {
            const handler = container.lifecycle?.[hook];
            const report = {
              pod: pod.metadata.name,
              container: container.name,
              hook,
              declared: handler && handlerWords(handler),
              file,
            };
            if (!status?.state?.running) {
              return { ...report, missing: "the container does not run, so it cannot be looked into" };
            }
            const exec = ["exec", pod.metadata.name, "--container", container.name, "--", "cat", file];
            return { ...report, ...(await readHookFile(() => cluster.kubectl(exec))) };
          }),
        ),
    ),
  );
  return { hooks, failures: hookFailures(events) };
}

function writesLogs({ volumeMounts }: Container): boolean {
  return volumeMounts?.some(({ mountPath }) => mountPath === logPath) ?? false;
}

/** A handler in a word: `sleep 5 s`, `exec sh`, `httpGet`. */
export function handlerWords({ exec, httpGet, sleep }: Handler): string {
  if (sleep) {
    return `sleep ${sleep.seconds} s`;
  }
  return exec ? `exec ${exec.command?.[0] ?? ""}`.trim() : httpGet ? "httpGet" : "unknown handler";
}

/** The events that tell of failed hooks, oldest first. */
export function hookFailures(events: readonly Event[]): HookFailure[] {
  return events
    .filter(({ reason }) => failureReasons.includes(reason ?? ""))
    .map((event) => ({
      pod: event.involvedObject.name,
      reason: event.reason ?? "",
      message: event.message ?? "",
      at: eventTime(event),
    }))
    .sort((left, right) => left.at.localeCompare(right.at));
}
