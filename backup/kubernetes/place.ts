import { unknownContext } from "../../config/kubernetes/kubernetes-context";
import { configNamespace } from "../../config/namespaces";
import { ownerOf } from "../../config/owner";
import type { KubernetesStackConfig } from "../../config/schema";
import { missingContext, type KubernetesCluster } from "../../engines/kubernetes-cluster";
import { refuseForeign, type ObjectReference } from "../../platforms/kubernetes/ownership";

/** A stack on a cluster, as a backup takes it. */
export interface KubernetesJob {
  stack: string;
  config: KubernetesStackConfig;
  cluster: KubernetesCluster;
  /** The context that the person names now, and that nobody remembers. */
  context?: string | undefined;
}

/** Where a stack runs, or is to run. */
export interface ClusterPlace {
  cluster: KubernetesCluster;
  /** What the labels of the stack's objects say; see `ownerOf`. */
  owner: string;
}

/**
 * The cluster of a stack, which answers.
 *
 * @throws UserError where it does not, and where nobody has said which one it is
 */
export async function clusterPlace({ cluster, config, stack }: KubernetesJob): Promise<ClusterPlace> {
  if (config.kubernetes.context === unknownContext) {
    throw missingContext(stack, config.kubernetes.kubeconfig, "Name it: --context NAME");
  }
  await cluster.mustAnswer();
  return { cluster, owner: ownerOf(configNamespace, stack) };
}

/** What is known of the stack's namespace. */
export type NamespaceState = "absent" | "active" | "ending";

/**
 * Looks at the stack's namespace.
 *
 * @throws UserError where it is not the stack's, or that cannot be known
 */
export async function namespaceState({ cluster, owner }: ClusterPlace): Promise<NamespaceState> {
  await refuseForeign(cluster, owner, [namespaceOf(cluster)]);
  const phase = await cluster.read([
    ...["get", "namespace", cluster.namespace, "--ignore-not-found", "--output", "jsonpath={.status.phase}"],
  ]);
  return phase.trim() === "" ? "absent" : phase.trim() === "Active" ? "active" : "ending";
}

function namespaceOf({ namespace }: KubernetesCluster): ObjectReference {
  return { apiVersion: "v1", kind: "Namespace", name: namespace };
}
