import { TooMuchOutput, UserError } from "../errors";
import * as kubernetes from "./kubernetes/logs";
import type { Stack } from "../home/stack";
import type { LogLine, LogOptions } from "./log-source";
import * as swarm from "./swarm/logs";

/**
 * Shows the lines of a stack's containers: those there are in order of time, then new ones as they come.
 *
 * @throws UserError for an app or container that the stack does not have
 */
export async function showLogs(stack: Stack, options: LogOptions, onLine: (line: LogLine) => void): Promise<void> {
  const source =
    stack.platform === "kubernetes"
      ? await kubernetes.logSource(stack.cluster)
      : await swarm.logSource(stack.engine, stack.swarmName);
  if (source.apps.length === 0) {
    throw new UserError(`Nothing of stack ${stack.name} is there. Deploy it: npm start -- --stack ${stack.name}`);
  }
  mustBeOneOf("app", options.app, source.apps);
  mustBeOneOf("container", options.container, source.containers);
  if (options.follow) {
    await source.follow(options, onLine);
    return;
  }
  try {
    inOrder(await source.read(options)).forEach(onLine);
  } catch (error) {
    throw error instanceof TooMuchOutput
      ? new UserError(
          "There are more lines than can be put in order at once. Ask for fewer: --tail 10000, or --since 1h",
        )
      : error;
  }
}

function mustBeOneOf(what: string, name: string | undefined, known: readonly string[]): void {
  if (name !== undefined && !known.includes(name)) {
    throw new UserError(`There is no ${what} "${name}". There are: ${[...new Set(known)].sort().join(", ")}`);
  }
}

/** Lines in order of time; those of one moment stay as they came. */
export function inOrder(lines: readonly LogLine[]): LogLine[] {
  return [...lines].sort((left, right) => left.time.localeCompare(right.time));
}

/** A line for a person, after what wrote it: `mysql-0/mysql | ready for connections`. */
export function prefixedLine({ container, line, pod }: LogLine, paint: (prefix: string) => string): string {
  const prefix = pod.startsWith(`${container}.`) ? pod : `${pod}/${container}`;
  return `${paint(prefix)} | ${line}`;
}
