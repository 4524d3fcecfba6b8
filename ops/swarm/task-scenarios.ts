import { type Finding, foreignDatabase, refusedLogin, tellingLine } from "../finding";
import { isDatabase, type SlotFacts, type StackFacts } from "./facts";
import { hasEnded, nodeName, type Task } from "../../engines/swarm-tasks";

/**
 * Why a task does not run: each scenario looks at what is known and recognises itself, or not. They are asked in the order of
 * `scenarios`, and the first that recognises itself answers.
 */
export type TaskScenario = (facts: SlotFacts, stack: StackFacts) => Finding | undefined;

const stackFile = ({ stack }: StackFacts) => `Pulumi.${stack}.yaml`;
const deploy = ({ stack }: StackFacts) => `npm start -- --stack ${stack}`;
const objectOf = ({ app, current, name }: SlotFacts) => `task ${app}.${current.Slot ? name : current.ID.slice(0, 12)}`;
const tasks = ({ service }: SlotFacts, { docker }: StackFacts) =>
  docker("service", "ps", "--no-trunc", service.Spec.Name);

/** Tasks of a slot from the newest on: the present one often waits, and the one before says what for. */
const all = ({ current, earlier }: SlotFacts): Task[] => [current, ...earlier];
/** The newest error that the swarm tells. */
const newestError = (facts: SlotFacts): string => all(facts).find(({ Status }) => Status.Err)?.Status.Err ?? "";
const ended = (facts: SlotFacts): Task[] => all(facts).filter(hasEnded);

/** What its container wrote last, or the one before where this one has written nothing yet. */
const lastWords = ({ present, previous }: SlotFacts) => tellingLine(present.log) ?? tellingLine(previous.log);

/** The key of the stack file that sets a service's memory. */
function memoryKey(app: string): string {
  return app.startsWith("ghost-") ? `sites.${app.slice("ghost-".length)}.memory` : `${app}.memory`;
}

/** Two want one port of a node. */
export const portTaken: TaskScenario = (facts, stack) => {
  const error = newestError(facts);
  if (!/port already in use|port is already allocated|address already in use/i.test(error)) {
    return undefined;
  }
  const ports = (facts.service.Spec.EndpointSpec?.Ports ?? []).map(({ PublishedPort }) => PublishedPort ?? "");
  const key = facts.app.startsWith("ghost-") ? `sites.${facts.app.slice("ghost-".length)}.port` : `${facts.app}.port`;
  return {
    scenario: "port-taken",
    severity: "failure",
    object: objectOf(facts),
    why: `It publishes port ${ports.join(", ")} on its node, and something else holds that port there.`,
    evidence: error,
    mend: [
      `On the node: ${ports.map((port) => `ss --listening --tcp --processes 'sport = :${port}'`).join("; ")}; ${stack.docker("service", "ls")}`,
      `Stop what holds it, or set ${key} in ${stackFile(stack)} to a free port; then ${deploy(stack)}`,
    ],
  };
};

/** Its volumes' plugin is missing on the nodes, or on the one that it came to. */
export const missingPlugin: TaskScenario = (facts, stack) => {
  const error = newestError(facts);
  if (!/missing plugin|plugin \S+ (not found|found but disabled)/i.test(error)) {
    return undefined;
  }
  const drivers = (facts.current.Spec.ContainerSpec.Mounts ?? [])
    .map(({ VolumeOptions }) => VolumeOptions?.DriverConfig?.Name)
    .filter((name) => name !== undefined && name !== "local");
  return {
    scenario: "missing-plugin",
    severity: "failure",
    object: objectOf(facts),
    why: `A plugin is missing or not enabled where it may run: ${[...new Set(drivers)].join(", ") || "see docker plugin ls there"}.`,
    evidence: error,
    mend: [
      "On each node where it may run: docker plugin ls; docker plugin install NAME, or docker plugin enable NAME. The swarm hears of it within 20 seconds.",
      `Where the name is another, tag included, correct \`storage.driver\` in ${stackFile(stack)}, then ${deploy(stack)}`,
    ],
  };
};

