import { writeMachineSettings, type RawConfig } from "../config/files/machine";
import type { StackConfig } from "../config/schema";
import { projectDirectory } from "../home/project";
import { withSettings, type StackSettings } from "../home/stack-configuration";

/** Keeps settings for this machine: the next run, and Pulumi's program, take them from there. */
export function remember(stack: string, settings: RawConfig): void {
  if (Object.keys(settings).length > 0) {
    writeMachineSettings(projectDirectory, stack, settings);
  }
}

/** Keeps what a deployment has found out, and goes on with it. */
export function learned<Config extends StackConfig>(
  settings: StackSettings<Config>,
  found: RawConfig,
): StackSettings<Config> {
  if (Object.keys(found).length === 0) {
    return settings;
  }
  writeMachineSettings(projectDirectory, settings.stack, found);
  return withSettings(settings, found);
}
