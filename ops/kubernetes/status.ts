import { isTrue } from "../../engines/kubernetes-objects";
import { isRolledOut } from "../../deploy/wait/kubernetes-rollout";
import type { ContainerReport, ExitReport, ServiceReport } from "../stack-status";
import {
  appOf,
  podContainers,
  type ContainerEnd,
  type Ingress,
  type Pod,
  type PodContainer,
  type Service,
  type Snapshot,
} from "./objects";

/** Every container of every pod, in the order in which they start. */
export function containerReports(pods: readonly Pod[]): ContainerReport[] {
  return [...pods]
    .sort((left, right) => left.metadata.name.localeCompare(right.metadata.name))
    .flatMap((pod) => podContainers(pod).map((entry) => containerReport(pod, entry)));
}

function containerReport(pod: Pod, { container, role, status }: PodContainer): ContainerReport {
  const { running, terminated } = status?.state ?? {};
  const last = terminated ?? status?.lastState?.terminated;
  const done = terminated?.exitCode === 0;
  return {
    app: appOf(pod.metadata),
    pod: pod.metadata.name,
    container: container.name,
    role,
    state: stateWords(pod, status),
    ready: role === "init" ? done : done ? pod.status?.phase === "Succeeded" : (status?.ready ?? false),
    restarts: status?.restartCount ?? 0,
    lastExit: last && exitReport(last),
    startedAt: running?.startedAt,
    node: pod.spec.nodeName,
    image: container.image,
  };
}

function exitReport({ exitCode, finishedAt, reason }: ContainerEnd): ExitReport {
  return { code: exitCode, reason, at: finishedAt };
}

function stateWords({ metadata, status: podStatus }: Pod, status: PodContainer["status"]): string {
  const { running, terminated, waiting } = status?.state ?? {};
  if (terminated) {
    return terminated.exitCode === 0 ? "done" : `ended: ${terminated.reason ?? "Error"}`;
  }
  if (running) {
    return metadata.deletionTimestamp ? "stopping" : status?.started === false ? "starting" : "running";
  }
  const scheduled = isTrue(podStatus?.conditions, "PodScheduled");
  return `waiting: ${waiting?.reason ?? podStatus?.reason ?? (scheduled ? "node" : "no node yet")}`;
}

/** Services with the pods that are ready behind them, and Ingresses. */
export function serviceReports({ endpointSlices, ingresses, services }: Snapshot): ServiceReport[] {
  return [
    ...services.map((service) => ({
      name: service.metadata.name,
      type: service.spec.clusterIP === "None" ? "headless" : (service.spec.type ?? "ClusterIP"),
      addresses: serviceAddresses(service),
      ready: endpointSlices
        .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === service.metadata.name)
        .flatMap(({ endpoints }) => endpoints ?? [])
        .filter(({ conditions }) => conditions?.ready ?? true).length,
    })),
    ...ingresses.map((ingress) => ({
      name: ingress.metadata.name,
      type: "Ingress",
      addresses: ingressAddresses(ingress),
    })),
  ];
}

function serviceAddresses({ metadata, spec, status }: Service): string[] {
  const host = spec.clusterIP === undefined || spec.clusterIP === "None" ? metadata.name : spec.clusterIP;
  const ports = spec.ports ?? [];
  const outside = (status?.loadBalancer?.ingress ?? []).map(({ hostname, ip }) => hostname ?? ip ?? "");
  return [
    ...ports.map(({ port }) => `${host}:${port}`),
    ...ports.flatMap(({ nodePort }) => (nodePort === undefined ? [] : [`node:${nodePort}`])),
    ...outside.flatMap((address) => ports.map(({ port }) => `${address}:${port}`)),
  ];
}

function ingressAddresses({ spec }: Ingress): string[] {
  const secured = (spec.tls ?? []).flatMap(({ hosts }) => hosts ?? []);
  // The path of a site stands there twice, the second time with what is below it.
  return (spec.rules ?? []).flatMap(({ host = "*", http }) =>
    (http?.paths ?? [])
      .filter(({ pathType }) => pathType !== "Exact")
      .map(({ path = "/" }) => `${secured.includes(host) ? "https" : "http"}://${host}${path}`),
  );
}

/** What is not well, a line each; empty where all is. */
export function problems({ pods, workloads }: Snapshot): string[] {
  return [
    ...workloads
      .filter((workload) => !isRolledOut(workload) || (workload.spec.replicas ?? 1) === 0)
      .map(({ kind, metadata, spec, status }) => {
        const wanted = spec.replicas ?? 1;
        return wanted === 0
          ? `${kind} ${metadata.name} is scaled to 0`
          : `${kind} ${metadata.name}: ${status?.readyReplicas ?? 0} of ${wanted} ready, ${status?.updatedReplicas ?? 0} of the newest version`;
      }),
    ...pods
      .filter(({ status }) => status?.phase !== "Succeeded" && !isTrue(status?.conditions, "Ready"))
      .map(
        ({ metadata, status }) =>
          `pod ${metadata.name} is ${metadata.deletionTimestamp ? "stopping" : "not ready"} (${status?.reason ?? status?.phase ?? "unknown"})`,
      ),
  ];
}