/** No node takes it. */
export const noSuitableNode: TaskScenario = (facts, stack) => {
  const error = facts.current.Status.Err ?? "";
  if (!/no suitable node/i.test(error)) {
    return undefined;
  }
  const why = /scheduling constraints/i.test(error)
    ? "No node meets its placement constraints."
    : /insufficient resources/i.test(error)
      ? "No node has as much memory or CPU left as it asks for."
      : /not available|drained|paused/i.test(error)
        ? "Every node that could take it is drained, paused or down."
        : /unsupported platform/i.test(error)
          ? "Its image is made for another processor than the nodes have."
          : "No node takes it.";
  return {
    scenario: "no-suitable-node",
    severity: "failure",
    object: objectOf(facts),
    why,
    evidence: error,
    mend: [
      stack.docker("node", "ls"),
      `Change \`placement\` in ${stackFile(stack)}, label a node (docker node update --label-add KEY=VALUE NODE), or bring one back (docker node update --availability active NODE).`,
    ],
  };
};

/** The node cannot get the image. */
export const imageRejected: TaskScenario = (facts, stack) => {
  const error = newestError(facts);
  if (!/no such image|manifest unknown|pull access denied|repository does not exist|toomanyrequests/i.test(error)) {
    return undefined;
  }
  const image = facts.current.Spec.ContainerSpec.Image;
  return {
    scenario: "image-rejected",
    severity: "failure",
    object: objectOf(facts),
    why: /denied|does not exist|unauthorized/i.test(error)
      ? `The registry has no image ${image}, or not for this node.`
      : `The node does not have image ${image}, and could not pull it.`,
    evidence: error,
    mend: [
      stack.docker("pull", image),
      `Name an image that the nodes can pull under \`images\` in ${stackFile(stack)}, then ${deploy(stack)}`,
      `Where the registry wants a login: docker login, swarm.registryAuth: true in ${stackFile(stack)}, then ${deploy(stack)}`,
    ],
  };
};

/** The engine refuses to make the container. */
export const refusedByNode: TaskScenario = (facts, stack) => {
  const error = newestError(facts);
  return all(facts)[0]?.Status.State !== "rejected" &&
    !/invalid mount|bind source path|no such (volume|network)/i.test(error)
    ? undefined
    : {
        scenario: "refused-by-node",
        severity: "failure",
        object: objectOf(facts),
        why: "The node's engine refuses to make its container.",
        evidence: error,
        mend: [tasks(facts, stack), deploy(stack)],
      };
};

/** Its node is not there. */
export const nodeDown: TaskScenario = (facts, stack) => {
  const node = stack.nodes.find(({ ID }) => ID === facts.current.NodeID);
  return !node || node.Status?.State === "ready"
    ? undefined
    : {
        scenario: "node-down",
        severity: "failure",
        object: objectOf(facts),
        why: `Its node ${nodeName(node.ID, stack.nodes) ?? ""} is ${node.Status?.State ?? "unknown"}.`,
        evidence: node.Status?.Message,
        mend: [
          stack.docker("node", "ls"),
          "Start the engine on that node again; a service with a volume there waits for it.",
        ],
      };
};

/** It was killed for its memory. */
export const outOfMemory: TaskScenario = (facts, stack) => {
  const last = ended(facts)[0];
  const isKilled = last?.Status.ContainerStatus?.ExitCode === 137 && !/unhealthy/i.test(last.Status.Err ?? "");
  const isTold = [facts.present, facts.previous].some(({ state }) => state?.OOMKilled);
  if (!isTold && !isKilled) {
    return undefined;
  }
  const limit = facts.current.Spec.Resources?.Limits?.MemoryBytes;
  const bound = limit ? `its limit, ${Math.round(limit / 2 ** 20)} MiB` : "the node has";
  return {
    scenario: "out-of-memory",
    severity: "failure",
    object: objectOf(facts),
    why: isTold
      ? `The kernel killed it because it needed more memory than ${bound}.`
      : `It was killed (SIGKILL), most likely by the kernel because it needed more memory than ${bound}.`,
    evidence: newestError(facts) || undefined,
    mend: [
      `Raise ${memoryKey(facts.app)} in ${stackFile(stack)}, then ${deploy(stack)}`,
      `npm run ops -- metrics --stack ${stack.stack}`,
    ],
  };
};

/** It waits for a database server of somebody else's, or has the databases made there and cannot. */
export const waitingForForeignDatabase: TaskScenario = (facts, stack) => {
  const finding = foreignDatabase(facts.present.log, stack.foreignDatabase, stack.stack);
  return finding && { object: objectOf(facts), ...finding };
};

