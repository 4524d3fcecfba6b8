import { tellingLine } from "../../finding";
import { isDatabase } from "../facts";
import { appOf } from "../objects";
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
      `Raise ${isFurther(facts) ? `the limit of ${furtherKey(facts)}` : `${appKey(facts)}.memory`} in ${stackFile(stack)}, then ${deploy(stack)}`,
      `npm run ops -- metrics --stack ${stack.stack}`,
    ],
  };
};

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

/** Nothing of the above. */
export const unknown: PodScenario = (facts, stack) => ({
  scenario: "unknown",
  severity: "failure",
  object: objectOf(facts),
  why: "It is not ready, and none of the known reasons fits.",
  evidence: facts.blocking?.status?.state?.waiting?.message ?? facts.events.at(-1)?.message,
  mend: [describe(facts, stack), `npm run ops -- logs ${appOf(facts.pod.metadata)} --stack ${stack.stack}`],
});
