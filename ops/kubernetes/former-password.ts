import type { KubernetesStack } from "../../home/stack";

/** The pod that takes writes, in either topology of the server. */
const source = "mysql-0";

/**
 * Ends former passwords of users of the database, with the server's own root inside its pod.
 *
 * @param users each with its host, in quotes, for example `'ghost_blog'@'%'`
 */
export async function discardOnCluster({ cluster }: KubernetesStack, users: readonly string[]): Promise<void> {
  await cluster.kubectl([
    "exec",
    source,
    "--container",
    "mysql",
    "--",
    "mysql",
    "--defaults-file=/run/secrets/mysql/root.cnf",
    "-NBe",
    users.map((user) => `ALTER USER ${user} DISCARD OLD PASSWORD;`).join(" "),
  ]);
}
