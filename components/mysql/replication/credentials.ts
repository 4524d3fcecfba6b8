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
  generation?: number,
): Credentials<keyof MemberPasswords, MemberFiles> {
  const users = ["root", "monitor", "replication", "clone", "backup"] as const;
  return credentials(name, databases, users, memberFiles, options, generation);
}

/** Characters that START REPLICA takes of a password; it cuts what is longer, and the source then refuses the login. */
const longestReplicationPassword = 32;

function memberFiles(
  generated: MemberPasswords,
  databases: readonly Database[],
  generatedBefore?: MemberPasswords,
): MemberFiles {
  const passwords = usable(generated);
  const former = generatedBefore && usable(generatedBefore);
  // A line each, the present one first.
  const lines = (user: keyof MemberPasswords) => [passwords[user], ...(former ? [former[user]] : [])].join("\n");
  return {
    "source.sql": sourceSql(passwords, databases, former),
    "replica.sql": replicaSql(passwords, former),
    "replication-password": lines("replication"),
    "clone-password": lines("clone"),
    ...clientOptionFiles(passwords, former),
  };
}

function usable(generated: MemberPasswords): MemberPasswords {
  return { ...generated, replication: generated.replication.slice(0, longestReplicationPassword) };
}
