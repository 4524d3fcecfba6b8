import { isTrue } from "../../engines/kubernetes-objects";
import { sorted, type Finding } from "../finding";
import { serverCertificateFinding } from "../server-certificate";
import { spaceFinding } from "../volume-space";
import { eventsOf, isDatabase, type PodFacts, type StackFacts } from "./facts";
import { frontDoorFindings } from "./front-door";
import { podContainers, type Event, type LabelledWorkload } from "./objects";
import { aboutOwnContainers, scenarios } from "./pod-scenarios";
import { isFurther } from "./scenarios/pod-scenario";

/** Why a stack is not well; empty where it is. Databases come before what waits for them. */
export function diagnosis(stack: StackFacts): Finding[] {
  if (stack.workloads.length === 0 && stack.pods.length === 0) {
    return [
      {
        scenario: "not-deployed",
        severity: "failure",
        object: `namespace ${stack.namespace}`,
        why: `Nothing of stack ${stack.stack} is there.`,
        mend: [`npm start -- --stack ${stack.stack}`],
      },
    ];
  }
  const pods = [...stack.pods].sort((left, right) => Number(isDatabase(right.pod)) - Number(isDatabase(left.pod)));
  return sorted([
    ...stack.workloads.flatMap((workload) => workloadFinding(workload, stack) ?? []),
    ...pods.flatMap((facts) => podFindings(facts, stack)),
    ...frontDoorFindings(stack.door, stack.kubectl),
  ]);
}

/** Why a Deployment or StatefulSet has no pods; undefined where it has those it wants. */
export function workloadFinding(workload: LabelledWorkload, stack: StackFacts): Finding | undefined {
  const { kind, metadata, spec, status } = workload;
  const object = `${kind} ${metadata.name}`;
  if ((spec.replicas ?? 1) === 0) {
    return {
      scenario: "scaled-to-zero",
      severity: "failure",
      object,
      why: "It is scaled to 0, so nothing of it runs.",
      mend: [stack.kubectl("scale", `${kind.toLowerCase()}/${metadata.name}`, "--replicas", "1")],
    };
  }
  if ((status?.replicas ?? 0) >= (spec.replicas ?? 1)) {
    return undefined;
  }
  const refusal =
    status?.conditions?.find(({ status: value, type }) => type === "ReplicaFailure" && value === "True")?.message ??
    creationFailure(workload, stack.events)?.message;
  return refusal === undefined ? undefined : refusedPods(object, refusal, stack);
}

/** The newest event about a pod that could not be made, for a StatefulSet or a ReplicaSet of a Deployment. */
function creationFailure({ kind, metadata }: LabelledWorkload, events: readonly Event[]): Event | undefined {
  const failures = events.filter(({ reason }) => reason === "FailedCreate");
  return kind === "StatefulSet"
    ? eventsOf(failures, "StatefulSet", metadata.name).at(-1)
    : failures.findLast(
        ({ involvedObject }) =>
          involvedObject.kind === "ReplicaSet" && involvedObject.name.replace(/-[^-]+$/, "") === metadata.name,
      );
}

function refusedPods(object: string, evidence: string, stack: StackFacts): Finding {
  const common = { severity: "failure" as const, object, evidence };
  if (/violates PodSecurity/i.test(evidence)) {
    const standard = /violates PodSecurity "([a-z]+)/.exec(evidence)?.[1] ?? "";
    return {
      ...common,
      scenario: "pod-security-refusal",
      why: `The namespace enforces the Pod Security Standard ${standard}, and the pod does more than that allows.`,
      mend: [
        `Take out of the pod what it names (a hostPath volume, an init container that runs as root), or set kubernetes.podSecurity in Pulumi.${stack.stack}.yaml; then npm start -- --stack ${stack.stack}`,
        stack.kubectl("get", "namespace", stack.namespace, "--show-labels"),
      ],
    };
  }
  if (/exceeded quota|forbidden: maximum|LimitRange/i.test(evidence)) {
    return {
      ...common,
      scenario: "quota-exceeded",
      why: "A quota or limit range of the namespace refuses its pods.",
      mend: [stack.kubectl("describe", "resourcequotas,limitranges")],
    };
  }
  return {
    ...common,
    scenario: "pods-refused",
    why: "The cluster refuses its pods.",
    mend: [stack.kubectl("describe", object.replace(" ", "/").toLowerCase())],
  };
}

/** Why a pod is not ready, and what happened to one that is. */
export function podFindings(facts: PodFacts, stack: StackFacts): Finding[] {
  const { conditions, phase } = facts.pod.status ?? {};
  if (phase === "Succeeded") {
    return [];
  }
  if (isTrue(conditions, "Ready") && facts.pod.metadata.deletionTimestamp === undefined) {
    return [...spaceFindings(facts, stack), ...certificateFindings(facts, stack), ...pastDeaths(facts, stack)];
  }
  for (const scenario of scenarios.filter((one) => !isFurther(facts) || !aboutOwnContainers.has(one))) {
    const finding = scenario(facts, stack);
    if (finding) {
      return [...spaceFindings(facts, stack), finding];
    }
  }
  return spaceFindings(facts, stack);
}

/** Whether the certificate of a database server that is ready ends soon. */
function certificateFindings({ certificateEnd, pod, space }: PodFacts, { stack }: StackFacts): Finding[] {
  const found =
    certificateEnd && serverCertificateFinding(`pod ${pod.metadata.name}`, { end: certificateEnd, space }, stack);
  return found ? [found] : [];
}

/** Whether a database server has room left; one without is ready all the same. */
function spaceFindings({ pod, space }: PodFacts, stack: StackFacts): Finding[] {
  const data = pod.spec.volumes?.find(({ name }) => name === "data");
  const claim = data?.persistentVolumeClaim?.claimName ?? "";
  const larger = `{"spec":{"resources":{"requests":{"storage":"SIZE"}}}}`;
  const found =
    space &&
    spaceFinding(`pod ${pod.metadata.name}, claim ${claim}`, space, [
      `Where the storage class lets claims grow: ${stack.kubectl("patch", "persistentvolumeclaim", claim, "--patch", `'${larger}'`)}`,
      stack.kubectl("get", "storageclasses"),
    ]);
  return found ? [found] : [];
}

/** Containers of a ready pod that the kernel has killed before: they may be again. */
function pastDeaths({ pod }: PodFacts, stack: StackFacts): Finding[] {
  return podContainers(pod)
    .filter(({ status }) => status?.lastState?.terminated?.reason === "OOMKilled")
    .map(({ container, status }) => ({
      scenario: "was-out-of-memory",
      severity: "notice",
      object: `pod ${pod.metadata.name}, container ${container.name}`,
      why: `It runs again, and was killed at ${status?.lastState?.terminated?.finishedAt ?? "some time"} because it needed more memory than its limit, ${container.resources?.limits?.["memory"] ?? "that of the node"}.`,
      mend: [`npm run ops -- metrics --stack ${stack.stack}`],
    }));
}
