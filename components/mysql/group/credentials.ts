import type { PasswordMaker } from "../../../platforms/password";
import {
  credentials,
  furtherPasswords,
  furtherProvision,
  withFurther,
  type Credentials,
  type FurtherUsers,
} from "../credentials";
import type { ExistingSecret } from "../existing-passwords";
import { passwordLines, shortened } from "../replication/credentials";
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
 * @param further who comes beside the sites; `existingSecret`: where passwords of its own users are
 */
export function groupCredentials(
  children: PasswordMaker,
  databases: Databases,
  generation?: number,
  { existingSecret, ...further }: FurtherUsers & { existingSecret?: ExistingSecret | undefined } = {},
): Credentials<keyof GroupPasswords, GroupFiles> {
  const users = withFurther(["root", "monitor", "group", "clone", "backup"] as const, further);
  const filesOf = (generated: GroupPasswords, of: readonly Database[], before?: GroupPasswords): GroupFiles => {
    const passwords = usable(generated);
    const former = before && usable(before);
    return {
      "member.sql": groupMemberSql(passwords, former),
      // The primary runs it, and the others hear of it.
      "databases.sql": databasesSql(of) + furtherProvision(passwords, further),
      "standing.sql": standingSql(of, furtherPasswords(passwords, further)),
      "group-password": passwordLines(passwords.group, former?.group),
      "clone-password": passwordLines(passwords.clone, former?.clone),
      ...clientOptionFiles(passwords, former),
    };
  };
  return credentials(children, databases, users, filesOf, generation, existingSecret);
}

function usable(passwords: GroupPasswords): GroupPasswords {
  return { ...passwords, group: shortened(passwords.group) };
}
