import {
  account,
  backupUser,
  checkedPassword,
  monitorUser,
  provisioningSql,
  type Database,
  type ServerPasswords,
} from "../users";

/**
 * Who may log in to a member of a replicated set, beside the users every server has (see `../users.ts`).
 *
 * | user | from | may | used by |
 * |---|---|---|---|
 * | replication | anywhere, TLS only | read the binary log | replicas |
 * | clone | anywhere, TLS only | copy the whole server | a member without data |
 * | monitor | anywhere, TLS only | read the state of replication, no data | members that ask each other, probes, `ops mysql status` |
 * | backup | anywhere, TLS only | read everything, lock a backup | logical and physical backups |
 */
export const memberUsers = {
  replication: ["REPLICATION SLAVE ON *.*"],
  clone: ["BACKUP_ADMIN ON *.*"],
  [monitorUser]: ["REPLICATION CLIENT ON *.*", "SELECT ON performance_schema.*"],
  [backupUser]: [
    "SELECT, SHOW VIEW, EVENT, TRIGGER, LOCK TABLES, RELOAD, PROCESS, REPLICATION CLIENT ON *.*",
    "BACKUP_ADMIN ON *.*",
  ],
} as const;

/** Passwords of the users that belong to a set rather than to a database. */
export interface MemberPasswords extends ServerPasswords {
  replication: string;
  clone: string;
}

/**
 * SQL the source runs at each start: what a single server runs, the users of the set, and an end to replication that came with a clone
 * of a replica. Replicas get all of it through replication.
 */
export function sourceSql(passwords: MemberPasswords, databases: readonly Database[]): string {
  return [
    "STOP REPLICA;\nRESET REPLICA ALL;\n",
    provisioningSql(passwords, databases),
    ...Object.entries(memberUsers).flatMap(([name, privileges]) => {
      const anywhere = `'${name}'@'%'`;
      return [
        ...account(anywhere, passwords[name as keyof typeof memberUsers], " REQUIRE SSL"),
        ...privileges.map((privilege) => `GRANT ${privilege} TO ${anywhere}`),
      ].map((statement) => `${statement};\n`);
    }),
  ].join("");
}

/**
 * SQL a replica runs at each start: it takes over the passwords that its own scripts log in with, so that data which outlived its
 * passwords can be joined. Not logged: a transaction of its own would make the replica differ from the source. Nobody is connected yet.
 */
export function replicaSql(passwords: MemberPasswords): string {
  return [
    "SET SESSION sql_log_bin = 0",
    "SET GLOBAL super_read_only = OFF",
    `ALTER USER 'root'@'localhost' IDENTIFIED BY '${checkedPassword(passwords.root)}'`,
    ...account(`'${monitorUser}'@'127.0.0.1'`, passwords.monitor, ""),
    ...account(`'${monitorUser}'@'%'`, passwords.monitor, " REQUIRE SSL"),
    ...memberUsers[monitorUser].map((privilege) => `GRANT ${privilege} TO '${monitorUser}'@'%'`),
    "SET GLOBAL super_read_only = ON",
  ]
    .map((statement) => `${statement};\n`)
    .join("");
}
