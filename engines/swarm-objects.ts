import { stackLabel } from "../platforms/swarm/stack";
import type { DockerEngine } from "./docker-engine";
import { type RunOptions } from "./process";
import { CommandError, type Completed } from "../errors";

/*
 * A swarm is read in two steps: ids are listed, then looked at. In between, tasks are forgotten and services removed at any time.
 */

/** A kind of object that docker lists and inspects. */
export type InspectedKind = "config" | "node" | "secret" | "service" | "task";

/** Ids of the services of a stack. */
export function servicesOf(engine: DockerEngine, name: string): Promise<string[]> {
  return engine.lines(["service", "ls", "--quiet", "--filter", `label=${stackLabel}=${name}`]);
}

/**
 * Ids of the tasks of services that were listed a moment ago; those of services that have gone since are left out.
 *
 * @param filters as `docker service ps` has them, for example `desired-state=running`
 */
export async function tasksOf(
  engine: DockerEngine,
  services: readonly string[],
  filters: readonly string[] = [],
): Promise<string[]> {
  if (services.length === 0) {
    return [];
  }
  return taskLines(engine, services, ["--quiet", ...filters.flatMap((filter) => ["--filter", filter])]);
}

/**
 * What `docker service ps FLAGS` prints of services that were listed a moment ago, by line; nothing of those that have gone since.
 */
export async function taskLines(
  engine: DockerEngine,
  services: readonly string[],
  flags: readonly string[],
): Promise<string[]> {
  const text = await withoutThoseGone(() => engine.docker(["service", "ps", "--no-trunc", ...flags, ...services]));
  return text.split("\n").filter((line) => line.trim() !== "");
}

/** What the engine says of objects that were listed a moment ago; those that have gone since are left out. */
export async function inspected<Item>(
  engine: DockerEngine,
  kind: InspectedKind,
  ids: readonly string[],
  options?: RunOptions,
): Promise<Item[]> {
  if (ids.length === 0) {
    return [];
  }
  const command = kind === "task" ? ["inspect", "--type", "task"] : [kind, "inspect"];
  const text = await withoutThoseGone(() => engine.docker([...command, ...ids], options));
  return JSON.parse(text) as Item[];
}

/**
 * Standard output of a command on several objects. Of those that are there docker prints all, and then fails for those that are not.
 *
 * @throws CommandError where it fails for any other reason: what it has printed is not all then
 */
async function withoutThoseGone(command: () => Promise<Completed>): Promise<string> {
  try {
    return (await command()).stdout;
  } catch (error) {
    if (error instanceof CommandError && error.status !== undefined) {
      const complaints = error.streams.stderr.split("\n").filter((line) => line.trim() !== "");
      if (complaints.length > 0 && complaints.every((line) => /no such|not found/i.test(line))) {
        return error.streams.stdout;
      }
    }
    throw error;
  }
}

/**
 * A container of a service that runs on this engine; undefined where none does.
 *
 * @param service its full name
 */
export async function containerOn(engine: DockerEngine, service: string): Promise<string | undefined> {
  const label = `label=com.docker.swarm.service.name=${service}`;
  const [container] = await engine.lines(["ps", "--quiet", "--filter", label]);
  return container;
}
