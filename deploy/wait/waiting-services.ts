import { stackLabel } from "../../platforms/swarm/stack";
import type { DockerEngine } from "../../engines/docker-engine";
import { taskLines } from "../../engines/swarm-objects";

/** A task that is refused over and over for so long will not come up by itself. */
const patienceSeconds = 60;
/** So many failed tasks of a service mean that the next one will fail, too. */
const lastingFailures = 4;

/** A service that runs fewer tasks than it should. */
export interface WaitingService {
  name: string;
  /** Running and wanted tasks, for example `0/1`. */
  replicas: string;
  /** What its newest task does, for example `starting`. */
  state: string;
  /** Why that task does not run, such as a missing image or a placement that no node meets; empty where nothing is wrong. */
  error: string;
  /** Whether no node takes the task, so that no program of it ever ran. */
  refused: boolean;
}

/** The services of a stack that run fewer tasks than they should; what is unhealthy does not count as running. */
export async function waitingServices(engine: DockerEngine, stack: string): Promise<WaitingService[]> {
  const listed = ["service", "ls", "--filter", `label=${stackLabel}=${stack}`, "--format", "{{json .}}"];
  const services = (await engine.lines(listed)).map((line) => JSON.parse(line) as { Name: string; Replicas: string });
  const waiting: WaitingService[] = [];
  for (const { Name, Replicas } of services.filter((service) => !isComplete(service.Replicas))) {
    const tasks = await taskLines(engine, [Name], ["--format", "{{json .}}"]);
    waiting.push({ name: Name, replicas: Replicas, ...toldBy(tasks.map((line) => JSON.parse(line) as TaskLine)) });
  }
  return waiting;
}

/** Tells whether something has been in the way without a break for so long that it will not go by itself. */
export class Patience {
  private since: number | undefined;

  /** @param isInTheWay whether it is so now; to be asked again and again */
  isOver(isInTheWay: boolean): boolean {
    this.since = isInTheWay ? (this.since ?? Date.now()) : undefined;
    return this.since !== undefined && Date.now() - this.since > patienceSeconds * 1000;
  }
}

/** Whether `1/1` or `3/3 (max 1 per node)` has all its tasks. A job, such as `0/1 (1/1 completed)`, is none that goes on running. */
export function isComplete(replicas: string): boolean {
  if (/ completed\)$/.test(replicas)) {
    return true;
  }
  const [, running, wanted] = /^(\d+)\/(\d+)/.exec(replicas) ?? [];
  return running !== undefined && running === wanted;
}

/** A task as `docker service ps` shows it. */
interface TaskLine {
  /** For example `Rejected 3 seconds ago`. */
  CurrentState: string;
  Error?: string;
  /** For example `ghost:6.65.0`. */
  Image?: string;
}

/** What the tasks of a service say, the newest first. */
function toldBy([newest, ...earlier]: readonly TaskLine[]): Pick<WaitingService, "state" | "error" | "refused"> {
  // One that failed may do better the next time; one that fails over and over looks well for a moment after each start.
  // What another image did says nothing of this one.
  const failed = earlier.filter((task) => errorOf(task) !== "" && task.Image === newest?.Image);
  const lasting = failed.length >= lastingFailures ? failed[0] : undefined;
  const telling = errorOf(newest) === "" ? lasting : newest;
  return {
    state: stateOf(newest) || "no task yet",
    error: errorOf(telling),
    refused: errorOf(telling) !== "" && ["pending", "rejected"].includes(stateOf(telling)),
  };
}

function errorOf(task: TaskLine | undefined): string {
  return task?.Error?.trim() ?? "";
}

function stateOf(task: TaskLine | undefined): string {
  return task?.CurrentState.split(" ")[0]?.toLowerCase() ?? "";
}
