import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { ownerOf } from "../../config/owner";
import type { KubernetesConfig } from "../../config/schema";
import { refuseForeign, type ClusterReader } from "./ownership";

/**
 * Has the engine look, before it makes or changes an object of the cluster, whether that is the stack's own or not there yet. The provider alone
 * would take over whatever has the name. It asks with kubectl, for each kind once.
 */
export function guardObjects(address: Pick<KubernetesConfig, "context" | "kubeconfig">, namespace: string): void {
  pulumi.runtime.registerStackTransformation(guardTransformation(address, namespace));
}

/** What has the engine look, as the transformation of a component that has the objects below it. See `guardObjects`. */
export function guardTransformation(
  address: Pick<KubernetesConfig, "context" | "kubeconfig">,
  namespace: string,
): pulumi.ResourceTransformation {
  const cluster = kubectl(address, namespace);
  const owner = ownerOf(pulumi.getProject(), pulumi.getStack());
  const hook = new pulumi.ResourceHook(
    "ghost-platform-guard",
    async ({ newInputs }) => {
      const { apiVersion, kind, metadata } = newInputs as {
        apiVersion: string;
        kind: string;
        metadata: { name: string };
      };
      await refuseForeign(cluster, owner, [{ apiVersion, kind, name: metadata.name }]);
    },
    { onDryRun: true },
  );
  return ({ opts, props, type }) =>
    type.startsWith("kubernetes:")
      ? { props, opts: pulumi.mergeOptions(opts, { hooks: { beforeCreate: [hook], beforeUpdate: [hook] } }) }
      : undefined;
}

/** kubectl, which is asked the same once. */
function kubectl(
  { context, kubeconfig }: Pick<KubernetesConfig, "context" | "kubeconfig">,
  namespace: string,
): ClusterReader {
  const flags = [...(kubeconfig ? ["--kubeconfig", kubeconfig] : []), "--context", context, "--namespace", namespace];
  const answers = new Map<string, Promise<string>>();
  const ask = async (args: readonly string[]) => {
    const { stdout } = await promisify(execFile)("kubectl", [...flags, "--request-timeout=20s", ...args], {
      maxBuffer: 256 * 2 ** 20,
    });
    return stdout;
  };
  return {
    read: (args) => {
      const key = JSON.stringify(args);
      const answer = answers.get(key) ?? ask(args);
      answers.set(key, answer);
      return answer;
    },
    commandLine: (...args) => ["kubectl", ...flags, ...args].join(" "),
  };
}
