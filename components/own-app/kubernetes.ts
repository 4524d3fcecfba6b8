import type * as pulumi from "@pulumi/pulumi";
import type { KubernetesStackConfig } from "../../config/schema";
import type { SecretReference } from "../../platforms/kubernetes/files/secret-reference";
import type { NetworkPolicyArgument } from "../network-policy";
import type { OwnAppContext } from "./context";

/** What an app that is no part of this program is made with on Kubernetes. */
export interface OwnAppOnKubernetes extends OwnAppContext<KubernetesStackConfig, SecretReference> {
  /** The stack's, of all its objects. */
  namespace: pulumi.Input<string>;
  /** For `networkPolicy`. */
  networkPolicy: NetworkPolicyArgument;
}
