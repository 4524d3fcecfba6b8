import type { ContainerReport, ExitReport, ServiceReport } from "../stack-status";
import type { WrongAnswer } from "./answers";
import {
  appOf,
  hasEnded,
  isRunning,
  nodeName,
  slotsOf,
  wantedTasks,
  type Node,
  type PublishedPort,
  type Service,
  type Slot,
  type Snapshot,
  type Task,
} from "../../engines/swarm-tasks";

/** The container of every task that should run. */
export function containerReports({ nodes, services, tasks }: Snapshot, swarmName: string): ContainerReport[] {
  return services.flatMap((service) =>
    slotsOf(service, tasks).map((slot) => containerReport(slot, appOf(service, swarmName), nodes)),
  );
}

function containerReport({ current, earlier, name }: Slot, app: string, nodes: readonly Node[]): ContainerReport {
  const ended = [current, ...earlier].filter(hasEnded);
  const { State, Timestamp } = current.Status;
  return {
    app,
    pod: `${app}.${current.Slot ? name : (nodeName(name, nodes) ?? name)}`,
    container: app,
    role: "main",
    state: hasEnded(current) ? `ended: ${State}` : State === "pending" ? "waiting: no node yet" : State,
    ready: isRunning(current),
    restarts: earlier.filter(hasEnded).length,
    lastExit: ended[0] && exitReport(ended[0]),
    startedAt: State === "running" || State === "starting" ? Timestamp : undefined,
    node: nodeName(current.NodeID, nodes),
    image: current.Spec.ContainerSpec.Image,
  };
}

/** How a task ended; a task without a container has no status to end with. */
function exitReport({ Status }: Task): ExitReport {
  const { ContainerID, ExitCode } = Status.ContainerStatus ?? {};
  // The status stands beside it.
  const reason = (Status.Err ?? "").replace(/^task: non-zero exit \(\d+\)(: dockerexec: )?/, "");
  return {
    code: ContainerID ? ExitCode : undefined,
    reason: reason || (ContainerID && ExitCode !== 0 ? undefined : Status.State),
    at: Status.Timestamp,
  };
}

/** Services with the tasks that run behind them. */
export function serviceReports({ nodes, services, tasks }: Snapshot, swarmName: string): ServiceReport[] {
  return services.map((service) => {
    const running = tasks.filter((task) => task.ServiceID === service.ID && isRunning(task));
    return {
      name: appOf(service, swarmName),
      type: service.Spec.EndpointSpec?.Mode ?? "vip",
      addresses: addresses(service, running, nodes),
      ready: running.length,
    };
  });
}

/** What is published on the nodes; a service that publishes nothing is known by its name on the stack's networks. */
function addresses({ Spec }: Service, running: readonly Task[], nodes: readonly Node[]): string[] {
  const ports = (Spec.EndpointSpec?.Ports ?? []).filter(({ PublishedPort }) => PublishedPort !== undefined);
  return ports.length === 0
    ? [Spec.Name]
    : ports.flatMap((port) => hostsOf(port, running, nodes).map((host) => `${host}:${portText(port)}`));
}

function portText({ Protocol, PublishedPort = 0 }: PublishedPort): string {
  return `${PublishedPort}${Protocol === "udp" ? "/udp" : ""}`;
}

/** A port in mode host answers on the nodes that run a task, others on every node. */
function hostsOf({ PublishMode }: PublishedPort, running: readonly Task[], nodes: readonly Node[]): string[] {
  if (PublishMode !== "host") {
    return ["any-node"];
  }
  const own = nodes.filter(({ ID }) => running.some(({ NodeID }) => NodeID === ID));
  return own.length === 0
    ? ["node"]
    : own.map(({ Description, Status }) => Status?.Addr ?? Description?.Hostname ?? "node");
}

/**
 * What is not well, a line each; empty where all is.
 *
 * @param answers what published addresses that are not well say; of services that run, for the others say so themselves
 */
export function problems(
  { nodes, services, tasks }: Snapshot,
  swarmName: string,
  answers: readonly WrongAnswer[],
): string[] {
  const ofServices = services.flatMap((service) => {
    const app = appOf(service, swarmName);
    const wanted = wantedTasks(service, nodes);
    const running = tasks.filter((task) => task.ServiceID === service.ID && isRunning(task)).length;
    const newest = tasks.find((task) => task.ServiceID === service.ID && task.Status.Err);
    const { Message, State } = service.UpdateStatus ?? {};
    return [
      ...(wanted === 0 ? [`service ${app} is scaled to 0`] : []),
      ...(running < wanted
        ? [
            `service ${app}: ${running} of ${wanted} tasks run${newest ? ` (last error: ${newest.Status.Err ?? ""})` : ""}`,
          ]
        : []),
      ...(State === "paused" || State?.startsWith("rollback") ? [`service ${app}: ${Message ?? State}`] : []),
    ];
  });
  return [
    ...ofServices,
    ...answers.map(({ answers: said, what }) => `${what} does not answer as it should (${said.join(", ")})`),
  ];
}
