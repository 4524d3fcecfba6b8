/**
 * Options of the MySQL server as data: which ones the program decides, and what is wrong with those of a stack. A value is a line of an
 * option file.
 */

export type ServerOption = string | number | boolean;
export type ServerOptions = Record<string, ServerOption>;

/** One server, a source with replicas, or a group that decides itself who takes writes. */
export type Topology = "single" | "replicated" | "group";

/** Where the server keeps everything that lasts. */
export const dataDirectory = "/var/lib/mysql/data";

/** Where it has its certificate, the key of that, and the root of the authority that its certificate and those of its like are from. */
export const certificateDirectory = "/run/secrets/mysql-tls";
export const authorityFile = `${certificateDirectory}/ca.crt`;
export const certificateFile = `${certificateDirectory}/tls.crt`;
export const keyFile = `${certificateDirectory}/tls.key`;

/** What the scripts, the probes and the promise of durability rest on; cannot be changed by configuration. */
export const forcedOptions = {
  datadir: dataDirectory,
  socket: "/run/mysqld/mysqld.sock",
  pid_file: "/run/mysqld/mysqld.pid",
  init_file: "/run/secrets/mysql/provision.sql",
  port: 3306,
  bind_address: "*",
  mysqlx: "OFF",
  // An acknowledged write is on the disk: in the InnoDB log and in the binary log.
  innodb_flush_log_at_trx_commit: 1,
  sync_binlog: 1,
  // Every transaction has an identifier, a single server's too: as the source of a set, it and its replicas know what each lacks.
  gtid_mode: "ON",
  enforce_gtid_consistency: "ON",
  skip_name_resolve: "ON",
  ssl_ca: authorityFile,
  ssl_cert: certificateFile,
  ssl_key: keyFile,
  // No client may have the server read or write files.
  secure_file_priv: "NULL",
  local_infile: "OFF",
} as const satisfies ServerOptions;

/** What every member of a set runs with, over those; cannot be changed by configuration. */
export const forcedMemberOptions: ServerOptions = {
  log_bin: "binlog",
  // A name without the host's: a clone of one member becomes another.
  relay_log: "relay-bin",
  // No server replicates before its transactions were compared with the source's.
  skip_replica_start: "ON",
  // A relay log that a crash has cut is thrown away, and its transactions are asked of the source again.
  relay_log_recovery: "ON",
  // A source that vanished without a word is noticed after so many seconds; the default is a minute.
  replica_net_timeout: 10,
  // Members ask each other there how replication is.
  performance_schema: "ON",
};

/** What every member of a group runs with, over those of any server; cannot be changed by configuration. */
export const forcedGroupOptions: ServerOptions = {
  init_file: "/run/secrets/mysql/member.sql",
  log_bin: "binlog",
  relay_log: "relay-bin",
  // What a member has received may have been acknowledged: it counts when a group is made again after all were lost.
  relay_log_recovery: "OFF",
  // Data of a set with a source may know one still; nobody follows it any more.
  skip_replica_start: "ON",
  performance_schema: "ON",
  // Loaded, not installed: the plugin table of a read-only member cannot be written.
  plugin_load_add: "mysql_clone.so;group_replication.so",
  // Nobody writes before the group has made this member its primary, nor after it has left.
  super_read_only: "ON",
  // Who is in the group, and when, is decided by join-group.sh, which asks every member.
  group_replication_start_on_boot: "OFF",
  group_replication_bootstrap_group: "OFF",
  group_replication_autorejoin_tries: 0,
  group_replication_exit_state_action: "READ_ONLY",
  group_replication_single_primary_mode: "ON",
  // A member that is not heard for 5 s is expelled at once; one that hears no majority gives up after 5 s more.
  group_replication_member_expel_timeout: 0,
  group_replication_unreachable_majority_timeout: 5,
  // A member says by its weight in elections that its volume has no room: group-room.sh.
  group_replication_member_weight: 50,
  // A new primary answers once it has applied what the former one had acknowledged.
  group_replication_consistency: "BEFORE_ON_PRIMARY_FAILOVER",
  // Members talk over the server's own port, as a user with a password, with TLS.
  group_replication_communication_stack: "MYSQL",
  // By the authority, which signs nobody but members: on Swarm they know each other by addresses, of which no certificate says anything.
  group_replication_ssl_mode: "VERIFY_CA",
  group_replication_recovery_use_ssl: "ON",
  group_replication_recovery_ssl_ca: authorityFile,
  group_replication_recovery_ssl_verify_server_cert: "ON",
  group_replication_ip_allowlist: "0.0.0.0/0,::/0",
  // An empty member is filled before its server starts; the server itself never replaces data.
  group_replication_clone_threshold: "9223372036854775807",
};

/** Options that no stack sets, and why. */
const refusedOptions: Record<string, string> = {
  skip_grant_tables: "lets everybody in without a password",
  skip_networking: "keeps the sites out",
  skip_ssl: "keeps everybody out: every user logs in over TLS alone",
  ssl: "is on: every user logs in over TLS alone",
  read_only: "keeps the sites from writing",
  super_read_only: "keeps the sites from writing",
  ...Object.fromEntries(
    [
      "chroot",
      "daemonize",
      "help",
      "initialize",
      "initialize_insecure",
      "user",
      "validate_config",
      "verbose",
      "version",
    ].map((name) => [name, "is for who starts the server, which is this program"]),
  ),
  ...Object.fromEntries(
    [
      "innodb_data_home_dir",
      "innodb_directories",
      "innodb_doublewrite_dir",
      "innodb_log_group_home_dir",
      "innodb_undo_directory",
    ].map((name) => [name, "would keep data outside the one directory that is made, cloned and saved as a whole"]),
  ),
};

