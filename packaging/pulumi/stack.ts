import * as pulumi from "@pulumi/pulumi";
import { stackToken } from "../../config/pulumi-schema";
import type { StackConfig } from "../../config/schema";
import { guardTransformation } from "../../platforms/kubernetes/guard";
import { deployStack, stackTransformations } from "../../stacks";
import type { StackOutputs } from "../../stacks/outputs";

/** A stack below a component: what the program of a stack file has at its top. */
export class Stack extends pulumi.ComponentResource {
  /** What it tells once it is up. */
  readonly outputs: StackOutputs;

  /** @param guarded whether the engine looks at what is there before it makes something; see `guardObjects` */
  constructor(name: string, config: StackConfig, guarded: boolean, opts: pulumi.ComponentResourceOptions) {
    const transformations = [...stackTransformations(config), ...(guarded ? guards(config) : [])];
    super(stackToken, name, {}, pulumi.mergeOptions(opts, { transformations }));
    this.outputs = deployStack(config, this);
    this.registerOutputs(this.outputs);
  }
}

function guards(config: StackConfig): pulumi.ResourceTransformation[] {
  return config.platform === "kubernetes" ? [guardTransformation(config.kubernetes, config.kubernetes.namespace)] : [];
}
