import { KubernetesCluster } from "../engines/kubernetes-cluster";
import { stackConfiguration } from "../home/stack-configuration";
import { clusterOf } from "../machines/open";
import { kubernetesPlatform } from "./kubernetes/platform";
import type { BackupPlatform } from "./platform";
import { swarmPlatform } from "./swarm/platform";

/**
 * Where a stack's backups come from and go to, by its stack file.
 *
 * @param context the cluster of one on Kubernetes, where the person names it now. Default: what is known of it
 * @throws UserError for mistakes in the stack file
 */
export function platformOf(stack: string, context?: string): BackupPlatform {
  const config = stackConfiguration(stack, context === undefined ? {} : { kubernetes: { context } });
  if (config.platform === "kubernetes") {
    const cluster = new KubernetesCluster(config.kubernetes, config.kubernetes.namespace);
    return kubernetesPlatform({ stack, config, cluster, context });
  }
  return swarmPlatform({ stack, config, cluster: clusterOf(stack, config) });
}
