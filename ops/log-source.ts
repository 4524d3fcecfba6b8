import { stripVTControlCharacters } from "node:util";

/** Which lines to show. */
export interface LogOptions {
  /** Only this app, for example `ghost-blog`, or every app of a name, for example `ghost`. */
  app?: string | undefined;
  /** Only containers of this name, for example `database-migrate`. */
  container?: string | undefined;
  /** Go on with new lines until Ctrl-C, those of new containers too. */
  follow: boolean;
  /** Only newer than that, for example `10m`. */
  since?: string | undefined;
  /** Only so many last lines of each container. Absent: all. */
  tail?: number | undefined;
}

/** A line that a container has written. The shape of a line of `logs --json`. */
export interface LogLine {
  /** When, ISO 8601 to the nanosecond. */
  time: string;
  /** Pod, or task such as `mysql.1`. */
  pod: string;
  container: string;
  line: string;
}

/** What a platform offers: apps and containers to choose from, and their lines. */
export interface LogSource {
  /** Names that `app` may have. */
  apps: string[];
  /** Names that `container` may have. */
  containers: string[];
  /** The lines there are, in any order. */
  read(options: LogOptions): Promise<LogLine[]>;
  /** Calls back with each line from now on; does not return by itself. */
  follow(options: LogOptions, onLine: (line: LogLine) => void): Promise<void>;
}

const stamped = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) ?(.*)$/;

/**
 * A line that begins with its time, without colours and other control characters: what a container writes must not steer the terminal.
 * Undefined for one without time, such as a message of the program that reads the log.
 */
export function timedLine(text: string): { time: string; line: string } | undefined {
  const [, time, line] = stamped.exec(text) ?? [];
  return time === undefined || line === undefined ? undefined : { time, line: stripVTControlCharacters(line) };
}
