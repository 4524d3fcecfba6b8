import { clusterOf, swarmConfiguration } from "../machines/open";
import type { BackupPlatform } from "./platform";
import { swarmPlatform } from "./swarm/platform";

/**
 * Where a stack's backups come from and go to, by its stack file.
 *
 * @throws UserError for mistakes in the stack file
 */
export function platformOf(stack: string): BackupPlatform {
  const config = swarmConfiguration(stack);
  return swarmPlatform({ stack, config, cluster: clusterOf(stack, config) });
}
