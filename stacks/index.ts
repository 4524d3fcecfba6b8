import type { StackConfig } from "../config/schema";
import { kubernetesStack } from "./kubernetes";
import type { StackOutputs } from "./outputs";
import { swarmStack } from "./swarm";

/** Declares every resource of a stack, and returns what it tells once it is up. */
export function deployStack(config: StackConfig): StackOutputs {
  return config.platform === "kubernetes" ? kubernetesStack(config) : swarmStack(config);
}
