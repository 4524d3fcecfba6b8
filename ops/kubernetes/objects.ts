import type { KubernetesCluster } from "../../engines/kubernetes-cluster";
import type { Condition, ObjectMetadata } from "../../engines/kubernetes-objects";
import { partOf, type Workload } from "../../deploy/wait/kubernetes-rollout";
import { furtherContainersOf } from "../../platforms/kubernetes/pods/further-parts";

/**
 * What is read of a cluster's objects. Everything that the API may leave out is optional here, other than in the types of the Pulumi
 * provider, which describe objects as they are declared.
 */

export interface Resources {
  requests?: Record<string, string>;
  limits?: Record<string, string>;
}

export type Handler = { exec?: { command?: string[] }; httpGet?: object; sleep?: { seconds: number } };

export interface Container {
  name: string;
  image: string;
  /** `Always` makes an init container a sidecar. */
  restartPolicy?: string;
  resources?: Resources;
  lifecycle?: { postStart?: Handler; preStop?: Handler };
  volumeMounts?: { name: string; mountPath: string }[];
}

export interface ContainerEnd {
  exitCode: number;
  reason?: string;
  signal?: number;
  message?: string;
  startedAt?: string;
  finishedAt?: string;
}

export interface ContainerCondition {
  waiting?: { reason?: string; message?: string };
  running?: { startedAt?: string };
  terminated?: ContainerEnd;
}

export interface ContainerStatus {
  name: string;
  image: string;
  ready: boolean;
  started?: boolean;
  restartCount: number;
  state?: ContainerCondition;
  lastState?: ContainerCondition;
  /** What is really granted, after a resize in place. */
  resources?: Resources;
}

export interface Pod {
  kind: "Pod";
  metadata: ObjectMetadata;
  spec: {
    nodeName?: string;
    initContainers?: Container[];
    containers: Container[];
    terminationGracePeriodSeconds?: number;
    securityContext?: { runAsUser?: number };
    volumes?: { name: string; persistentVolumeClaim?: { claimName: string } }[];
  };
  status?: {
    phase?: string;
    reason?: string;
    message?: string;
    startTime?: string;
    conditions?: Condition[];
    initContainerStatuses?: ContainerStatus[];
    containerStatuses?: ContainerStatus[];
  };
}

export interface Service {
  kind: "Service";
  metadata: ObjectMetadata;
  spec: {
    type?: string;
    clusterIP?: string;
    ports?: { name?: string; port: number; nodePort?: number }[];
  };
  status?: { loadBalancer?: { ingress?: { ip?: string; hostname?: string }[] } };
}

export interface EndpointSlice {
  kind: "EndpointSlice";
  metadata: ObjectMetadata;
  endpoints?: { conditions?: { ready?: boolean } }[];
}

export interface Ingress {
  kind: "Ingress";
  metadata: ObjectMetadata;
  spec: {
    tls?: { hosts?: string[]; secretName?: string }[];
    rules?: { host?: string; http?: { paths?: { path?: string; pathType?: string }[] } }[];
  };
}

export interface Claim {
  kind: "PersistentVolumeClaim";
  metadata: ObjectMetadata;
  spec: { storageClassName?: string; volumeName?: string };
  status?: { phase?: string };
}

export interface Event {
  kind: "Event";
  metadata: ObjectMetadata;
  type?: string;
  reason?: string;
  message?: string;
  count?: number;
  firstTimestamp?: string | null;
  lastTimestamp?: string | null;
  eventTime?: string | null;
  involvedObject: { kind: string; name: string; fieldPath?: string };
}

export interface Node {
  kind: "Node";
  metadata: ObjectMetadata;
  spec?: { unschedulable?: boolean };
  status?: { conditions?: Condition[] };
}

/** A Deployment or StatefulSet. */
export type LabelledWorkload = Workload & { metadata: ObjectMetadata };

/** Everything of a stack, seen at one moment. */
export interface Snapshot {
  workloads: LabelledWorkload[];
  pods: Pod[];
  services: Service[];
  endpointSlices: EndpointSlice[];
  ingresses: Ingress[];
}

const kinds = ["deployments", "statefulsets", "pods", "services", "endpointslices", "ingresses"].join(",");

/** Reads what a stack is made of, in one request a kind. */
export async function readSnapshot(cluster: KubernetesCluster): Promise<Snapshot> {
  const objects = await cluster.objects<LabelledWorkload | Pod | Service | EndpointSlice | Ingress>([
    kinds,
    "--selector",
    partOf,
  ]);
  const of = <Kind extends (typeof objects)[number]>(kind: string) =>
    objects.filter((object): object is Kind => object.kind === kind);
  return {
    workloads: [...of<LabelledWorkload>("Deployment"), ...of<LabelledWorkload>("StatefulSet")],
    pods: of<Pod>("Pod"),
    services: of<Service>("Service"),
    endpointSlices: of<EndpointSlice>("EndpointSlice"),
    ingresses: of<Ingress>("Ingress"),
  };
}

/** How a container of a pod comes to run. */
export type Role = "init" | "sidecar" | "main";

/** A container with what is known about its runs. */
export interface PodContainer {
  role: Role;
  container: Container;
  /** Absent until the node has taken the pod. */
  status: ContainerStatus | undefined;
}

/** The containers of a pod in the order in which they start. */
export function podContainers({ spec, status }: Pod): PodContainer[] {
  const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const paired = (container: Container, role: Role): PodContainer => ({
    role,
    container,
    status: statuses.find(({ name }) => name === container.name),
  });
  return [
    ...(spec.initContainers ?? []).map((container) =>
      paired(container, container.restartPolicy === "Always" ? "sidecar" : "init"),
    ),
    ...spec.containers.map((container) => paired(container, "main")),
  ];
}

/** Whether a person has added a container to a pod. */
export function isFurtherContainer({ metadata }: Pod, name: string): boolean {
  return furtherContainersOf(metadata.annotations).includes(name);
}

/** The app of an object, as its label says: `ghost-blog`, `mysql`. */
export function appOf({ labels, name }: ObjectMetadata): string {
  return labels?.["app.kubernetes.io/instance"] ?? name;
}

/** When an event was last seen; empty where it does not say. */
export function eventTime({ eventTime: time, firstTimestamp, lastTimestamp, metadata }: Event): string {
  return lastTimestamp ?? time ?? firstTimestamp ?? metadata.creationTimestamp ?? "";
}
