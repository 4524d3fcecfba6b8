import { run } from "../../../engines/process";
import { ClusterApi } from "./cluster-api";
import { until } from "./until";

/** kubectl on one namespace of the test node. */
export class Kubectl {
  private readonly api: ClusterApi;

  constructor(
    readonly kubeconfig: string,
    readonly context: string,
    readonly namespace: string,
  ) {
    this.api = new ClusterApi(kubeconfig);
  }

  /** The same node, another namespace. */
  within(namespace: string): Kubectl {
    return new Kubectl(this.kubeconfig, this.context, namespace);
  }

  /** Runs kubectl and returns its standard output, trimmed. */
  run(...args: string[]): Promise<string> {
    return this.runWithInput("", ...args);
  }

  /** Runs kubectl with a text on its standard input. */
  async runWithInput(input: string, ...args: string[]): Promise<string> {
    const { stdout } = await run(
      "kubectl",
      ["--kubeconfig", this.kubeconfig, "--context", this.context, "--namespace", this.namespace, ...args],
      { timeout: 300, input },
    );
    return stdout.trim();
  }

  /** An object, or the list of all of a kind. */
  async get<Value>(...args: string[]): Promise<Value> {
    return JSON.parse(await this.run("get", "-o", "json", ...args)) as Value;
  }

  /** Applies objects. */
  async apply(...objects: object[]): Promise<void> {
    await run(
      "kubectl",
      ["--kubeconfig", this.kubeconfig, "--context", this.context, "apply", "--server-side", "-f", "-"],
      { timeout: 60, input: JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }) },
    );
  }

  /** Address of a Service's port from this machine, which carries the node's Service network. */
  async serviceUrl(name: string, port: string): Promise<string> {
    const { spec } = await this.get<{ spec: { clusterIP: string; ports: { name: string; port: number }[] } }>(
      "service",
      name,
    );
    const found = spec.ports.find((candidate) => candidate.name === port);
    if (!found) {
      throw new Error(`the Service ${name} has no port ${port}`);
    }
    return `http://${spec.clusterIP}:${found.port}`;
  }

  /** The one pod of an app, and undefined while there is none, or an old one is still going. */
  async pod(instance: string): Promise<Pod | undefined> {
    const { items } = await this.api.get<{ items: Pod[] }>(
      `/api/v1/namespaces/${this.namespace}/pods?labelSelector=app.kubernetes.io/instance=${instance}`,
    );
    return items.length === 1 && !items[0]?.metadata.deletionTimestamp ? items[0] : undefined;
  }

  /**
   * Has the pods of a selector made anew, and waits until the former are gone. kubectl itself may go on waiting for pods that are: it has, for 300 s, for four
   * that were gone after eight.
   */
  async removePods(selector: string): Promise<void> {
    const uids = async () =>
      (await this.get<{ items: Pod[] }>("pods", "--selector", selector)).items.map(({ metadata }) => metadata.uid);
    const former = await uids();
    await this.run("delete", "pod", "--selector", selector, "--wait=false");
    await until(`pods ${selector} to be gone`, 180, async () => {
      const present = await uids();
      return former.every((uid) => !present.includes(uid));
    });
  }

  /** The app's pod once it is ready; for one that replaces another, name that one. */
  async readyPod(instance: string, otherThan?: string): Promise<Pod | undefined> {
    const pod = await this.pod(instance);
    const ready = pod?.status.conditions?.some(({ status, type }) => type === "Ready" && status === "True");
    return ready && pod?.metadata.name !== otherThan && pod?.metadata.uid !== otherThan ? pod : undefined;
  }
}

interface ContainerStatus {
  name: string;
  ready: boolean;
  restartCount: number;
  containerID?: string;
  imageID?: string;
  lastState?: { terminated?: { exitCode: number; reason?: string; containerID: string } };
  state: {
    running?: object;
    waiting?: { reason: string };
    terminated?: { exitCode: number; startedAt: string; finishedAt: string };
  };
}

/** What the tests read of a pod. */
export interface Pod {
  metadata: { name: string; uid: string; deletionTimestamp?: string };
  spec: { initContainers?: { name: string }[]; containers: { name: string }[] };
  status: {
    phase: string;
    conditions?: { type: string; status: string }[];
    initContainerStatuses?: ContainerStatus[];
    containerStatuses?: ContainerStatus[];
  };
}

/** Restarts of every container of a pod. */
export function restarts({ status }: Pod): number {
  return [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].reduce(
    (sum, { restartCount }) => sum + restartCount,
    0,
  );
}
