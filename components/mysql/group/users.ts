import { checkedPassword, localAccounts, monitorUser, backupUser, sqlLines, type ServerPasswords } from "../users";
import { memberAccount, memberUsers } from "../replication/users";

/**
 * Who may log in to a member of a group, beside the users every server has (see `../users.ts`).
 *
 * | user | from | may | used by |
 * |---|---|---|---|
 * | group | anywhere, TLS only | be a member: exchange messages, send what another lacks | members |
 * | clone | anywhere, TLS only | copy the whole server | a member without data |
 * | monitor | anywhere, TLS only | read the state of the group, no data | members that ask each other, probes, `ops mysql status` |
 * | backup | anywhere, TLS only | read everything, lock a backup | backups |
 * | probe | anywhere, without a password | read who is in the group, nothing else | the proxy, which cannot keep a secret in a check |
 *
 * Each but probe may have two passwords while they are rotated. All are made by every member for itself, outside the group's transactions, so that it
 * can be asked before it is in the group.
 */
export const groupUsers = {
  group: ["REPLICATION SLAVE ON *.*", "CONNECTION_ADMIN, BACKUP_ADMIN, GROUP_REPLICATION_STREAM ON *.*"],
  clone: memberUsers.clone,
  [monitorUser]: memberUsers[monitorUser],
  [backupUser]: memberUsers[backupUser],
} as const;

/** The user as which the proxy asks a member for its part; see `haproxy.ts`. */
export const probeUser = "probe";

/** Passwords of the users that belong to a group rather than to a database. */
export interface GroupPasswords extends ServerPasswords {
  group: string;
  clone: string;
}

/**
 * SQL a member runs at each start, before anybody is connected: it takes over the passwords, so that data which outlived them can be in the group. Not
 * logged: a transaction of its own would keep it out.
 *
 * @param former the passwords before these; a user that has its former one keeps it beside the new one
 */
export function groupMemberSql(passwords: GroupPasswords, former?: GroupPasswords): string {
  const users = Object.keys(groupUsers) as (keyof typeof groupUsers)[];
  return sqlLines([
    "SET SESSION sql_log_bin = 0",
    "SET GLOBAL super_read_only = OFF",
    // What came with data of a set with a source. The group's own channels stay: they say what this member has received.
    "STOP REPLICA FOR CHANNEL ''",
    "RESET REPLICA ALL FOR CHANNEL ''",
    ...localAccounts(passwords),
    `GRANT SELECT ON performance_schema.* TO '${monitorUser}'@'127.0.0.1'`,
    ...users.flatMap((user) => memberAccount(user, groupUsers[user], checkedPassword(passwords[user]), former?.[user])),
    `CREATE USER IF NOT EXISTS '${probeUser}'@'%' WITH MAX_USER_CONNECTIONS 20`,
    `GRANT SELECT ON performance_schema.replication_group_members TO '${probeUser}'@'%'`,
    "SET GLOBAL super_read_only = ON",
  ]);
}
