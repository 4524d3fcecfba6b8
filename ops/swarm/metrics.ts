import type { DockerEngine } from "../../engines/docker-engine";
import { bytes } from "../../terminal/bytes";
import type { ContainerUsage, Usage } from "../usage";
import type { SwarmStack } from "../../home/stack";
import { containerEngines } from "./container-engines";
import { appOf, isRunning, nodeName, readSnapshot, type Snapshot, type Task } from "../../engines/swarm-tasks";

/** A line of `docker stats` in its JSON form: for people, so numbers carry units. */
interface StatsLine {
  ID: string;
  /** `4.18%` of one core. */
  CPUPerc: string;
  /** `473.6MiB / 1GiB`. */
  MemUsage: string;
}

/** What the tasks of a stack use, on all machines that it names. */
export async function swarmUsage(stack: SwarmStack): Promise<Omit<Usage, "stack">> {
  const { engine, swarmName } = stack;
  const [snapshot, engineOf] = await Promise.all([readSnapshot(engine, swarmName), containerEngines(stack)]);
  const running = snapshot.tasks.filter(isRunning);
  const byEngine = new Map<DockerEngine, string[]>();
  for (const { Status } of running) {
    const id = Status.ContainerStatus?.ContainerID ?? "";
    const holder = engineOf(id);
    if (holder) {
      byEngine.set(holder, [...(byEngine.get(holder) ?? []), id]);
    }
  }
  const stats = await Promise.all(
    [...byEngine].map(([holder, ids]) => holder.lines(["stats", "--no-stream", "--format", "{{json .}}", ...ids])),
  );
  const lines = stats.flat().map((line) => JSON.parse(line) as StatsLine);
  const containers = running
    .map((task) => usageOf(task, snapshot, swarmName, lines))
    .sort((left, right) => left.pod.localeCompare(right.pod));
  return { source: "docker stats", containers };
}

function usageOf(
  { NodeID, ServiceID, Slot, Spec, Status }: Task,
  { nodes, services }: Snapshot,
  swarmName: string,
  stats: readonly StatsLine[],
): ContainerUsage {
  const service = services.find(({ ID }) => ID === ServiceID);
  const app = service ? appOf(service, swarmName) : ServiceID;
  const node = nodeName(NodeID, nodes) ?? "";
  const line = stats.find(({ ID }) => ID !== "" && Status.ContainerStatus?.ContainerID?.startsWith(ID));
  const { Limits, Reservations } = Spec.Resources ?? {};
  return {
    app,
    pod: `${app}.${Slot ?? node}`,
    container: app,
    node,
    cpu: { used: line && percent(line.CPUPerc), request: cores(Reservations), limit: cores(Limits) },
    memory: {
      used: line && bytes(line.MemUsage.split("/")[0]?.trim() ?? ""),
      request: Reservations?.MemoryBytes,
      limit: Limits?.MemoryBytes,
    },
  };
}

function cores(resources: { NanoCPUs?: number } | undefined): number | undefined {
  return resources?.NanoCPUs === undefined ? undefined : resources.NanoCPUs / 1e9;
}

function percent(text: string): number | undefined {
  const value = Number(text.replace(/%$/, "")) / 100;
  return Number.isNaN(value) ? undefined : value;
}
