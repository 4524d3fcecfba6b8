import { contextNames, contextsHere } from "../config/kubernetes/kubernetes-context";
import { UserError, CommandError, type Completed } from "../errors";
import type { ClusterReader } from "../platforms/kubernetes/ownership";
import { run, type RunOptions } from "./process";

/** What of a cluster's address the configuration names. */
export interface ClusterAddress {
  context: string;
  /** Path of the kubeconfig. Default: $KUBECONFIG, else ~/.kube/config. */
  kubeconfig?: string | undefined;
}

/** A cluster, spoken to with kubectl. */
export class KubernetesCluster implements ClusterReader {
  constructor(
    readonly address: ClusterAddress,
    /** Namespace of the stack. */
    readonly namespace: string,
  ) {}

  /** Runs `kubectl ARGUMENTS` in the cluster and the namespace. */
  kubectl(args: readonly string[], options: RunOptions = {}): Promise<Completed> {
    const [program, ...all] = this.command(...args);
    return run(program, all, options);
  }

  /** The program and arguments of `kubectl ARGUMENTS`, for data that streams. */
  command(...args: readonly string[]): readonly [program: string, ...args: string[]] {
    return ["kubectl", ...this.flags(), "--namespace", this.namespace, ...args];
  }

  /** What `kubectl ARGUMENTS` prints. */
  async read(args: readonly string[]): Promise<string> {
    return (await this.kubectl(args)).stdout;
  }

  /** What `kubectl ARGUMENTS` prints, by line; empty lines left out. */
  async lines(args: readonly string[], options?: RunOptions): Promise<string[]> {
    const { stdout } = await this.kubectl(args, options);
    return stdout.split("\n").filter((line) => line.trim() !== "");
  }

  /** Hands objects to a kubectl command that takes them, for example `create`; a minute at most. */
  async send(command: readonly string[], objects: readonly object[]): Promise<void> {
    await this.kubectl([...command, "--filename", "-"], {
      timeout: 60,
      input: JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }),
    });
  }

  /** The objects that `kubectl get ARGUMENTS` finds; none where the namespace is not there. */
  async objects<Item>(args: readonly string[]): Promise<Item[]> {
    const { stdout } = await this.kubectl(["get", "--output", "json", "--ignore-not-found", ...args]);
    return stdout.trim() === "" ? [] : ((JSON.parse(stdout) as { items?: Item[] }).items ?? []);
  }

  /** Checks that the cluster can be reached and lets us in. */
  async mustAnswer(): Promise<void> {
    try {
      await this.kubectl(["get", "--raw", "/readyz", "--request-timeout=10s"], { timeout: 30 });
    } catch (error) {
      if (!(error instanceof CommandError)) {
        throw error;
      }
      if (error.notFound) {
        throw noKubectl();
      }
      const contexts = contextNames(this.address.kubeconfig);
      const { context } = this.address;
      throw new UserError(
        contexts.includes(context)
          ? `The cluster of context ${context} does not answer. Start it, or name another context with --context. kubectl said:\n${error.output.trim() || error.message}`
          : `There is no context "${context}" in ${this.address.kubeconfig ?? "your kubeconfig"}. ${contextsHere(contexts)}`,
      );
    }
  }

  /** The command line of a kubectl command on this cluster, for a person to copy. */
  commandLine(...args: readonly string[]): string {
    return this.command(...args).join(" ");
  }

  private flags(): string[] {
    const { context, kubeconfig } = this.address;
    return [...(kubeconfig ? ["--kubeconfig", kubeconfig] : []), "--context", context];
  }
}

/** The error for a Kubernetes stack without a context: which ones there are, and how to name one. */
export function missingContext(
  stack: string,
  kubeconfig?: string,
  remedy = `Say it once: npm start -- --stack ${stack} --context NAME`,
): UserError {
  return new UserError(
    `Stack ${stack} runs on Kubernetes, and nobody has said on which cluster; the current context is not taken, because it may be anybody's. ${contextsHere(contextNames(kubeconfig))}\n${remedy}`,
  );
}

function noKubectl(): UserError {
  return new UserError(
    "There is no kubectl command. Install it (https://kubernetes.io/docs/tasks/tools/), and run this again",
  );
}
