import type { KubernetesStack } from "../stack";

/** The pod that takes writes, in either topology of the server. */
const source = "mysql-0";

/**
 * Ends the former password of a database's user, with the server's own root inside its pod.
 *
 * @param username letters, digits and underscores
 */
export async function discardOnCluster({ cluster }: KubernetesStack, username: string): Promise<void> {
  await cluster.kubectl([
    "exec",
    source,
    "--container",
    "mysql",
    "--",
    "mysql",
    "--defaults-file=/run/secrets/mysql/root.cnf",
    "-NBe",
    `ALTER USER '${username}'@'%' DISCARD OLD PASSWORD`,
  ]);
}
