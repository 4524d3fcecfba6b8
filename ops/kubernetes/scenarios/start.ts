import { foreignDatabase, refusedLogin, tellingLine } from "../../finding";
import { isDatabase } from "../facts";
import {
  appKey,
  databaseMend,
  deploy,
  describe,
  furtherKey,
  isFurther,
  logs,
  newest,
  objectOf,
  stackFile,
  type PodScenario,
} from "./pod-scenario";

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
      `Name an image that the nodes can pull ${isFurther(facts) ? `for ${furtherKey(facts)}` : "under `images`"} in ${stackFile(stack)}, or put this one on the node; then ${deploy(stack)}`,
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
    mend: isFurther(facts)
      ? [`See ${furtherKey(facts)} in ${stackFile(stack)}`, describe(facts, stack)]
      : [/not found/i.test(message) ? deploy(stack) : describe(facts, stack)],
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

/** It waits for a database server of somebody else's, or has the databases made there and cannot. */
export const waitingForForeignDatabase: PodScenario = (facts, stack) => {
  const finding = foreignDatabase(
    facts.log.length > 0 ? facts.log : facts.previousLog,
    stack.foreignDatabase,
    stack.stack,
  );
  return finding && { object: objectOf(facts), ...finding };
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
      ...refusedLogin(what),
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
