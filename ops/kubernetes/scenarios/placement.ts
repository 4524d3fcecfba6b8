import { deploy, describe, newest, stackFile, startedOnce, type PodScenario } from "./pod-scenario";

/** It was told to go, and does not within its time. */
export const stuckStopping: PodScenario = (facts, stack) => {
  const { metadata, spec } = facts.pod;
  if (metadata.deletionTimestamp === undefined) {
    return undefined;
  }
  // The time by which it was to be gone.
  const late = (facts.askedAt - Date.parse(metadata.deletionTimestamp)) / 1000;
  return late < 10
    ? {
        scenario: "stopping",
        severity: "waiting",
        object: `pod ${metadata.name}`,
        why: `It is stopping, which may take ${spec.terminationGracePeriodSeconds ?? 30} s; its successor comes after it.`,
        mend: ["Wait."],
      }
    : {
        scenario: "stuck-stopping",
        severity: "failure",
        object: `pod ${metadata.name}`,
        why: `It was to be gone ${Math.round(late)} s ago, and node ${spec.nodeName ?? "(none)"} does not confirm that it is. Nothing takes its place until then.`,
        mend: [
          stack.kubectl("get", "node", spec.nodeName ?? ""),
          `When the node is off for good: ${stack.kubectl("delete", "pod", metadata.name, "--force")}`,
        ],
      };
};

/** The node threw it out. */
export const evicted: PodScenario = (facts, stack) => {
  const { metadata, status } = facts.pod;
  return status?.reason !== "Evicted"
    ? undefined
    : {
        scenario: "evicted",
        severity: "failure",
        object: `pod ${metadata.name}`,
        why: "Its node ran short of memory or disk space, or the pod used more disk space than it may, and the node threw it out.",
        evidence: status.message,
        mend: [
          stack.kubectl("delete", "pod", metadata.name),
          "Free space on the node, or give the cluster another one.",
        ],
      };
};

/** Its node is not there. */
export const nodeLost: PodScenario = (facts, stack) => {
  const ready = facts.node?.status?.conditions?.find(({ type }) => type === "Ready");
  return !facts.node || ready?.status === "True"
    ? undefined
    : {
        scenario: "node-lost",
        severity: "failure",
        object: `pod ${facts.pod.metadata.name}`,
        why: `Its node ${facts.node.metadata.name} is not ready, so nobody knows how the pod is.`,
        evidence: ready?.message,
        mend: [
          stack.kubectl("describe", "node", facts.node.metadata.name),
          "Start the node again; pods on a volume of the node wait for it.",
        ],
      };
};

/** A volume is not there yet. */
export const claimPending: PodScenario = ({ claims, pod }, stack) => {
  const pending = claims.find(({ claim }) => claim.status?.phase !== "Bound");
  if (!pending || pod.spec.nodeName !== undefined) {
    return undefined;
  }
  const { claim, events } = pending;
  const failure = newest(events, "ProvisioningFailed", "FailedBinding");
  const storageClass = claim.spec.storageClassName;
  const classMissing = /not found/i.test(failure?.message ?? "") || storageClass === undefined;
  return {
    scenario: "claim-pending",
    severity: failure ? "failure" : "waiting",
    object: `pod ${pod.metadata.name}, claim ${claim.metadata.name}`,
    why: classMissing
      ? `The claim asks for storage class ${storageClass ?? "(none, and the cluster has no default)"}, which the cluster does not have, so no volume is made for it.`
      : `No volume is bound to the claim yet (storage class ${storageClass}).`,
    evidence: (failure ?? events.at(-1))?.message,
    mend: stack.claimsOfOthers.includes(claim.metadata.name)
      ? [
          `It is somebody else's, and the stack only mounts it. What it waits for: ${stack.kubectl("describe", "persistentvolumeclaim", claim.metadata.name)}`,
        ]
      : [
          stack.kubectl("get", "storageclasses"),
          `Name one of them as storage.storageClass in ${stackFile(stack)}. A claim cannot change its class: delete this one first (${stack.kubectl("delete", "persistentvolumeclaim", claim.metadata.name)}), then ${deploy(stack)}`,
        ],
  };
};

