import { tellingLine, type Finding } from "../finding";
import { isDatabase, type PodFacts, type StackFacts } from "./facts";
import { appOf, type Event } from "./objects";

/**
 * Why a pod is not ready: each scenario looks at what is known and recognises itself, or not. They are asked in the order of `scenarios`,
 * causes before what follows from them, and the first that recognises itself answers.
 */
export type PodScenario = (facts: PodFacts, stack: StackFacts) => Finding | undefined;

/** Names a place in a person's own configuration. */
const stackFile = ({ stack }: StackFacts) => `Pulumi.${stack}.yaml`;
const deploy = ({ stack }: StackFacts) => `npm start -- --stack ${stack}`;
const objectOf = ({ blocking, pod }: PodFacts) =>
  `pod ${pod.metadata.name}${blocking ? `, container ${blocking.container.name}` : ""}`;
const describe = ({ pod }: PodFacts, { kubectl }: StackFacts) => kubectl("describe", "pod", pod.metadata.name);
const logs = (facts: PodFacts, { kubectl }: StackFacts, ...flags: string[]) =>
  kubectl("logs", facts.pod.metadata.name, "--container", facts.blocking?.container.name ?? "", ...flags);

/** The newest event of one of these reasons. */
function newest(events: readonly Event[], ...reasons: string[]): Event | undefined {
  return events.findLast(({ reason }) => reason !== undefined && reasons.includes(reason));
}