/** Its start waits for the database and says what for. */
export const waitingForDatabase: TaskScenario = (facts, stack) => {
  const { log } = facts.present;
  const line = log.findLast((text) => /waiting for .*(\(\d+ s of at most|GIVING UP)|GIVING UP.*waiting for/.test(text));
  if (line === undefined || isDatabase(facts.app) || log.at(-1) !== line) {
    return undefined;
  }
  const what = /waiting for (.*?)(?: \(\d+ s of at most.*|[.]?)$/.exec(line)?.[1] ?? "the database";
  const common = { object: objectOf(facts), evidence: line };
  if (/to know user/.test(what)) {
    return {
      ...common,
      ...refusedLogin(what),
      mend: [stack.docker("service", "update", "--force", `${stack.swarmName}_mysql`), "Then this goes on by itself."],
    };
  }
  return {
    ...common,
    scenario: "waiting-for-database",
    severity: "waiting",
    why: facts.databaseReady
      ? `It waits for ${what}, although the database server runs: the network between their nodes is at fault, or it has only just come up.`
      : `It waits for ${what}, and goes on by itself when the database server runs, which it does not.`,
    mend: facts.databaseReady
      ? [stack.docker("network", "inspect", `${stack.swarmName}_backend`)]
      : stack.services.some(({ app }) => isDatabase(app))
        ? ["Mend the database server first: see what is said here about it."]
        : [deploy(stack)],
  };
};

/** Its health check says that it is not well. */
export const unhealthy: TaskScenario = (facts, stack) => {
  const health = facts.present.state?.Health;
  const isFailing = facts.current.Status.State === "starting" && (health?.FailingStreak ?? 0) > 0;
  const wasEnded = /unhealthy/i.test(ended(facts)[0]?.Status.Err ?? "");
  if (!isFailing && !wasEnded) {
    return undefined;
  }
  const checks = [...(facts.previous.state?.Health?.Log ?? []), ...(health?.Log ?? [])];
  const said = checks.findLast(({ ExitCode }) => ExitCode !== 0)?.Output?.trim();
  return {
    scenario: "unhealthy",
    severity: wasEnded ? "failure" : "waiting",
    object: objectOf(facts),
    why: wasEnded
      ? "Its health check failed again and again, so the swarm ended it and starts another."
      : `It is starting: its health check has failed ${health?.FailingStreak ?? 0} times so far, and that does not count yet.`,
    evidence: [said, lastWords(facts)].filter((text) => text !== undefined && text !== "").join(" · ") || undefined,
    mend: [`npm run ops -- logs ${facts.app} --stack ${stack.stack}`, tasks(facts, stack)],
  };
};

/** It ends again and again. */
export const crashLoop: TaskScenario = (facts, stack) => {
  const failures = ended(facts).filter(({ Status }) => Status.State === "failed");
  const code = failures[0]?.Status.ContainerStatus?.ExitCode;
  return failures.length === 0
    ? undefined
    : {
        scenario: "crash-loop",
        severity: "failure",
        object: objectOf(facts),
        why: `It ended ${failures.length} times of those the swarm remembers, last ${code === undefined ? "in an unknown way" : `with status ${code}`}, and is started again.`,
        evidence: lastWords(facts) ?? failures[0]?.Status.Err,
        mend: [`npm run ops -- logs ${facts.app} --stack ${stack.stack}`, tasks(facts, stack)],
      };
};

/** On its way, and nothing speaks of a failure. */
export const starting: TaskScenario = (facts, stack) => {
  const { Message, State } = facts.current.Status;
  return hasEnded(facts.current)
    ? undefined
    : {
        scenario: "starting",
        severity: "waiting",
        object: objectOf(facts),
        why: `It is on its way (${State}${State === "starting" ? ": it runs, and its health check has not succeeded yet" : ""}).`,
        evidence: lastWords(facts) ?? Message,
        mend: [tasks(facts, stack)],
      };
};

/** Nothing of the above. */
export const unknown: TaskScenario = (facts, stack) => ({
  scenario: "unknown",
  severity: "failure",
  object: objectOf(facts),
  why: `It does not run (${facts.current.Status.State}), and none of the known reasons fits.`,
  evidence: newestError(facts) || facts.current.Status.Message,
  mend: [tasks(facts, stack)],
});

/** In the order in which they are asked. */
export const scenarios: readonly TaskScenario[] = [
  portTaken,
  missingPlugin,
  noSuitableNode,
  imageRejected,
  nodeDown,
  refusedByNode,
  outOfMemory,
  waitingForForeignDatabase,
  waitingForDatabase,
  unhealthy,
  crashLoop,
  starting,
  unknown,
];
