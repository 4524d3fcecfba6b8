import type { DockerEngine } from "../../cli/docker-engine";
import { bytes } from "../bytes";
import type { ContainerUsage, Usage } from "../metrics";
import { appOf, isRunning, nodeName, readSnapshot, type Snapshot, type Task } from "./tasks";

/** A line of `docker stats` in its JSON form: for people, so numbers carry units. */
interface StatsLine {
  ID: string;
  /** `4.18%` of one core. */
  CPUPerc: string;
  /** `473.6MiB / 1GiB`. */
  MemUsage: string;
}

/** What the tasks of a stack use on the node that we speak to. Other nodes know their own only. */
export async function swarmUsage(engine: DockerEngine, swarmName: string): Promise<Omit<Usage, "stack">> {
  const snapshot = await readSnapshot(engine, swarmName);
  const running = snapshot.tasks.filter(isRunning);
  const here = await engine.lines(["ps", "--quiet", "--no-trunc"]);
  const local = running.filter(({ Status }) => here.includes(Status.ContainerStatus?.ContainerID ?? ""));
  const ids = local.map(({ Status }) => Status.ContainerStatus?.ContainerID ?? "");
  const stats = ids.length === 0 ? [] : await engine.lines(["stats", "--no-stream", "--format", "{{json .}}", ...ids]);
  const lines = stats.map((line) => JSON.parse(line) as StatsLine);
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
