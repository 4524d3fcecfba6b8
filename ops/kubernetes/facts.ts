import { isTrue, type ObjectMetadata } from "../../engines/kubernetes-objects";
import { claimsOfOthers } from "../../config/kubernetes/claims-of-others";
import { secretsOfOthers, type SecretOfOthers } from "../../config/kubernetes/secrets-of-others";
import { foreignServer } from "../../config/mysql/own-databases";
import type { KubernetesCluster } from "../../engines/kubernetes-cluster";
import { CommandError } from "../../errors";
import type { KubernetesStack } from "../../home/stack";
import { timedLine } from "../log-source";
import { readFrontDoor, type FrontDoor } from "../../deploy/wait/front-door";
import { certificateEnd, type CertificateEnd, type ShownCertificate } from "../server-certificate";
import { volumeSpace, type VolumeSpace } from "../volume-space";
import {
  podContainers,
  readSnapshot,
  type Claim,
  type Event,
  type LabelledWorkload,
  type Node,
  type Pod,
  type PodContainer,
} from "./objects";

/** Lines of a log that are read for a diagnosis. */
const logLines = "30";

/** What is known about a stack when it is asked why something is not ready. Everything a scenario decides on is in here. */
export interface StackFacts {
  stack: string;
  namespace: string;
  /** The command line of a kubectl command, to copy. */
  kubectl: (...args: readonly string[]) => string;
  /** Host and port of the database server that is somebody else's. Absent: the stack has its own. */
  foreignDatabase?: string | undefined;
  /** Names of the claims that are somebody else's: the stack's file names them, and nothing of the stack makes them. */
  claimsOfOthers: string[];
  /** The passwords that are in Secrets of somebody else's. */
  secretsOfOthers: SecretOfOthers[];
  workloads: LabelledWorkload[];
  pods: PodFacts[];
  /** Of the namespace, oldest first. */
  events: Event[];
  /** What other people's controllers make of its routes and certificates. */
  door: FrontDoor;
}

/** What is known about a pod. */
export interface PodFacts {
  pod: Pod;
  /** When the question was asked, in milliseconds since the epoch. */
  askedAt: number;
  /** The container that keeps it from being ready; undefined where none does. */
  blocking: PodContainer | undefined;
  /** Last lines of that container. */
  log: string[];
  /** Last lines of its run before. */
  previousLog: string[];
  /** Of the pod, oldest first. */
  events: Event[];
  /** Claims that it mounts and that are there. */
  claims: { claim: Claim; events: Event[] }[];
  /** Its node; undefined before it has one, or where nodes may not be read. */
  node: Node | undefined;
  /** Whether a database server of the stack is ready. */
  databaseReady: boolean;
  /** Room on its volume; of a database server that runs. */
  space?: VolumeSpace | undefined;
  /** Of the certificate that its server shows; of a database server that runs. */
  certificateEnd?: CertificateEnd | undefined;
}

/** Reads everything that a diagnosis needs. */
export async function readFacts({ cluster, config, name: stack }: KubernetesStack): Promise<StackFacts> {
  const [snapshot, events, claims, nodes] = await Promise.all([
    readSnapshot(cluster),
    cluster.objects<Event>(["events", "--sort-by", ".metadata.creationTimestamp"]),
    cluster.objects<Claim>(["persistentvolumeclaims"]),
    readNodes(cluster),
  ]);
  const askedAt = Date.now();
  const databaseReady = snapshot.pods.some((pod) => isDatabase(pod) && isTrue(pod.status?.conditions, "Ready"));
  const pods = await Promise.all(
    snapshot.pods.map(async (pod): Promise<PodFacts> => {
      const blocking = blockingContainer(pod);
      return {
        pod,
        askedAt,
        blocking,
        ...(await readLogs(cluster, pod, blocking)),
        events: eventsOf(events, "Pod", pod.metadata.name),
        claims: claims
          .filter(({ metadata }) => claimNames(pod).includes(metadata.name))
          .map((claim) => ({ claim, events: eventsOf(events, "PersistentVolumeClaim", claim.metadata.name) })),
        node: nodes.find(({ metadata }) => metadata.name === pod.spec.nodeName),
        databaseReady,
        ...(isDatabase(pod) ? await readServer(cluster, pod) : {}),
      };
    }),
  );
  return {
    stack,
    namespace: cluster.namespace,
    kubectl: (...args) => cluster.commandLine(...args),
    foreignDatabase: foreignServer(config),
    claimsOfOthers: claimsOfOthers(config).map(({ name }) => name),
    secretsOfOthers: secretsOfOthers(config),
    workloads: snapshot.workloads,
    pods,
    events,
    door: await readFrontDoor(cluster, config, snapshot.ingresses),
  };
}

