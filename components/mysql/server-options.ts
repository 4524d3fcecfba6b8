import {
  forcedOptions,
  serverOptionMistakes,
  valueMistakes,
  type ServerOptions,
  type Topology,
} from "../../config/mysql/server-options";
import {
  bufferPoolBytes,
  defaultMemory,
  ghostConnections,
  memoryMistakes,
  poolUnit,
  serverSize,
  sizeMistakes,
  type ServerSize,
} from "../../config/mysql/size";
import { UserError } from "../../errors";
import type { Databases } from "./users";

export type { ServerOption, ServerOptions, Topology } from "../../config/mysql/server-options";

export const mysqlPort = forcedOptions.port;
/** The image's user `mysql`. */
export const mysqlUser = 999;

/** Environment variable of a server that says to which line of MySQL its data may go for good. */
export const acceptVariable = "ACCEPT_UPGRADE";

/** What a small server runs well with, besides its size; `mysql.options` goes over it. */
export const defaultOptions: ServerOptions = {
  character_set_server: "utf8mb4",
  collation_server: "utf8mb4_0900_ai_ci",
  // Ghost schedules nothing in the server, and the scheduler adds seconds to a shutdown.
  event_scheduler: "OFF",
  // Without it, a seccomp profile makes the server log a warning per buffer pool chunk.
  innodb_numa_interleave: "OFF",
  binlog_expire_logs_seconds: 3 * 24 * 3600,
  innodb_buffer_pool_chunk_size: poolUnit,
  // What a replica holds of a transaction it applies: with the server's own 128 MiB, one of 512 MiB was too much for a limit of 768Mi.
  replica_pending_jobs_size_max: poolUnit,
};

/** What the options of a server depend on. */
export interface OptionSettings {
  /** Memory limit of the container, as a quantity. */
  memory: string;
  /** Options of the stack by the key they stand under, the later over the earlier; underscores or hyphens. */
  configured: readonly (readonly [key: string, options: ServerOptions])[];
  /** How large it has to be. */
  size: ServerSize;
  /** What a server's part in a set forces over what every server has. */
  role?: ServerOptions;
  /** Default: `single`. */
  topology?: Topology;
}

/**
 * The server's options: forced over configured over default, with pools and caches sized from the memory limit and from who uses it.
 *
 * @throws UserError for a configured option that cannot be set, and for one that is too small for the databases
 */
export function serverOptions({ configured, memory, role, size, topology = "single" }: OptionSettings): ServerOptions {
  const named = Object.fromEntries(
    configured.flatMap(([, options]) =>
      Object.entries(options).map(([name, value]) => [name.toLowerCase().replaceAll("-", "_"), value] as const),
    ),
  );
  const mistakes = [
    ...configured.flatMap(([key, options]) => [
      ...serverOptionMistakes(key, options, topology),
      ...sizeMistakes(key, options, size),
    ]),
    ...memoryMistakes(memory, named, size).map((wrong) => `mysql.memory: ${wrong}`),
  ];
  if (mistakes.length > 0) {
    throw UserError.fromMistakes("The database server cannot run with these options:", mistakes);
  }
  return {
    ...defaultOptions,
    max_connections: size.maxConnections,
    table_open_cache: size.tableOpenCache,
    table_definition_cache: size.tableDefinitionCache,
    innodb_buffer_pool_size: bufferPoolBytes(memory, named, size),
    ...named,
    ...forcedOptions,
    ...role,
  };
}

interface SizedArgs {
  databases: Databases;
  memory?: string | undefined;
  options?: ServerOptions | undefined;
  replicaOptions?: ServerOptions | undefined;
  sourceOptions?: ServerOptions | undefined;
}

/** The size of a server and its limit, given its component's arguments. */
export function sized(
  { databases, memory, options, replicaOptions, sourceOptions }: SizedArgs,
  replicas = 0,
  topology?: Topology,
): Pick<OptionSettings, "memory" | "size"> {
  const size = serverSize(
    Object.entries(databases).map(([name, { connections = ghostConnections }]) => ({ name, connections })),
    replicas,
    topology,
  );
  return { memory: memory ?? defaultMemory(size, { ...options, ...replicaOptions, ...sourceOptions }), size };
}

/**
 * The option file that `mysqld --defaults-file` reads. Any value stays a value: what the file would take for a comment, an escape or the
 * edge of a value is quoted.
 *
 * @throws UserError for a value that is no line
 */
export function optionFile(options: ServerOptions): string {
  const lines = Object.entries(options).map(([name, value]) => {
    const [wrong] = valueMistakes(value);
    if (wrong !== undefined) {
      throw new UserError(`mysql.options.${name}: ${wrong}`);
    }
    return `${name}=${value === true ? "ON" : value === false ? "OFF" : quoted(String(value))}`;
  });
  return `[mysqld]\n${lines.join("\n")}\n`;
}

function quoted(value: string): string {
  return /^[A-Za-z0-9_.,:;/*+=@%~-]*$/.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`;
}
