import type { KubernetesCluster } from "../../engines/kubernetes-cluster";
import { CommandError, TooMuchOutput } from "../../errors";
import { partOf } from "../../deploy/wait/kubernetes-rollout";
import { timedLine, type LogLine, type LogOptions, type LogSource } from "../log-source";
import { appOf, podContainers, type Pod } from "./objects";

/** How often to look for containers that have come since. */
const lookIntervalMilliseconds = 2000;
/** kubectl processes at once while reading. */
const parallel = 4;
/** The longest a timer can wait, some 24 days: following ends when the person ends it. */
const endlessSeconds = 2_147_483;

/** One run of a container. */
interface ContainerRun {
  app: string;
  appName: string;
  pod: string;
  container: string;
  /** Tells one run of the container from the next. */
  restarts: number;
}

/** The logs of a stack's pods. */
export async function logSource(cluster: KubernetesCluster): Promise<LogSource> {
  const pods = await podsOf(cluster);
  return {
    apps: pods.flatMap(({ metadata }) => [appOf(metadata), metadata.labels?.["app.kubernetes.io/name"] ?? []]).flat(),
    containers: pods.flatMap((pod) => podContainers(pod).map(({ container }) => container.name)),
    read: (options) => read(cluster, containerRuns(pods).filter(chosen(options)), options),
    follow: (options, onLine) => follow(cluster, options, onLine),
  };
}

function podsOf(cluster: KubernetesCluster): Promise<Pod[]> {
  return cluster.objects<Pod>(["pods", "--selector", partOf]);
}

/** The runs that have written or may have written something: a container that waits has no log. */
function containerRuns(pods: readonly Pod[]): ContainerRun[] {
  return pods.flatMap((pod) =>
    podContainers(pod)
      .filter(({ status }) => status?.state?.running ?? status?.state?.terminated ?? status?.lastState?.terminated)
      .map(({ container, status }) => ({
        app: appOf(pod.metadata),
        appName: pod.metadata.labels?.["app.kubernetes.io/name"] ?? "",
        pod: pod.metadata.name,
        container: container.name,
        restarts: status?.restartCount ?? 0,
      })),
  );
}

function chosen({ app, container }: LogOptions): (run: ContainerRun) => boolean {
  return (run) =>
    (app === undefined || run.app === app || run.appName === app) &&
    (container === undefined || run.container === container);
}

function logArguments({ container, pod }: ContainerRun, { since, tail }: LogOptions): string[] {
  return [
    "logs",
    pod,
    "--container",
    container,
    "--timestamps",
    ...(since === undefined ? [] : ["--since", since]),
    ...(tail === undefined ? [] : ["--tail", String(tail)]),
  ];
}

async function read(
  cluster: KubernetesCluster,
  runs: readonly ContainerRun[],
  options: LogOptions,
): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  const waiting = [...runs];
  const worker = async () => {
    for (let run = waiting.shift(); run; run = waiting.shift()) {
      lines.push(...(await readRun(cluster, run, options)));
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return lines;
}

async function readRun(cluster: KubernetesCluster, run: ContainerRun, options: LogOptions): Promise<LogLine[]> {
  try {
    const { stdout } = await cluster.kubectl(logArguments(run, options));
    return stdout
      .split("\n")
      .map(timedLine)
      .filter((line) => line !== undefined)
      .map((line) => ({ ...line, pod: run.pod, container: run.container }));
  } catch (error) {
    tellMissing(run, error);
    return [];
  }
}

/** Follows what runs, and looks again and again for what has come since. */
async function follow(cluster: KubernetesCluster, options: LogOptions, onLine: (line: LogLine) => void): Promise<void> {
  const followed = new Set<string>();
  for (let first = true; ; first = false) {
    for (const run of containerRuns(await podsOf(cluster)).filter(chosen(options))) {
      const key = `${run.pod}/${run.container}/${run.restarts}`;
      if (!followed.has(key)) {
        followed.add(key);
        // All of what has begun since: nothing of it was there to be left out.
        void followRun(cluster, run, first ? options : { follow: true }, onLine);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, lookIntervalMilliseconds));
  }
}

async function followRun(
  cluster: KubernetesCluster,
  run: ContainerRun,
  options: LogOptions,
  onLine: (line: LogLine) => void,
): Promise<void> {
  try {
    await cluster.kubectl([...logArguments(run, options), "--follow"], {
      timeout: endlessSeconds,
      onLine: (text) => {
        const line = timedLine(text);
        if (line) {
          onLine({ ...line, pod: run.pod, container: run.container });
        }
      },
    });
  } catch (error) {
    tellMissing(run, error);
  }
}

/** A pod may go while it is read: that is told, and the others are shown. */
function tellMissing({ container, pod }: ContainerRun, error: unknown): void {
  if (!(error instanceof CommandError) || error instanceof TooMuchOutput) {
    throw error;
  }
  process.stderr.write(`No log of ${pod}/${container}: ${error.output.trim() || error.message}\n`);
}