/** The key of the stack file under which a pod's app stands. */
function appKey({ pod }: PodFacts): string {
  const app = appOf(pod.metadata);
  return app.startsWith("ghost-") ? `sites.${app.slice("ghost-".length)}` : app;
}

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
    mend: [
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
      mend: [deploy(stack)],
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

/** Whether any of its containers has run. */
function startedOnce({ pod }: PodFacts): boolean {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  return statuses.some(({ lastState, state }) => state?.running ?? state?.terminated ?? lastState?.terminated);
}

/** The node cannot get the image. */
export const imageUnavailable: PodScenario = (facts, stack) => {
  const waiting = facts.blocking?.status?.state?.waiting;
  if (
    !/^(ErrImagePull|ImagePullBackOff|ErrImageNeverPull|InvalidImageName|RegistryUnavailable)$/.test(
      waiting?.reason ?? "",
    )
  ) {
    return undefined;
  }
  const image = facts.blocking?.container.image ?? "";
  const said = newest(
    facts.events.filter(({ message }) => message?.includes("Failed to pull")),
    "Failed",
  )?.message;
  const message = said ?? waiting?.message ?? "";
  const why = /not found|manifest unknown|does not exist/i.test(message)
    ? `The registry has no image ${image}.`
    : /unauthorized|denied|forbidden|authentication/i.test(message)
      ? `The registry does not give ${image} to this node: it wants an account.`
      : /no such host|timeout|refused|unreachable|dial tcp|lookup/i.test(message)
        ? `Node ${facts.pod.spec.nodeName ?? ""} cannot reach the registry of ${image}.`
        : `Node ${facts.pod.spec.nodeName ?? ""} cannot get the image ${image}.`;
  return {
    scenario: "image-unavailable",
    severity: "failure",
    object: objectOf(facts),
    why,
    evidence: message,
    mend: [
      `Name an image that the nodes can pull under \`images\` in ${stackFile(stack)}, or put this one on the node; then ${deploy(stack)}`,
      describe(facts, stack),
    ],
  };
};

/** A Secret or ConfigMap that its environment comes from is not there, or the node refuses to run it as it is. */
export const notStartable: PodScenario = (facts, stack) => {
  const waiting = facts.blocking?.status?.state?.waiting;
  if (!/^(CreateContainerConfigError|CreateContainerError|RunContainerError)$/.test(waiting?.reason ?? "")) {
    return undefined;
  }
  const message = waiting?.message ?? "";
  return {
    scenario: "not-startable",
    severity: "failure",
    object: objectOf(facts),
    why: /not found/i.test(message)
      ? "Something that its environment comes from is not there."
      : /runAsNonRoot|non-numeric user/i.test(message)
        ? "Its image runs as root or names its user by name, and the pod may run as no root."
        : "The node cannot start it as it is described.",
    evidence: message,
    mend: [/not found/i.test(message) ? deploy(stack) : describe(facts, stack)],
  };
};

/** Its postStart hook failed, which ends the container. */
export const hookFailed: PodScenario = (facts, stack) => {
  const event = newest(facts.events, "FailedPostStartHook");
  const reason = facts.blocking?.status?.state?.waiting?.reason;
  if (!event || (reason !== "PostStartHookError" && reason !== "CrashLoopBackOff")) {
    return undefined;
  }
  return {
    scenario: "hook-failed",
    severity: "failure",
    object: objectOf(facts),
    why: "Its postStart hook fails, and a container whose postStart hook fails is ended.",
    evidence: event.message,
    mend: [`npm run ops -- hooks --stack ${stack.stack}`, describe(facts, stack)],
  };
};

/** It was killed for its memory, and is not ready again. */
export const outOfMemory: PodScenario = (facts, stack) => {
  const { lastState, state } = facts.blocking?.status ?? {};
  const end = state?.terminated ?? lastState?.terminated;
  if (end?.reason !== "OOMKilled") {
    return undefined;
  }
  const limit = facts.blocking?.container.resources?.limits?.["memory"] ?? "that of the node";
  return {
    scenario: "out-of-memory",
    severity: "failure",
    object: objectOf(facts),
    why: `The kernel killed it because it needed more memory than its limit, ${limit}.`,
    mend: [
      `Raise ${appKey(facts)}.memory in ${stackFile(stack)}, then ${deploy(stack)}`,
      `npm run ops -- metrics --stack ${stack.stack}`,
    ],
  };
};

/** An init container waits for the database and says what for. */
export const waitingForDatabase: PodScenario = (facts, stack) => {
  const { blocking, databaseReady } = facts;
  if (blocking?.role !== "init" || isDatabase(facts.pod)) {
    return undefined;
  }
  const said = (lines: readonly string[]) => lines.findLast((line) => /waiting for /.test(line));
  const line = said(facts.log) ?? said(facts.previousLog);
  const what = /waiting for (.*?)(?: \(\d+ s of at most.*|[.] Is the server.*|[.]?)$/.exec(line ?? "")?.[1];
  if (line === undefined || what === undefined) {
    return undefined;
  }
  const gaveUp = (blocking.status?.restartCount ?? 0) > 0;
  const common = { object: objectOf(facts), evidence: line, severity: gaveUp ? "failure" : "waiting" } as const;
  if (/to know user/.test(what)) {
    return {
      ...common,
      scenario: "database-refuses-login",
      severity: "failure",
      why: `It waits for ${what}. The database's data is older than the password, or the site is new to it; the server takes passwords over when it starts.`,
      mend: [stack.kubectl("rollout", "restart", "statefulset/mysql"), "Then this goes on by itself."],
    };
  }
  if (databaseReady) {
    return {
      ...common,
      scenario: "database-unreachable",
      why: `It waits for ${what}, although the database server is ready: its Service or the way to it is at fault (DNS, a NetworkPolicy).`,
      mend: [
        stack.kubectl("get", "endpointslices", "--selector", "kubernetes.io/service-name=mysql"),
        stack.kubectl("get", "networkpolicies"),
      ],
    };
  }
  return {
    ...common,
    scenario: "waiting-for-database",
    why: `It waits for ${what}, and goes on by itself when the database server is ready, which it is not.${gaveUp ? " It has given up before; each try begins anew." : ""}`,
    mend: databaseMend(stack),
  };
};

/** What to do about a database server that is not ready: its own finding says it, where it is there at all. */
function databaseMend(stack: StackFacts): string[] {
  const isThere = [...stack.workloads, ...stack.pods.map(({ pod }) => pod)].some(isDatabase);
  return isThere ? ["Mend the database server first: see what is said here about it."] : [deploy(stack)];
}

/** Its volume is another user's. */
export const volumeNotWritable: PodScenario = (facts, stack) => {
  const lines = [...facts.previousLog, ...facts.log];
  const line = lines.findLast((text) => notWritable.test(text));
  const { lastState, state } = facts.blocking?.status ?? {};
  if (line === undefined || !(state?.terminated ?? lastState?.terminated)) {
    return undefined;
  }
  const key = `${appKey(facts)}.storage.volumePermissions`;
  const { blocking, claims, pod } = facts;
  const user = pod.spec.securityContext?.runAsUser;
  const byHand = `Or where the volume stands, as root: chown -R ${user ?? "USER"}:${user ?? "USER"} on its directory, if it is this app's alone`;
  const tried = blocking?.container.name === "volume-permissions";
  const classes = claims.flatMap(({ claim }) => claim.spec.storageClassName ?? []).join(", ");
  return {
    scenario: "volume-not-writable",
    severity: "failure",
    object: objectOf(facts),
    why: tried
      ? "Its volume is another user's, and could not be given to it."
      : `Its volume is another user's, so it cannot write there: the storage class${classes === "" ? "" : ` (${classes})`} ignores fsGroup, by which Kubernetes hands a volume to a pod's user.`,
    evidence: line,
    mend: tried
      ? [byHand.replace("Or where", "Where"), logs(facts, stack, "--previous")]
      : [
          `Set ${key} to true in ${stackFile(stack)}, and kubernetes.podSecurity to baseline; then ${deploy(stack)}`,
          byHand,
        ],
  };
};

/** What the containers say that cannot write: this project's scripts, and Mailpit's own database. */
const notWritable =
  /may not write to \S+, which |volume-permissions: (REFUSED|FAILED)|unable to open database file|attempt to write a readonly database|open \/maildir\/\S*: permission denied/;

/** It ends again and again. */
export const crashLoop: PodScenario = (facts, stack) => {
  const { lastState, restartCount = 0, state } = facts.blocking?.status ?? {};
  const ended = state?.terminated;
  const end = ended ?? lastState?.terminated;
  const isPausing = state?.waiting?.reason === "CrashLoopBackOff";
  if (!end || (!isPausing && (!ended || ended.exitCode === 0))) {
    return undefined;
  }
  const lines = ended && facts.log.length > 0 ? facts.log : facts.previousLog;
  return {
    scenario: "crash-loop",
    severity: "failure",
    object: objectOf(facts),
    why: `It ended ${restartCount + 1} times, last with status ${end.exitCode}, and is started again after a pause that grows to 5 minutes.`,
    evidence: tellingLine(lines) ?? end.message,
    mend: [
      logs(facts, stack, "--previous"),
      `Once its cause is gone, without the pause: ${stack.kubectl("delete", "pod", facts.pod.metadata.name)}`,
    ],
  };
};

/** Ghost runs, and its database does not answer it. */
export const databaseUnreachable: PodScenario = (facts, stack) => {
  const { blocking, databaseReady, log, pod } = facts;
  if (blocking?.role !== "main" || !blocking.status?.state?.running || isDatabase(pod)) {
    return undefined;
  }
  const said = log.findLast((line) => databaseErrors.test(line));
  const failing = newest(facts.events, "Unhealthy")?.message ?? "";
  if (databaseReady ? said === undefined : !/status ?code: 50\d/.test(failing) && said === undefined) {
    return undefined;
  }
  return {
    scenario: "database-unreachable",
    severity: "waiting",
    object: objectOf(facts),
    why: databaseReady
      ? "Ghost runs, and could not reach its database a moment ago; the server is ready again, and Ghost follows within seconds."
      : "Ghost runs, and its database does not answer. It stays as it is, without a restart, and is ready again some 12 s after the database.",
    evidence: said ?? failing,
    mend: databaseReady ? ["Wait."] : databaseMend(stack),
  };
};

const databaseErrors =
  /ECONNREFUSED\b.*3306|getaddrinfo \w+ \S*mysql|connect ETIMEDOUT|PROTOCOL_CONNECTION_LOST|ER_ACCESS_DENIED_ERROR|KnexTimeoutError/;

/** It runs, and does not answer its probes as it should. */
export const probeFailing: PodScenario = (facts, stack) => {
  const { blocking } = facts;
  const event = newest(facts.events, "Unhealthy");
  const running = blocking?.status?.state?.running;
  if (!running || !event) {
    return undefined;
  }
  const kind = /^(Startup|Readiness|Liveness)/.exec(event.message ?? "")?.[1]?.toLowerCase() ?? "";
  const starting = blocking.status?.started === false;
  return {
    scenario: "probe-failing",
    severity: starting ? "waiting" : "failure",
    object: objectOf(facts),
    why: starting
      ? `It is starting (since ${running.startedAt ?? "a moment ago"}) and does not answer its ${kind} probe yet.`
      : `It runs and does not answer its ${kind} probe as it should, so it gets no requests.`,
    evidence: [event.message, tellingLine(facts.log)].filter((text) => text !== undefined).join(" · "),
    mend: [logs(facts, stack, "--tail", "50"), describe(facts, stack)],
  };
};

/** An init container does its work. */
export const initialising: PodScenario = (facts, stack) => {
  const { blocking } = facts;
  const running = blocking?.status?.state?.running;
  return !running || blocking.role === "main"
    ? undefined
    : {
        scenario: "initialising",
        severity: "waiting",
        object: objectOf(facts),
        why: `Init container ${blocking.container.name} works since ${running.startedAt ?? "a moment ago"}; the next container starts after it.`,
        evidence: tellingLine(facts.log),
        mend: [logs(facts, stack, "--follow")],
      };
};

/** It has just begun, and nothing speaks of a failure. */
export const starting: PodScenario = (facts, stack) => {
  const state = facts.blocking?.status?.state;
  const creating = /^(ContainerCreating|PodInitializing)$/.test(state?.waiting?.reason ?? "");
  return !facts.blocking || !(creating || state?.running)
    ? undefined
    : {
        scenario: "starting",
        severity: "waiting",
        object: objectOf(facts),
        why: creating
          ? "The node is making it: volumes are mounted, the image may be pulled."
          : "It runs, and is about to be ready.",
        evidence: (facts.events.at(-1) ?? {}).message,
        mend: [describe(facts, stack)],
      };
};

/** Nothing of the above. */
export const unknown: PodScenario = (facts, stack) => ({
  scenario: "unknown",
  severity: "failure",
  object: objectOf(facts),
  why: "It is not ready, and none of the known reasons fits.",
  evidence: facts.blocking?.status?.state?.waiting?.message ?? facts.events.at(-1)?.message,
  mend: [describe(facts, stack), `npm run ops -- logs ${appOf(facts.pod.metadata)} --stack ${stack.stack}`],
});

/** In the order in which they are asked. */
export const scenarios: readonly PodScenario[] = [
  stuckStopping,
  evicted,
  nodeLost,
  claimPending,
  unschedulable,
  imageUnavailable,
  notStartable,
  volumeUnmounted,
  hookFailed,
  outOfMemory,
  waitingForDatabase,
  volumeNotWritable,
  crashLoop,
  databaseUnreachable,
  probeFailing,
  initialising,
  starting,
  unknown,
];
