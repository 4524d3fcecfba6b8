import { forcedMemberOptions } from "../../../config/mysql/server-options";
import { serverOptions, type OptionSettings, type ServerOptions } from "../server-options";

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
 * @param configured options of the stack, the same for source and replicas
 * @param settings how the set replicates, with what goes over those for one role
 * @throws UserError as `serverOptions`
 */
export function memberServerOptions(
  role: MemberRole,
  { memory, size }: Pick<OptionSettings, "memory" | "size">,
  configured: ServerOptions = {},
  settings: ReplicationSettings = {},
): ServerOptions {
  const key = `${role}Options` as const;
  return serverOptions({
    memory,
    size,
    configured: [
      ["mysql.options", configured],
      [`mysql.${key}`, settings[key] ?? {}],
    ],
    topology: "replicated",
    role: {
      ...forcedMemberOptions,
      // Loaded, not installed: the plugin table of a read-only member cannot be written.
      plugin_load_add: "mysql_clone.so",
      ...roleOptions[role],
      ...(settings.semiSync ? semiSyncOptions[role] : {}),
    },
  });
}
