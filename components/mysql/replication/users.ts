import { passwordHash } from "../existing-passwords";
import {
  account,
  backupUser,
  checkedPassword,
  monitorUser,
  provisioningSql,
  sqlLines,
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
 *
 * Each may have two passwords while they are rotated, and end the former one itself.
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
 * of a replica. Replicas get what others log in with through replication.
 *
 * @param former the passwords before these; a user that has its former one keeps it beside the new one
 */
export function sourceSql(
  passwords: MemberPasswords,
  databases: readonly Database[],
  former?: MemberPasswords,
): string {
  const users = Object.keys(memberUsers) as (keyof typeof memberUsers)[];
  return [
    "STOP REPLICA;\nRESET REPLICA ALL;\n",
    provisioningSql(passwords, databases),
    sqlLines(users.flatMap((user) => ownAccount(user, passwords, former))),
  ].join("");
}

function ownAccount(user: keyof typeof memberUsers, passwords: MemberPasswords, former?: MemberPasswords): string[] {
  return memberAccount(user, memberUsers[user], passwords[user], former?.[user]);
}

/**
 * Statements that make a user of a set. Its password is set at each start, whatever it was; at the first start with another one, the one it
 * had stays valid beside it, for members that have not restarted yet. Later starts leave that one as it is: valid, or discarded.
 *
 * @param privileges what it may do, each for a statement of its own
 * @param former the password before this one
 */
export function memberAccount(
  user: string,
  privileges: readonly string[],
  password: string,
  former: string | undefined,
): string[] {
  const name = `'${user}'@'%'`;
  const given = (text: string) => passwordHash(checkedPassword(text));
  const change = (retained: string) =>
    `ALTER USER ${name} IDENTIFIED BY '${password}'${retained} REQUIRE SSL ATTRIBUTE '{"given": "${given(password)}"}'`;
  const changes =
    former === undefined || former === password
      ? [change("")]
      : [
          // A user from before its attribute was kept has the former one.
          `SET @retain = (SELECT COUNT(*) FROM information_schema.USER_ATTRIBUTES WHERE USER = '${user}' AND HOST = '%' AND COALESCE(ATTRIBUTE->>'$.given', '${given(former)}') = '${given(former)}')`,
          `SET @change = IF(@retain = 1, '${quoted(change(" RETAIN CURRENT PASSWORD"))}', '${quoted(change(""))}')`,
          "PREPARE given_password FROM @change",
          "EXECUTE given_password",
        ];
  return [
    `CREATE USER IF NOT EXISTS ${name} IDENTIFIED BY '${checkedPassword(password)}' REQUIRE SSL`,
    ...changes,
    ...[...privileges, "APPLICATION_PASSWORD_ADMIN ON *.*"].map((privilege) => `GRANT ${privilege} TO ${name}`),
  ];
}

function quoted(statement: string): string {
  return statement.replaceAll("'", "''");
}

/**
 * SQL a replica runs at each start: it takes over the passwords that its own scripts log in with, so that data which outlived its
 * passwords can be joined. Not logged: a transaction of its own would make the replica differ from the source. Nobody is connected yet.
 *
 * @param former see `sourceSql`
 */
export function replicaSql(passwords: MemberPasswords, former?: MemberPasswords): string {
  return sqlLines([
    "SET SESSION sql_log_bin = 0",
    "SET GLOBAL super_read_only = OFF",
    `ALTER USER 'root'@'localhost' IDENTIFIED BY '${checkedPassword(passwords.root)}'`,
    ...account(`'${monitorUser}'@'127.0.0.1'`, passwords.monitor, ""),
    ...ownAccount(monitorUser, passwords, former),
    "SET GLOBAL super_read_only = ON",
  ]);
}