/** The certificates that the database servers show which are ready. */
export function shownCertificates(cluster: KubernetesCluster, pods: readonly Pod[]): Promise<ShownCertificate[]> {
  const servers = pods.filter((pod) => isDatabase(pod) && isTrue(pod.status?.conditions, "Ready"));
  return Promise.all(
    servers.map(async ({ metadata: { name } }) => ({
      object: `pod ${name}`,
      end: await certificateEnd(commandIn(cluster, name)),
    })),
  );
}

/** Runs commands in the container of a database server. */
export function commandIn(cluster: KubernetesCluster, pod: string) {
  return async (command: readonly string[]): Promise<string> => {
    const { stdout } = await cluster.kubectl(["exec", pod, "--container", "mysql", "--", ...command]);
    return stdout;
  };
}

/** What a database server says of itself; nothing where its container does not run. */
async function readServer(
  cluster: KubernetesCluster,
  { metadata, status }: Pod,
): Promise<Pick<PodFacts, "space" | "certificateEnd">> {
  if (!status?.containerStatuses?.some(({ name, state }) => name === "mysql" && state?.running)) {
    return {};
  }
  const inContainer = commandIn(cluster, metadata.name);
  const [space, end] = await Promise.all([volumeSpace(inContainer), certificateEnd(inContainer)]);
  return { space, certificateEnd: end };
}

/** Nodes belong to nobody's namespace: who may not read them is answered without. */
async function readNodes(cluster: KubernetesCluster): Promise<Node[]> {
  try {
    return await cluster.objects<Node>(["nodes"]);
  } catch (error) {
    if (error instanceof CommandError) {
      return [];
    }
    throw error;
  }
}

/** Whether an object is of the stack's database servers. */
export function isDatabase({ metadata }: { metadata: ObjectMetadata }): boolean {
  return metadata.labels?.["app.kubernetes.io/name"] === "mysql";
}

/** Names of the claims that a pod mounts. */
export function claimNames({ spec }: Pod): string[] {
  return (spec.volumes ?? []).flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);
}

/** The events of an object. */
export function eventsOf(events: readonly Event[], kind: string, name: string): Event[] {
  return events.filter(({ involvedObject }) => involvedObject.kind === kind && involvedObject.name === name);
}

/** The first container, in the order in which they start, that has not done its part. */
export function blockingContainer(pod: Pod): PodContainer | undefined {
  return podContainers(pod).find(({ role, status }) => {
    if (role === "init") {
      return status?.state?.terminated?.exitCode !== 0;
    }
    return role === "sidecar" ? !(status?.started ?? false) : !(status?.ready ?? false);
  });
}

async function readLogs(
  cluster: KubernetesCluster,
  pod: Pod,
  blocking: PodContainer | undefined,
): Promise<{ log: string[]; previousLog: string[] }> {
  const { lastState, state } = blocking?.status ?? {};
  const read = (isThere: unknown, ...flags: string[]) =>
    isThere ? readLog(cluster, pod.metadata.name, blocking?.container.name ?? "", flags) : [];
  const [log, previousLog] = await Promise.all([
    read(state?.running ?? state?.terminated),
    read(lastState?.terminated, "--previous"),
  ]);
  return { log, previousLog };
}

/** The end of a log; empty where the node has none any more. */
async function readLog(
  cluster: KubernetesCluster,
  pod: string,
  container: string,
  flags: readonly string[],
): Promise<string[]> {
  try {
    const lines = await cluster.lines([
      "logs",
      pod,
      "--container",
      container,
      "--timestamps",
      "--tail",
      logLines,
      ...flags,
    ]);
    return lines.flatMap((text) => timedLine(text)?.line ?? []);
  } catch (error) {
    if (error instanceof CommandError) {
      return [];
    }
    throw error;
  }
}
