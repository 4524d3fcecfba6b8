import { say } from "../terminal/progress";
import type { Engine } from "./engine";
import { pulumiDestroy } from "./pulumi/deployment";
import type { StateOnPlatform } from "./pulumi/repair";

/** Destroys a stack that Pulumi has deployed. Returns whether its state was there. */
export async function removedByPulumi(stack: string, engine: Engine, platform: StateOnPlatform): Promise<boolean> {
  if (engine.name !== "pulumi") {
    return false;
  }
  const removed = await pulumiDestroy(stack, engine, platform);
  if (!removed) {
    say(`There is no Pulumi state of stack ${stack} any more, so this removes what its platform shows of it.`);
  }
  return removed;
}
