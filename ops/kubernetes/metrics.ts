import type { KubernetesCluster } from "../../engines/kubernetes-cluster";
import { CommandError, UserError } from "../../errors";
import { partOf } from "../../deploy/wait/kubernetes-rollout";
import type { ContainerUsage, Usage } from "../usage";
import { containerKey, coresBetween, kubeletSamples, type KubeletSamples } from "./kubelet-metrics";
import { appOf, podContainers, type Pod } from "./objects";
import { quantity } from "../../engines/kubernetes-quantity";

/** Between two samples of CPU time. */
const sampleMilliseconds = 3000;
/** A kubelet measures anew every 10 to 15 s at most. */
const sampleTries = 7;

/** What is used, by container as in `containerKey`. */
type Measured = Map<string, { cores: number | undefined; bytes: number | undefined }>;

/** What every running container of a stack uses: from metrics.k8s.io where it answers, else from the kubelets. */
export async function clusterUsage(cluster: KubernetesCluster): Promise<Omit<Usage, "stack">> {
  const pods = await cluster.objects<Pod>(["pods", "--selector", partOf]);
  const served = await fromMetricsServer(cluster);
  const measured = served ?? (await fromKubelets(cluster, pods));
  const containers = pods
    .flatMap((pod) => usageOf(pod, cluster.namespace, measured))
    .sort((left, right) => left.pod.localeCompare(right.pod));
  return { source: served ? "metrics.k8s.io" : "kubelet", containers };
}

function usageOf(pod: Pod, namespace: string, measured: Measured): ContainerUsage[] {
  return podContainers(pod)
    .filter(({ status }) => status?.state?.running)
    .map(({ container, status }) => {
      const { cores, bytes } = measured.get(containerKey(namespace, pod.metadata.name, container.name)) ?? {};
      const { limits, requests } = status?.resources ?? container.resources ?? {};
      return {
        app: appOf(pod.metadata),
        pod: pod.metadata.name,
        container: container.name,
        node: pod.spec.nodeName ?? "",
        cpu: { used: cores, request: quantity(requests?.["cpu"]), limit: quantity(limits?.["cpu"]) },
        memory: { used: bytes, request: quantity(requests?.["memory"]), limit: quantity(limits?.["memory"]) },
      };
    });
}

interface PodMetrics {
  items: { metadata: { name: string }; containers: { name: string; usage: { cpu: string; memory: string } }[] }[];
}

/** What a metrics server says; undefined where the cluster has none, or none that is well. */
async function fromMetricsServer(cluster: KubernetesCluster): Promise<Measured | undefined> {
  try {
    const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${cluster.namespace}/pods`;
    const { stdout } = await cluster.kubectl(["get", "--raw", path]);
    const { items } = JSON.parse(stdout) as PodMetrics;
    return new Map(
      items.flatMap(({ containers, metadata }) =>
        containers.map(({ name, usage }) => [
          containerKey(cluster.namespace, metadata.name, name),
          { cores: quantity(usage.cpu), bytes: quantity(usage.memory) },
        ]),
      ),
    );
  } catch (error) {
    if (error instanceof CommandError) {
      return undefined;
    }
    throw error;
  }
}

/** What the kubelets of the pods' nodes have measured twice. */
async function fromKubelets(cluster: KubernetesCluster, pods: readonly Pod[]): Promise<Measured> {
  const nodes = [...new Set(pods.flatMap(({ spec }) => spec.nodeName ?? []))];
  const measured: Measured = new Map();
  for (const samples of await Promise.all(nodes.map((node) => twoSamples(cluster, node)))) {
    for (const [key, { value }] of samples.after.memoryBytes) {
      measured.set(key, { cores: coresBetween(samples.before, samples.after, key), bytes: value });
    }
  }
  return measured;
}

async function twoSamples(
  cluster: KubernetesCluster,
  node: string,
): Promise<{ before: KubeletSamples; after: KubeletSamples }> {
  const before = await sample(cluster, node);
  for (let tries = 1; ; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, sampleMilliseconds));
    const after = await sample(cluster, node);
    const isNewer = [...after.cpuSeconds].some(([key, { time }]) => time > (before.cpuSeconds.get(key)?.time ?? time));
    if (isNewer || tries >= sampleTries) {
      return { before, after };
    }
  }
}

async function sample(cluster: KubernetesCluster, node: string): Promise<KubeletSamples> {
  try {
    const { stdout } = await cluster.kubectl(["get", "--raw", `/api/v1/nodes/${node}/proxy/metrics/resource`]);
    return kubeletSamples(stdout);
  } catch (error) {
    if (error instanceof CommandError) {
      throw new UserError(
        `The cluster has no metrics server that answers, and the kubelet of node ${node} cannot be asked either. Install metrics-server (https://github.com/kubernetes-sigs/metrics-server), or get the right to read nodes/proxy. kubectl said:\n${error.output.trim()}`,
      );
    }
    throw error;
  }
}
