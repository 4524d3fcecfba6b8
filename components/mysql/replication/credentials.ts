import type { PasswordMaker } from "../../../platforms/password";
import { credentials, furtherProvision, withFurther, type Credentials, type FurtherUsers } from "../credentials";
import { markedName, type ExistingSecret } from "../existing-passwords";
import { clientOptionFiles, type Database, type Databases } from "../users";
import { replicaSql, sourceSql, type MemberPasswords } from "./users";

/** What a member reads from `/run/secrets/mysql`, by file name. */
export type MemberFiles = Record<"source.sql" | "replica.sql" | "replication-password" | "clone-password", string> &
  ReturnType<typeof clientOptionFiles>;

/**
 * Makes the passwords of a replicated set, and of the user of each of its databases.
 *
 * @param further who comes beside the sites; `existingSecret`: where passwords of its own users are
 */
export function memberCredentials(
  children: PasswordMaker,
  databases: Databases,
  generation?: number,
  { existingSecret, ...further }: FurtherUsers & { existingSecret?: ExistingSecret | undefined } = {},
): Credentials<keyof MemberPasswords, MemberFiles> {
  const users = withFurther(["root", "monitor", "replication", "clone", "backup"] as const, further);
  const filesOf = (generated: MemberPasswords, of: readonly Database[], before?: MemberPasswords) =>
    memberFiles(generated, of, before, further);
  return credentials(children, databases, users, filesOf, generation, existingSecret);
}

/** Characters that START REPLICA and START GROUP_REPLICATION take of a password; what is longer is cut or refused. */
export const longestReplicationPassword = 32;

/** A password that those statements take. */
export function shortened(password: string): string {
  return markedName(password) === undefined ? password.slice(0, longestReplicationPassword) : password;
}

/** A file of a user's passwords: a line each, the present one first. */
export function passwordLines(password: string, former: string | undefined): string {
  return former === undefined || former === password ? password : `${password}\n${former}`;
}

function memberFiles(
  generated: MemberPasswords,
  databases: readonly Database[],
  generatedBefore: MemberPasswords | undefined,
  further: FurtherUsers,
): MemberFiles {
  const passwords = usable(generated);
  const former = generatedBefore && usable(generatedBefore);
  return {
    // The replicas hear of who comes beside the sites from the source.
    "source.sql": sourceSql(passwords, databases, former) + furtherProvision(passwords, further),
    "replica.sql": replicaSql(passwords, former),
    "replication-password": passwordLines(passwords.replication, former?.replication),
    "clone-password": passwordLines(passwords.clone, former?.clone),
    ...clientOptionFiles(passwords, former),
  };
}

function usable(generated: MemberPasswords): MemberPasswords {
  return { ...generated, replication: shortened(generated.replication) };
}
