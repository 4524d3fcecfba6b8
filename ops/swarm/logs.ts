import type { DockerEngine } from "../../engines/docker-engine";
import { stackLabel } from "../../platforms/swarm/stack";
import { timedLine, type LogLine, type LogOptions, type LogSource } from "../log-source";

/** The longest a timer can wait, some 24 days: following ends when the person ends it. */
const endlessSeconds = 2_147_483;

/** The logs of a stack's services; a service is its only container. */
export async function logSource(engine: DockerEngine, swarmName: string): Promise<LogSource> {
  const services = await engine.lines([
    "service",
    "ls",
    "--filter",
    `label=${stackLabel}=${swarmName}`,
    "--format",
    "{{.Name}}",
  ]);
  const apps = services.map((service) => shortName(service, swarmName));
  const chosen = ({ app, container }: LogOptions) =>
    services.filter((service) => {
      const name = shortName(service, swarmName);
      const isChosen = app === undefined || name === app || name.startsWith(`${app}-`);
      return isChosen && (container === undefined || name === container);
    });
  return {
    apps: [...apps, ...apps.map((app) => app.split("-")[0] ?? app)],
    containers: apps,
    read: async (options) => {
      const read = await Promise.all(
        chosen(options).map((service) => engine.docker(logArguments(service, options), { timeout: 120 })),
      );
      return read.flatMap(({ stderr, stdout }) =>
        [...stdout.split("\n"), ...stderr.split("\n")].flatMap((text) => taskLine(text, swarmName) ?? []),
      );
    },
    follow: async (options, onLine) => {
      await Promise.all(
        chosen(options).map((service) =>
          engine.docker([...logArguments(service, options), "--follow"], {
            timeout: endlessSeconds,
            onLine: (text) => {
              const line = taskLine(text, swarmName);
              if (line) {
                onLine(line);
              }
            },
          }),
        ),
      );
    },
  };
}

function shortName(service: string, swarmName: string): string {
  return service.replace(`${swarmName}_`, "");
}

function logArguments(service: string, { since, tail }: LogOptions): string[] {
  return [
    "service",
    "logs",
    "--timestamps",
    "--no-trunc",
    ...(since === undefined ? [] : ["--since", since]),
    ...(tail === undefined ? [] : ["--tail", String(tail)]),
    service,
  ];
}

/**
 * A line of `docker service logs --timestamps`: the time, the task with its id and node, a bar, and what was written. Undefined for
 * anything else.
 */
export function taskLine(text: string, swarmName: string): LogLine | undefined {
  const timed = timedLine(text);
  const [, task, line] = /^(\S+)\.[a-z0-9]+@\S+\s*\| ?(.*)$/.exec(timed?.line ?? "") ?? [];
  if (!timed || task === undefined || line === undefined) {
    return undefined;
  }
  const pod = shortName(task, swarmName);
  return { time: timed.time, pod, container: pod.replace(/\.[^.]*$/, ""), line };
}