/** No node takes it. */
export const unschedulable: PodScenario = ({ events, pod }, stack) => {
  const condition = pod.status?.conditions?.find(({ status, type }) => type === "PodScheduled" && status === "False");
  if (!condition) {
    return undefined;
  }
  const message = condition.message ?? newest(events, "FailedScheduling")?.message ?? "";
  const missingClaim = /persistentvolumeclaim "([^"]+)" not found/.exec(message)?.[1];
  const common = {
    scenario: "unschedulable",
    severity: "failure" as const,
    object: `pod ${pod.metadata.name}`,
    evidence: message,
  };
  if (missingClaim !== undefined) {
    return {
      ...common,
      why: `Its claim ${missingClaim} is not there.`,
      mend: stack.claimsOfOthers.includes(missingClaim)
        ? [`It is somebody else's: have it made, or name another one in ${stackFile(stack)}.`]
        : [deploy(stack)],
    };
  }
  if (/Insufficient (cpu|memory)/.test(message)) {
    return {
      ...common,
      why: "No node has as much CPU or memory left as the pod asks for.",
      mend: [
        stack.kubectl("describe", "nodes"),
        `Ask for less (memory in ${stackFile(stack)}), remove something else, or add a node.`,
      ],
    };
  }
  if (/volume node affinity conflict/.test(message)) {
    return {
      ...common,
      why: "Its volume is on a node that does not take it.",
      mend: [
        stack.kubectl("get", "persistentvolumes", "--output", "wide"),
        "Bring that node back (kubectl uncordon), or restore the data into a new volume.",
      ],
    };
  }
  return {
    ...common,
    why: "No node takes it: nodes are cordoned, tainted, or do not have what it asks for.",
    mend: [stack.kubectl("get", "nodes"), stack.kubectl("uncordon", "NODE")],
  };
};

/** The node cannot give it a volume. */
export const volumeUnmounted: PodScenario = (facts, stack) => {
  const event = newest(facts.events, "FailedMount", "FailedAttachVolume", "FailedMapVolume");
  if (!event || facts.blocking?.status?.state?.waiting === undefined || startedOnce(facts)) {
    return undefined;
  }
  const missing = /(secret|configmap) "([^"]+)" not found/.exec(event.message ?? "");
  const missingKey = /references non-existent secret key: (\S+)/.exec(event.message ?? "")?.[1];
  const theirs = stack.secretsOfOthers.filter(({ key, name }) =>
    missingKey === undefined ? missing?.[1] === "secret" && missing[2] === name : missingKey === key,
  );
  const [first] = theirs;
  if (first) {
    const { name } = first;
    const keys = [...new Set(theirs.map(({ key }) => key))].join(", ");
    return {
      scenario: "secret-of-others-missing",
      severity: "failure",
      object: `pod ${facts.pod.metadata.name}`,
      why:
        missingKey === undefined
          ? `It gets a password from Secret ${name}, which is not there.`
          : `It gets a password from key ${keys} of Secret ${name}, which has no such key.`,
      evidence: event.message,
      mend: [
        `Secret ${name} is filled by somebody else (${theirs.map(({ at }) => at).join(", ")}): have it filled with ${keys}. The pod goes on by itself within two minutes.`,
        stack.kubectl("describe", "secret", name),
      ],
    };
  }
  return {
    scenario: "volume-unmounted",
    severity: "failure",
    object: `pod ${facts.pod.metadata.name}`,
    why: missing
      ? `It mounts the ${missing[1] ?? ""} ${missing[2] ?? ""}, which is not there.`
      : "The node cannot give it one of its volumes.",
    evidence: event.message,
    mend: missing ? [deploy(stack)] : [describe(facts, stack)],
  };
};
