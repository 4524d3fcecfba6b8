import { serverOptions, type ServerOptions } from "../server-options";

export type MemberRole = "source" | "replica";

/** How a set replicates; the same for every member. */
export interface ReplicationSettings {
  /**
   * Whether a write is acknowledged only once a replica has it on its disk too. Costs a round trip a write; without a replica that
   * answers within a second, writes go on without. Default false.
   */
  semiSync?: boolean;
  /** Server options of the source alone, over `options`. Default: none. */
  sourceOptions?: ServerOptions;
  /** Server options of the replicas alone, over `options`. Default: none. */
  replicaOptions?: ServerOptions;
}

/** What every member runs with; cannot be changed by configuration. */
const memberOptions: ServerOptions = {
  log_bin: "binlog",
  // A name without the host's: a clone of one member becomes another.
  relay_log: "relay-bin",
  // No server replicates before its transactions were compared with the source's.
  skip_replica_start: "ON",
  // A relay log that a crash has cut is thrown away, and its transactions are asked of the source again.
  relay_log_recovery: "ON",
  // A source that vanished without a word is noticed after so many seconds; the default is a minute.
  replica_net_timeout: 10,
};

const roleOptions: Record<MemberRole, ServerOptions> = {
  source: { init_file: "/run/secrets/mysql/source.sql" },
  replica: { init_file: "/run/secrets/mysql/replica.sql", super_read_only: "ON" },
};

const semiSyncOptions: Record<MemberRole, ServerOptions> = {
  source: {
    plugin_load_add: "mysql_clone.so;semisync_source.so",
    rpl_semi_sync_source_enabled: "ON",
    rpl_semi_sync_source_timeout: 1000,
  },
  replica: { plugin_load_add: "mysql_clone.so;semisync_replica.so", rpl_semi_sync_replica_enabled: "ON" },
};

/**
 * Server options of a member by its role. The server's id and the name it reports come with its ordinal, when it starts.
 *
 * @param memory memory limit of the container, as a quantity
 * @param configured options of the stack, the same for source and replicas
 * @param settings how the set replicates, with what goes over those for one role
 * @throws UserError for a configured option that is forced
 */
export function memberServerOptions(
  role: MemberRole,
  memory: string,
  configured: ServerOptions = {},
  settings: ReplicationSettings = {},
): ServerOptions {
  const own = role === "source" ? settings.sourceOptions : settings.replicaOptions;
  return serverOptions(
    memory,
    { ...configured, ...own },
    {
      ...memberOptions,
      // Loaded, not installed: the plugin table of a read-only member cannot be written.
      plugin_load_add: "mysql_clone.so",
      ...roleOptions[role],
      ...(settings.semiSync ? semiSyncOptions[role] : {}),
    },
  );
}
