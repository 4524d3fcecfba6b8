import { UserError } from "../../errors";
import type { DockerEngine } from "../../engines/docker-engine";
import { interruption } from "../../terminal/interruption";
import type { Report } from "../../terminal/progress";
import { inspected, servicesOf, tasksOf } from "../../engines/swarm-objects";

/** A service as the engine tells it. */
export interface Service {
  ID: string;
  Spec: { Name: string; TaskTemplate: TaskTemplate };
  UpdateStatus?: { State?: string; Message?: string; StartedAt?: string };
}
/** A task as the engine tells it. */
export interface Task {
  ServiceID: string;
  Spec: TaskTemplate;
}
interface TaskTemplate {
  ContainerSpec?: object;
  ForceUpdate?: number;
}

/** What the last update of each service has come to, by the service's id. */
export type UpdateStates = ReadonlyMap<string, string>;

/** What the engine says of the last updates of a stack's services. */
export async function updateStates(engine: DockerEngine, name: string): Promise<UpdateStates> {
  const services = await inspected<Service>(engine, "service", await servicesOf(engine, name));
  return new Map(services.map((service) => [service.ID, stateOf(service)]));
}

function stateOf({ UpdateStatus = {} }: Service): string {
  return JSON.stringify(UpdateStatus);
}

/**
 * Waits until every task of a stack is what its service now asks for. `docker stack deploy` returns when an update begins, Pulumi's provider
 * when as many tasks run as should, and a service whose new tasks start first looks complete all the while.
 *
 * @param before the states before the deployment: what an earlier update came to is no failure of this one
 * @param deadline when to give up, as `Date.now()` tells the time
 * @throws UserError for an update that the engine rolled back or paused, with what it says
 */
export async function updatesComplete(
  engine: DockerEngine,
  name: string,
  before: UpdateStates,
  deadline: number,
  report: Report,
): Promise<void> {
  for (;;) {
    interruption.throwIfInterrupted();
    const services = await inspected<Service>(engine, "service", await servicesOf(engine, name));
    const tasks = await desiredTasks<Task>(
      engine,
      services.map(({ ID }) => ID),
    );
    const { failed, updating } = progressOf(services, tasks, before);
    if (updating.length === 0 && failed.length > 0) {
      throw UserError.fromMistakes(
        `The update of stack ${name} failed. Its new tasks did not get well, so the engine went back to what ran before:`,
        failed.map(
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

/** The services whose update goes on, and those that went back to what ran before since `before`. */
export function progressOf(
  services: readonly Service[],
  tasks: readonly Task[],
  before: UpdateStates,
): { updating: Service[]; failed: Service[] } {
  return {
    updating: services.filter((service) => isUpdating(service, tasks)),
    failed: services.filter(
      (service) => isBack(service.UpdateStatus?.State) && stateOf(service) !== before.get(service.ID),
    ),
  };
}

/** The tasks of services that are to run, each as the service was when it was made. */
export async function desiredTasks<Task>(engine: DockerEngine, services: readonly string[]): Promise<Task[]> {
  return inspected<Task>(engine, "task", await tasksOf(engine, services, ["desired-state=running"]));
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
