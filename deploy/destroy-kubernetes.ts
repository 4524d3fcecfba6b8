import { unknownContext } from "../config/kubernetes/kubernetes-context";
import { configNamespace } from "../config/namespaces";
import { ownerOf } from "../config/owner";
import type { KubernetesStackConfig } from "../config/schema";
import { KubernetesCluster, missingContext } from "../engines/kubernetes-cluster";
import { UserError } from "../errors";
import { ownedBy } from "../platforms/kubernetes/ownership";
import { step } from "../terminal/progress";
import type { Engine } from "./engine";
import { removedByPulumi } from "./removed-by-pulumi";
import { stateOnCluster } from "./pulumi/state-on-platform";
import { runningOnCluster } from "./pulumi/unknown-to-state";
import { deleteData, deleteOwned, refuseDataOfOthers } from "./rendered/kubernetes";

/** A stack that is gone from a cluster. */
export interface KubernetesRemoval {
  platform: "kubernetes";
  stack: string;
  /** Whether its data is gone, too. */
  data: boolean;
  namespace: string;
  /** Whether the namespace is gone, too: with the data, unless claims of somebody else's are in it. */
  namespaceIsGone: boolean;
  /** Names of the claims that are left, with what they hold. */
  kept: string[];
}

/** @throws UserError as `destroyStack` does */
export async function destroyOnKubernetes(
  stack: string,
  config: KubernetesStackConfig,
  engine: Engine,
  data: boolean,
): Promise<KubernetesRemoval> {
  if (config.kubernetes.context === unknownContext) {
    throw missingContext(stack, config.kubernetes.kubeconfig);
  }
  const cluster = new KubernetesCluster(config.kubernetes, config.kubernetes.namespace);
  await cluster.mustAnswer();
  const owner = ownerOf(configNamespace, stack);
  if (data) {
    await refuseDataOfOthers(cluster, owner);
  }
  if (await removedByPulumi(stack, engine, stateOnCluster(cluster, owner))) {
    await nothingRunsOn(cluster, owner, stack);
  } else {
    await step(`Delete stack ${stack} from ${cluster.address.context}`, (report) =>
      deleteOwned(cluster, owner, report),
    );
  }
  const removal = {
    platform: "kubernetes",
    stack,
    data,
    namespace: cluster.namespace,
    namespaceIsGone: false,
  } as const;
  if (data) {
    const namespaceIsGone = await step(
      `Delete the data of stack ${stack} in namespace ${cluster.namespace}`,
      (report) => deleteData(cluster, owner, report),
    );
    return { ...removal, namespaceIsGone, kept: [] };
  }
  const owned = ["--selector", ownedBy(owner), "--output", "name"];
  const claims = await cluster.lines(["get", "persistentvolumeclaims", "--ignore-not-found", ...owned]);
  return { ...removal, kept: claims.map((claim) => claim.replace(/^.*\//, "")) };
}

/** @throws UserError where workloads are left that the state did not name */
async function nothingRunsOn(cluster: KubernetesCluster, owner: string, stack: string): Promise<void> {
  const { names, place, removal } = await runningOnCluster(cluster, owner);
  if (names.length > 0) {
    throw UserError.fromMistakes(
      `Pulumi has destroyed what its state names of stack ${stack}. These still run in ${place}, and that state did not name them. To remove them, which keeps the data: ${removal}`,
      names,
    );
  }
}
