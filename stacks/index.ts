import * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../config/schema";
import { presetTransformation } from "../platforms/kubernetes/pods/pod-presets";
import { kubernetesStack } from "./kubernetes";
import type { StackOutputs } from "./outputs";
import { swarmStack } from "./swarm";

/**
 * Declares every resource of a stack, and returns what it tells once it is up.
 *
 * @param parent component that they are the children of; it has the `stackTransformations`. Default: the program has them all
 */
export function deployStack(config: StackConfig, parent?: pulumi.Resource): StackOutputs {
  if (parent === undefined) {
    stackTransformations(config).forEach((each) => pulumi.runtime.registerStackTransformation(each));
  }
  return config.platform === "kubernetes" ? kubernetesStack(config, parent) : swarmStack(config, parent);
}

/** What the stack has each of its resources go through before it is registered. */
export function stackTransformations(config: StackConfig): pulumi.ResourceTransformation[] {
  const presets = config.platform === "kubernetes" ? config.kubernetes.podPresets : [];
  return presets.length > 0 ? [presetTransformation(presets)] : [];
}
