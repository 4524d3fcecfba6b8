import type * as pulumi from "@pulumi/pulumi";
import { credentials, type Credentials, type Databases } from "../credentials";
import { clientOptionFiles, type Database } from "../users";
import { replicaSql, sourceSql, type MemberPasswords } from "./users";

/** What a member reads from `/run/secrets/mysql`, by file name. */
export type MemberFiles = Record<"source.sql" | "replica.sql" | "replication-password" | "clone-password", string> &
  ReturnType<typeof clientOptionFiles>;

/** Makes the passwords of a replicated set, and of the user of each of its databases. */
export function memberCredentials(
  name: string,
  databases: Databases,
  options: pulumi.CustomResourceOptions,
): Credentials<keyof MemberPasswords, MemberFiles> {
  return credentials(name, databases, ["root", "monitor", "replication", "clone", "backup"], memberFiles, options);
}

/** Characters that START REPLICA takes of a password; it cuts what is longer, and the source then refuses the login. */
const longestReplicationPassword = 32;

function memberFiles(generated: MemberPasswords, databases: readonly Database[]): MemberFiles {
  const passwords = { ...generated, replication: generated.replication.slice(0, longestReplicationPassword) };
  return {
    "source.sql": sourceSql(passwords, databases),
    "replica.sql": replicaSql(passwords),
    "replication-password": passwords.replication,
    "clone-password": passwords.clone,
    ...clientOptionFiles(passwords),
  };
}
