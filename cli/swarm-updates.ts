import { UserError } from "../errors";
import { stackLabel } from "../platforms/swarm/stack";
import type { DockerEngine } from "./docker-engine";
import { interruption } from "./interruption";
import type { Report } from "./progress";

interface Service {
  ID: string;
  Spec: { Name: string; TaskTemplate: TaskTemplate };
  UpdateStatus?: { State?: string; Message?: string };
}
interface Task {
  ServiceID: string;
  DesiredState: string;
  Spec: TaskTemplate;
}
interface TaskTemplate {
  ContainerSpec?: object;
  ForceUpdate?: number;
}

/**
 * Waits until every task of a stack is what its service now asks for. `docker stack deploy` returns when an update begins, and a service whose
 * new tasks start first looks complete all the while.
 *
 * Call it after a deployment that has touched every service, as `docker stack deploy` does: what an earlier update came to is forgotten then.
 *
 * @param deadline when to give up, as `Date.now()` tells the time
 * @throws UserError for an update that the engine rolled back or paused, with what it says
 */
export async function updatesComplete(
  engine: DockerEngine,
  name: string,
  deadline: number,
  report: Report,
): Promise<void> {
  for (;;) {
    interruption.throwIfInterrupted();
    const services = await inspected<Service>(engine, ["service", "inspect"], await servicesOf(engine, name));
    const tasks = await wantedTasks<Task>(
      engine,
      services.map(({ ID }) => ID),
    );
    const settled = services.filter(({ UpdateStatus }) => isBack(UpdateStatus?.State));
    const updating = services.filter((service) => isUpdating(service, tasks));
    if (updating.length === 0 && settled.length > 0) {
      throw UserError.fromMistakes(
        `The update of stack ${name} failed. Its new tasks did not get well, so the engine went back to what ran before:`,
        settled.map(
          ({ Spec, UpdateStatus }) =>
            `${Spec.Name}: ${UpdateStatus?.Message ?? UpdateStatus?.State ?? ""}. See why: docker --host ${engine.host} service ps --no-trunc ${Spec.Name}`,
        ),
      );
    }
    if (updating.length === 0) {
      return;
    }
    const told = updating.map(
      ({ Spec, UpdateStatus }) => `${Spec.Name}: ${UpdateStatus?.Message ?? "update in progress"}`,
    );
    report(told.join(", "));
    if (Date.now() > deadline) {
      throw UserError.fromMistakes(`The update of stack ${name} takes longer than it may:`, told);
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/** Ids of the services of a stack. */
export function servicesOf(engine: DockerEngine, name: string): Promise<string[]> {
  return engine.lines(["service", "ls", "--quiet", "--filter", `label=${stackLabel}=${name}`]);
}

/** What the engine says of services, tasks or other objects. */
export async function inspected<Item>(
  engine: DockerEngine,
  command: string[],
  ids: readonly string[],
): Promise<Item[]> {
  if (ids.length === 0) {
    return [];
  }
  const { stdout } = await engine.docker([...command, ...ids]);
  return JSON.parse(stdout) as Item[];
}

/** The tasks of services that are to run, each as the service was when it was made. */
export async function wantedTasks<Task>(engine: DockerEngine, services: readonly string[]): Promise<Task[]> {
  const ids = await Promise.all(
    services.map((id) =>
      engine.lines(["service", "ps", "--quiet", "--no-trunc", "--filter", "desired-state=running", id]),
    ),
  );
  return inspected<Task>(engine, ["inspect", "--type", "task"], ids.flat());
}

/** Whether an update ended with the service as it was before. */
function isBack(state: string | undefined): boolean {
  return state === "rollback_completed" || state === "rollback_paused" || state === "paused";
}

function isUpdating({ ID, Spec, UpdateStatus }: Service, tasks: readonly Task[]): boolean {
  const state = UpdateStatus?.State;
  if (state === "updating" || state === "rollback_started") {
    return true;
  }
  // The engine takes a moment to say that it updates.
  const wanted = comparable(Spec.TaskTemplate);
  return !isBack(state) && tasks.some((task) => task.ServiceID === ID && comparable(task.Spec) !== wanted);
}

/** A task's container, without what the engine fills in on one side only. */
function comparable({ ContainerSpec, ForceUpdate = 0 }: TaskTemplate): string {
  return JSON.stringify([withoutDefaults(ContainerSpec), ForceUpdate]);
}

function withoutDefaults(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(withoutDefaults);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const entries = Object.entries(value)
    .map(([key, item]) => [key, withoutDefaults(item)] as const)
    .filter(([, item]) => !isDefault(item))
    .sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries);
}

function isDefault(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === false ||
    value === 0 ||
    value === "" ||
    (typeof value === "object" && Object.keys(value).length === 0)
  );
}