/** What each member is given when it starts. */
const perMember = {
  server_id: "comes with a member's number",
  report_host: "is a member's name",
  group_replication_local_address: "is a member's name",
  group_replication_group_name: "follows from the server's name",
  group_replication_group_seeds: "are the members' names",
};

const forcedOfTopology: Record<Topology, ServerOptions> = {
  single: {},
  replicated: forcedMemberOptions,
  group: forcedGroupOptions,
};

/** Options that count when a data directory is made or cloned, and so must be the same for every member of a set. */
const lastingOptions = [
  "lower_case_table_names",
  "innodb_page_size",
  "innodb_data_file_path",
  "character_set_server",
  "collation_server",
];

/** Options that name a file or a folder into which the server writes. */
const writtenPaths = [
  "general_log_file",
  "innodb_temp_tablespaces_dir",
  "innodb_tmpdir",
  "log_bin",
  "log_bin_index",
  "log_error",
  "relay_log",
  "relay_log_index",
  "replica_load_tmpdir",
  "slow_query_log_file",
  "tmpdir",
];

/** The server cuts a longer line of an option file into several. */
const longestValue = 2000;

/** An option by the name that the server's documentation has: hyphens, `loose-` and `slave` are further ways to write it. */
function optionName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll("-", "_")
    .replace(/^(loose_)+/, "")
    .replaceAll("slave", "replica");
}

/** Every option that a name may set or unset, itself first: `skip-`, `disable-`, `enable-` and `maximum-` go before any. */
export function meantBy(name: string): string[] {
  const plain = optionName(name);
  const rest = /^(?:skip|disable|enable|maximum)_(.+)$/.exec(plain)?.[1];
  return [plain, ...(rest === undefined ? [] : meantBy(rest))];
}

/**
 * What is wrong with the server options of a stack. Each begins with the key.
 *
 * @param key where they stand, for example `mysql.options`
 * @param topology what the server is a member of, or `single`
 */
export function serverOptionMistakes(key: string, options: ServerOptions, topology: Topology): string[] {
  const forced: ServerOptions = { ...forcedOptions, ...forcedOfTopology[topology] };
  const refused: Record<string, string> = { ...refusedOptions, ...(topology === "single" ? {} : perMember) };
  const ofOneRole = key !== "mysql.options";
  return Object.entries(options).flatMap(([name, value]) => {
    const at = `${key}.${name}`;
    const [plain = name] = meantBy(name);
    const always = meantBy(name).find((meant) => meant in forced);
    if (always !== undefined) {
      return [`${at}: this program depends on ${always}: always ${String(forced[always])}. Remove the key`];
    }
    const reason = meantBy(name).find((meant) => meant in refused);
    if (reason !== undefined) {
      return [`${at}: ${reason} ${refused[reason] ?? ""}. Remove the key`];
    }
    if (ofOneRole && lastingOptions.includes(plain)) {
      return [`${at}: the members of a set copy each other's data, and need the same. Set it in mysql.options`];
    }
    return [...valueMistakes(value), ...meaningMistakes(plain, value)].map((wrong) => `${at}: ${wrong}`);
  });
}

/** What is wrong with a value that has to be a line of an option file. */
export function valueMistakes(value: ServerOption): string[] {
  const text = String(value);
  // oxlint-disable-next-line no-control-regex -- it is about them
  if (/[\u0000-\u001f\u007f\u0085\u2028\u2029]/.test(text)) {
    return [
      "must be one line, without control characters: what comes after a line break would be an option of its own",
    ];
  }
  return Buffer.byteLength(text) > longestValue
    ? [`must have at most ${longestValue} bytes (got ${Buffer.byteLength(text)}). The server reads no longer line`]
    : [];
}

function meaningMistakes(name: string, value: ServerOption): string[] {
  const text = String(value);
  if (
    writtenPaths.includes(name) &&
    text.startsWith("/") &&
    !/^(\/var\/lib\/mysql\/data|\/tmp)(\/(?!\.\.)|$)/.test(text)
  ) {
    return [`the server can write below ${dataDirectory} and /tmp alone (got ${text}). Name a place there`];
  }
  if (name === "lower_case_table_names" && !["0", "1"].includes(text)) {
    return [`must be 0 or 1 on Linux (got ${text})`];
  }
  if (name === "innodb_page_size" && !/^(4k|8k|16k|32k|64k|4096|8192|16384|32768|65536)$/i.test(text)) {
    return [`must be 4k, 8k, 16k, 32k or 64k (got ${text})`];
  }
  if (name === "default_time_zone" && !isTimeZone(text)) {
    return [`must be SYSTEM, an offset such as "+02:00", or a zone such as Europe/Berlin (got ${text})`];
  }
  return [];
}

function isTimeZone(zone: string): boolean {
  if (/^(system|[+-](0?\d|1[0-4]):[0-5]\d)$/i.test(zone)) {
    return true;
  }
  try {
    return (
      /^[A-Za-z]/.test(zone) && new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== ""
    );
  } catch {
    return false;
  }
}
