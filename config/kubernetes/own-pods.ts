/** What a pod of this program has already, so that nothing that a person adds may have it, too. */
export interface OwnPod {
  containers: readonly string[];
  /** Volumes that hold no secret and are always there: what is added may mount them. */
  shared: readonly string[];
  /** All others. */
  volumes: readonly string[];
  /** Where the app's own container has volumes. */
  mountPaths: readonly string[];
  ports: readonly number[];
  portNames: readonly string[];
}

/** The pods to which something may be added. What stands here is compared with what the components declare by a test. */
export const ownPods = {
  ghost: {
    containers: ["volume-permissions", "ghost-init", "database-migrate", "log-forwarder", "ghost"],
    shared: ["content", "ghost-logs", "tmp"],
    volumes: ["log-forwarder", "scripts", "database-password", "mail-password", "owner", "settings"],
    mountPaths: [
      ...["/var/lib/ghost/content", "/var/log/ghost", "/tmp", "/scripts"],
      ...["/run/secrets/ghost", "/run/secrets/ghost-mail", "/run/secrets/ghost-settings"],
    ],
    ports: [2368],
    portNames: ["http"],
  },
  mysql: {
    containers: ["volume-permissions", "existing-passwords", "initialise", "mysql"],
    shared: ["data", "run", "tmp"],
    volumes: ["configuration", "server", "filled-passwords", "existing-passwords", "certificate", "set"],
    mountPaths: [
      ...[
        "/var/lib/mysql",
        "/run/mysqld",
        "/tmp",
        "/scripts",
        "/run/secrets/mysql",
        "/run/secrets/mysql-marked",
        "/run/secrets/mysql-tls",
      ],
      ...["server.cnf", "source.cnf", "replica.cnf", "group.cnf", "set"].map((file) => `/etc/ghost-platform/${file}`),
    ],
    ports: [3306, 33060, 33061],
    portNames: ["mysql"],
  },
  mailpit: {
    containers: ["volume-permissions", "mailpit"],
    shared: ["mail", "tmp"],
    volumes: ["logins", "scripts"],
    mountPaths: ["/maildir", "/tmp", "/run/secrets/mailpit"],
    ports: [1025, 8025],
    portNames: ["smtp", "http"],
  },
} as const satisfies Record<string, OwnPod>;
