import type { PasswordMaker } from "../../../platforms/password";
import { credentials, metricsProvision, withMetrics, type Credentials } from "../credentials";
import { longestReplicationPassword, passwordLines } from "../replication/credentials";
import { clientOptionFiles, databasesSql, standingSql, type Database, type Databases } from "../users";
import { groupMemberSql, type GroupPasswords } from "./users";

/** What a member reads from `/run/secrets/mysql`, by file name. */
export type GroupFiles = Record<
  "member.sql" | "databases.sql" | "standing.sql" | "group-password" | "clone-password",
  string
> &
  ReturnType<typeof clientOptionFiles>;

/**
 * Makes the passwords of a group, and of the user of each of its databases.
 *
 * @param metrics see `serverCredentials`
 */
export function groupCredentials(
  children: PasswordMaker,
  databases: Databases,
  generation?: number,
  metrics?: boolean,
): Credentials<keyof GroupPasswords, GroupFiles> {
  const users = withMetrics(["root", "monitor", "group", "clone", "backup"] as const, metrics);
  const filesOf = (generated: GroupPasswords, of: readonly Database[], before?: GroupPasswords): GroupFiles => {
    const passwords = usable(generated);
    const former = before && usable(before);
    return {
      "member.sql": groupMemberSql(passwords, former),
      // The primary runs it, and the others hear of it.
      "databases.sql": databasesSql(of) + metricsProvision(passwords, metrics),
      "standing.sql": standingSql(of),
      "group-password": passwordLines(passwords.group, former?.group),
      "clone-password": passwordLines(passwords.clone, former?.clone),
      ...clientOptionFiles(passwords, former),
    };
  };
  return credentials(children, databases, users, filesOf, generation);
}

function usable(passwords: GroupPasswords): GroupPasswords {
  return { ...passwords, group: passwords.group.slice(0, longestReplicationPassword) };
}
