import { proxyRole } from "../../components/mysql/group/proxy";
import type { StackConfig } from "../../config/schema";
import type { DockerEngine } from "../../engines/docker-engine";
import type { KubernetesCluster } from "../../engines/kubernetes-cluster";
import { UserError } from "../../errors";
import { objectName, stackLabel } from "../../platforms/swarm/stack";

/** Name of the stack's database server on either platform. */
const server = "mysql";

/** Whether the stack's database on a swarm is a group. Its proxies tell, which nothing else has. */
export async function groupOnSwarm(engine: DockerEngine, swarmName: string): Promise<boolean> {
  const proxies = objectName({ name: swarmName }, `${server}-${proxyRole}`);
  const filters = ["--filter", `label=${stackLabel}=${swarmName}`, "--format", "{{.Name}}"];
  return (await engine.lines(["service", "ls", ...filters])).includes(proxies);
}

/** The same on Kubernetes. The StatefulSet tells less: it has to be deleted for another topology. */
export async function groupOnCluster(cluster: KubernetesCluster): Promise<boolean> {
  const selector = `app.kubernetes.io/instance=${server}-${proxyRole}`;
  return (await cluster.objects(["deployments", "--selector", selector])).length > 0;
}

/**
 * Refuses to make another topology of a group. That would take over the first member's volume, and what the group has acknowledged may be on the others
 * alone.
 *
 * @param isGroup what groupOnSwarm or groupOnCluster says
 * @throws UserError with the way by a backup
 */
export function refuseGroupGivenUp(stack: string, { mysql }: StackConfig, isGroup: boolean): void {
  // A server of somebody else's is refused with words of its own.
  if (!isGroup || mysql.topology === "group" || mysql.external !== undefined) {
    return;
  }
  throw new UserError(
    [
      `mysql.topology: is ${mysql.topology}, and the database of stack ${stack} is a group. Its first member's volume, which the other topology would take over, may lack what the group has acknowledged. Nothing was changed.`,
      "Set mysql.topology to group again. Or go by a backup, with group still set for the first two of these:",
      `  npm run backup -- create --data-only --stack ${stack}`,
      `  npm run destroy -- --data --stack ${stack}`,
      `  npm run backup -- restore --stack ${stack}   once mysql.topology is ${mysql.topology}, and then npm start -- --stack ${stack}`,
    ].join("\n"),
  );
}
