import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { KubernetesConfig } from "../../config/schema";
import { ownedLabels } from "./labels";
import { keptNamespace } from "./ownership";

/** A provider that speaks to the named context and no other. */
export function clusterProvider(
  name: string,
  { context, kubeconfig }: Pick<KubernetesConfig, "context" | "kubeconfig">,
  options: pulumi.ResourceOptions = {},
): k8s.Provider {
  const args = {
    context,
    ...(kubeconfig ? { kubeconfig } : {}),
    enableServerSideApply: true,
    // What is already there is taken over: the kept claims of a destroyed stack, what an interrupted run had made. What is somebody else's is
    // refused before; see guard.ts.
    upsertExistingObjects: true,
    // Else a changed Secret is deleted and made again, and what reads it with it: a StatefulSet would lose all of its pods at once.
    enableConfigMapMutable: true,
    enableSecretMutable: true,
  };
  return new k8s.Provider(name, args, options);
}

/**
 * The namespace of a stack. It enforces a Pod Security Standard, so a pod that asks for more is refused by the cluster itself.
 *
 * @param retain keep it, and so the claims in it, when the stack is destroyed
 * @param holdsOfOthers keep it, because somebody else's claims or Secrets are in it
 */
export function stackNamespace(
  { namespace, podSecurity }: Pick<KubernetesConfig, "namespace" | "podSecurity">,
  retain: boolean,
  options: pulumi.CustomResourceOptions,
  holdsOfOthers = false,
): k8s.core.v1.Namespace {
  return new k8s.core.v1.Namespace(
    namespace,
    {
      metadata: {
        name: namespace,
        ...(holdsOfOthers ? { annotations: keptNamespace } : {}),
        labels: {
          ...ownedLabels(),
          "pod-security.kubernetes.io/enforce": podSecurity,
          "pod-security.kubernetes.io/warn": podSecurity,
        },
      },
    },
    { ...options, retainOnDelete: retain || holdsOfOthers },
  );
}
