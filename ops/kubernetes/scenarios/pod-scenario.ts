import type { Finding } from "../../finding";
import { isDatabase, type PodFacts, type StackFacts } from "../facts";
import { appOf, isFurtherContainer, type Event } from "../objects";

/**
 * Why a pod is not ready: each scenario looks at what is known and recognises itself, or not. They are asked in the order of `scenarios`,
 * causes before what follows from them, and the first that recognises itself answers.
 */
export type PodScenario = (facts: PodFacts, stack: StackFacts) => Finding | undefined;

/** Names a place in a person's own configuration. */
export const stackFile = ({ stack }: StackFacts) => `Pulumi.${stack}.yaml`;

export const deploy = ({ stack }: StackFacts) => `npm start -- --stack ${stack}`;

export const objectOf = ({ blocking, pod }: PodFacts) =>
  `pod ${pod.metadata.name}${blocking ? `, container ${blocking.container.name}` : ""}`;

export const describe = ({ pod }: PodFacts, { kubectl }: StackFacts) => kubectl("describe", "pod", pod.metadata.name);

export const logs = (facts: PodFacts, { kubectl }: StackFacts, ...flags: string[]) =>
  kubectl("logs", facts.pod.metadata.name, "--container", facts.blocking?.container.name ?? "", ...flags);

/** The newest event of one of these reasons. */
export function newest(events: readonly Event[], ...reasons: string[]): Event | undefined {
  return events.findLast(({ reason }) => reason !== undefined && reasons.includes(reason));
}

/** The key of the stack file under which a pod's app stands. */
export function appKey({ pod }: PodFacts): string {
  const app = appOf(pod.metadata);
  return app.startsWith("ghost-") ? `sites.${app.slice("ghost-".length)}` : app;
}

/** Whether what keeps a pod from being ready is a container that a person has added to it. */
export function isFurther({ blocking, pod }: PodFacts): boolean {
  return isFurtherContainer(pod, blocking?.container.name ?? "");
}

/** Where such a container is described. */
export function furtherKey(facts: PodFacts): string {
  return `container ${facts.blocking?.container.name ?? ""} under ${appKey(facts)}.pod`;
}

/** Whether any of its containers has run. */
export function startedOnce({ pod }: PodFacts): boolean {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  return statuses.some(({ lastState, state }) => state?.running ?? state?.terminated ?? lastState?.terminated);
}

/** What to do about a database server that is not ready: its own finding says it, where it is there at all. */
export function databaseMend(stack: StackFacts): string[] {
  const isThere = [...stack.workloads, ...stack.pods.map(({ pod }) => pod)].some(isDatabase);
  return isThere ? ["Mend the database server first: see what is said here about it."] : [deploy(stack)];
}
