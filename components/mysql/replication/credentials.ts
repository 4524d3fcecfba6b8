import type { PasswordMaker } from "../../../platforms/password";
import { credentials, metricsProvision, withMetrics, type Credentials } from "../credentials";
import { clientOptionFiles, type Database, type Databases } from "../users";
import { replicaSql, sourceSql, type MemberPasswords } from "./users";

/** What a member reads from `/run/secrets/mysql`, by file name. */
export type MemberFiles = Record<"source.sql" | "replica.sql" | "replication-password" | "clone-password", string> &
  ReturnType<typeof clientOptionFiles>;

/**
 * Makes the passwords of a replicated set, and of the user of each of its databases.
 *
 * @param metrics see `serverCredentials`
 */
export function memberCredentials(
  children: PasswordMaker,
  databases: Databases,
  generation?: number,
  metrics?: boolean,
): Credentials<keyof MemberPasswords, MemberFiles> {
  const users = withMetrics(["root", "monitor", "replication", "clone", "backup"] as const, metrics);
  const filesOf = (generated: MemberPasswords, of: readonly Database[], before?: MemberPasswords) =>
    memberFiles(generated, of, before, metrics);
  return credentials(children, databases, users, filesOf, generation);
}

/** Characters that START REPLICA and START GROUP_REPLICATION take of a password; what is longer is cut or refused. */
export const longestReplicationPassword = 32;

/** A file of a user's passwords: a line each, the present one first. */
export function passwordLines(password: string, former: string | undefined): string {
  return former === undefined ? password : `${password}\n${former}`;
}

function memberFiles(
  generated: MemberPasswords,
  databases: readonly Database[],
  generatedBefore: MemberPasswords | undefined,
  metrics: boolean | undefined,
): MemberFiles {
  const passwords = usable(generated);
  const former = generatedBefore && usable(generatedBefore);
  return {
    // The replicas hear of who asks for figures from the source.
    "source.sql": sourceSql(passwords, databases, former) + metricsProvision(passwords, metrics),
    "replica.sql": replicaSql(passwords, former),
    "replication-password": passwordLines(passwords.replication, former?.replication),
    "clone-password": passwordLines(passwords.clone, former?.clone),
    ...clientOptionFiles(passwords, former),
  };
}

function usable(generated: MemberPasswords): MemberPasswords {
  return { ...generated, replication: generated.replication.slice(0, longestReplicationPassword) };
}
