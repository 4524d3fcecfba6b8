import type { DockerEngine } from "./docker-engine";
import { inspected, servicesOf, tasksOf } from "./swarm-objects";

/** What is read of a service with `docker service inspect`. */
export interface Service {
  ID: string;
  /** ISO 8601. */
  CreatedAt?: string;
  Spec: {
    Name: string;
    Mode: { Replicated?: { Replicas?: number }; Global?: object };
    EndpointSpec?: { Mode?: string; Ports?: PublishedPort[] };
  };
  Endpoint?: { VirtualIPs?: { Addr?: string }[] };
  UpdateStatus?: { State?: string; Message?: string };
}

export interface PublishedPort {
  TargetPort: number;
  PublishedPort?: number;
  PublishMode?: string;
  /** `tcp` or `udp`. */
  Protocol?: string;
}

/** What is read of a task with `docker inspect`. */
export interface Task {
  ID: string;
  ServiceID: string;
  NodeID?: string;
  Slot?: number;
  CreatedAt: string;
  DesiredState: string;
  Spec: {
    ContainerSpec: { Image: string; Mounts?: { VolumeOptions?: { DriverConfig?: { Name?: string } } }[] };
    Resources?: { Limits?: Limits; Reservations?: Limits };
    Placement?: { Constraints?: string[] };
  };
  Status: {
    /** When the task came into its state. */
    Timestamp: string;
    State: string;
    Message?: string;
    Err?: string;
    ContainerStatus?: { ContainerID?: string; ExitCode?: number };
  };
}

interface Limits {
  NanoCPUs?: number;
  MemoryBytes?: number;
}

export interface Node {
  ID: string;
  Description?: { Hostname?: string };
  Spec?: { Availability?: string };
  Status?: { State?: string; Addr?: string; Message?: string };
}

/** The services of a stack with their tasks, seen at one moment. */
export interface Snapshot {
  services: Service[];
  /** Newest first. */
  tasks: Task[];
  nodes: Node[];
}

/** Reads the services of a stack, their tasks (those that ended too, as far as the swarm remembers) and the nodes. */
export async function readSnapshot(engine: DockerEngine, swarmName: string): Promise<Snapshot> {
  const [ids, nodeIds] = await Promise.all([servicesOf(engine, swarmName), engine.lines(["node", "ls", "--quiet"])]);
  const [services, nodes, taskIds] = await Promise.all([
    inspected<Service>(engine, "service", ids),
    inspected<Node>(engine, "node", nodeIds),
    tasksOf(engine, ids),
  ]);
  const tasks = await inspected<Task>(engine, "task", taskIds);
  return {
    services: services.sort((left, right) => left.Spec.Name.localeCompare(right.Spec.Name)),
    tasks: tasks.sort((left, right) => right.CreatedAt.localeCompare(left.CreatedAt)),
    nodes,
  };
}

/** The service's name without the stack's: `mysql` for `ghost-swarm_mysql`. */
export function appOf({ Spec }: Service, swarmName: string): string {
  return Spec.Name.startsWith(`${swarmName}_`) ? Spec.Name.slice(swarmName.length + 1) : Spec.Name;
}

/** How many tasks a service should run. */
export function wantedTasks({ Spec }: Service, nodes: readonly Node[]): number {
  return Spec.Mode.Replicated
    ? (Spec.Mode.Replicated.Replicas ?? 1)
    : nodes.filter(({ Spec: node }) => node?.Availability === "active").length;
}

/** A place where a service runs tasks one after another: a replica's number, or a node. */
export interface Slot {
  service: Service;
  /** `1`, or the node's id for a global service. */
  name: string;
  /** The newest task that should run, or that ran last. */
  current: Task;
  /** Tasks before it, newest first. */
  earlier: Task[];
}

/** The slots of a service, in order. */
export function slotsOf(service: Service, tasks: readonly Task[]): Slot[] {
  const byName = new Map<string, Task[]>();
  for (const task of tasks.filter(({ ServiceID }) => ServiceID === service.ID)) {
    const name = task.Slot ? String(task.Slot) : (task.NodeID ?? "");
    byName.set(name, [...(byName.get(name) ?? []), task]);
  }
  return [...byName]
    .sort(([left], [right]) => left.localeCompare(right, "en", { numeric: true }))
    .map(([name, ofSlot]) => {
      const current = ofSlot.find(({ DesiredState }) => isWanted(DesiredState)) ?? ofSlot[0];
      if (!current) {
        throw new Error(`slot ${name} has no task`);
      }
      return { service, name, current, earlier: ofSlot.filter((task) => task !== current) };
    });
}

/** Whether the swarm wants a task in this desired state to run, now or after its delay. */
export function isWanted(desiredState: string): boolean {
  return desiredState === "running" || desiredState === "ready";
}

/** States from which a task does not come back. */
const endStates: readonly string[] = ["complete", "shutdown", "failed", "rejected", "orphaned", "remove"];

/** Whether a task is over. */
export function hasEnded({ Status }: Task): boolean {
  return endStates.includes(Status.State);
}

/** Whether a task runs, and is well as far as its health check tells: until then it is `starting`. */
export function isRunning({ DesiredState, Status }: Task): boolean {
  return Status.State === "running" && isWanted(DesiredState);
}

/** The host name of a node. */
export function nodeName(id: string | undefined, nodes: readonly Node[]): string | undefined {
  return id === undefined || id === "" ? undefined : (nodes.find(({ ID }) => ID === id)?.Description?.Hostname ?? id);
}
