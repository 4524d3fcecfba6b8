import { quantityToBytes } from "../../config/quantity";
import { UserError } from "../../errors";

export const mysqlPort = 3306;
/** The image's user `mysql`. */
export const mysqlUser = 999;

const mebibyte = 2 ** 20;
/** The server rounds its buffer pool up to a multiple of this; its own 128 MiB would make a pool of 192 MiB one of 256. */
const poolUnit = 32 * mebibyte;

export type ServerOption = string | number | boolean;
export type ServerOptions = Record<string, ServerOption>;

/** What the scripts, the probes and the promise of durability rest on; cannot be changed by configuration. */
export const forcedOptions: ServerOptions = {
  datadir: "/var/lib/mysql/data",
  socket: "/run/mysqld/mysqld.sock",
  pid_file: "/run/mysqld/mysqld.pid",
  init_file: "/run/secrets/mysql/provision.sql",
  port: mysqlPort,
  bind_address: "*",
  mysqlx: "OFF",
  // An acknowledged write is on the disk: in the InnoDB log and in the binary log.
  innodb_flush_log_at_trx_commit: 1,
  sync_binlog: 1,
  // Every transaction has an identifier, a single server's too: as the source of a set, it and its replicas know what each lacks.
  gtid_mode: "ON",
  enforce_gtid_consistency: "ON",
  skip_name_resolve: "ON",
  // No client may have the server read or write files.
  secure_file_priv: "NULL",
  local_infile: "OFF",
};

/** What a small server runs well with; `mysql.options` goes over it. */
export const defaultOptions: ServerOptions = {
  character_set_server: "utf8mb4",
  collation_server: "utf8mb4_0900_ai_ci",
  // Ghost's pool holds at most 10 connections a site.
  max_connections: 151,
  table_open_cache: 400,
  table_definition_cache: 600,
  // Ghost schedules nothing in the server, and the scheduler adds seconds to a shutdown.
  event_scheduler: "OFF",
  // Without it, a seccomp profile makes the server log a warning per buffer pool chunk.
  innodb_numa_interleave: "OFF",
  binlog_expire_logs_seconds: 3 * 24 * 3600,
  innodb_buffer_pool_chunk_size: poolUnit,
  // What a replica holds of a transaction it applies: with the server's own 128 MiB, one of 512 MiB was too much for a limit of 768Mi.
  replica_pending_jobs_size_max: 32 * mebibyte,
};

/**
 * The server's options: forced over configured over default, with the buffer pool sized from the memory limit.
 *
 * @param memory memory limit of the container, as a quantity
 * @param configured options of the stack, underscores or hyphens
 * @param role what a server's part in a set forces over what every server has; default: nothing
 * @throws UserError for a configured option that is forced
 */
export function serverOptions(memory: string, configured: ServerOptions = {}, role: ServerOptions = {}): ServerOptions {
  const always = { ...forcedOptions, ...role };
  const normalised = Object.fromEntries(
    Object.entries(configured).map(([name, value]) => [name.replaceAll("-", "_"), value]),
  );
  const forced = Object.keys(normalised).filter((name) => name in always);
  if (forced.length > 0) {
    throw UserError.fromMistakes(
      "mysql.options (or sourceOptions, replicaOptions) sets what this program depends on:",
      forced.map((name) => `${name}: always ${String(always[name])}. Remove the key`),
    );
  }
  return { ...defaultOptions, innodb_buffer_pool_size: bufferPoolBytes(memory), ...normalised, ...always };
}

/**
 * What the limit leaves beside the 431 MB that the server takes idle with small caches and 64 MiB of pool (measured on 9.7), half of
 * it kept free for connections; at least 64 MiB.
 */
function bufferPoolBytes(memory: string): number {
  const beside = quantityToBytes(memory) - 370 * mebibyte;
  return Math.max(64 * mebibyte, Math.floor(beside / 2 / poolUnit) * poolUnit);
}

/** The option file that `mysqld --defaults-file` reads. */
export function optionFile(options: ServerOptions): string {
  const lines = Object.entries(options).map(
    ([name, value]) => `${name}=${value === true ? "ON" : value === false ? "OFF" : value}`,
  );
  return `[mysqld]\n${lines.join("\n")}\n`;
}
