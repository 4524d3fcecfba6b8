import type { KubernetesCluster } from "../../engines/kubernetes-cluster";
import { memberLimitSeconds, type GroupPlace } from "../group-place";

/** The members of a group as pods. */
export function podGroup(cluster: KubernetesCluster, names: readonly string[]): GroupPlace {
  return {
    names,
    inMember: async (pod, command) => {
      const { stdout } = await cluster.kubectl(["exec", pod, "--container", "mysql", "--", ...command], {
        timeout: memberLimitSeconds,
      });
      return stdout.trim();
    },
  };
}
