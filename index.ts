import { loadStackConfig } from "./config/load";
import { guardObjects } from "./platforms/kubernetes/guard";
import { deployStack } from "./stacks";
import type { StackOutputs } from "./stacks/outputs";

/**
 * The program of `pulumi up`: configuration → platform → components → outputs.
 *
 * config/      the only reader of configuration: schema, checks, this machine's settings
 * stacks/      which components a stack is made of, on Kubernetes or on Swarm
 * components/  Ghost, MySQL, Mailpit: what each is, and how each platform runs it
 * platforms/   the parts that every pod or service is made of
 */
function main(): StackOutputs {
  const config = loadStackConfig();
  if (config.platform === "kubernetes") {
    guardObjects(config.kubernetes, config.kubernetes.namespace);
  }
  return deployStack(config);
}

export = main;
