import type { StackConfig } from "../config/schema";

/** What a stack tells once it is up: addresses, and where to find credentials. */
export type StackOutputs = Record<string, unknown>;

/** Declares every resource of a stack. Loads the SDK of the chosen platform only. */
export async function deployStack(config: StackConfig): Promise<StackOutputs> {
  if (config.platform === "kubernetes") {
    const { kubernetesStack } = await import("./kubernetes");
    return kubernetesStack(config);
  }
  const { swarmStack } = await import("./swarm");
  return swarmStack(config);
}
