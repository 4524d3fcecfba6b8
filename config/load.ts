import * as pulumi from "@pulumi/pulumi";
import { decodedValue } from "./decoded-value";
import { mergeConfig, readMachineSettings, type RawConfig } from "./machine";
import { parseStackConfig } from "./parse";
import type { StackConfig } from "./schema";

/**
 * The running program's configuration: what the engine hands over for this project, with this machine's settings over it. The only
 * reader of Pulumi configuration.
 *
 * @throws UserError that lists every mistake
 */
export function loadStackConfig(): StackConfig {
  const prefix = `${pulumi.getProject()}:`;
  const raw: RawConfig = {};
  for (const [key, value] of Object.entries(pulumi.runtime.allConfig())) {
    if (key.startsWith(prefix)) {
      raw[key.slice(prefix.length)] = decodedValue(value);
    }
  }
  const stack = pulumi.getStack();
  return parseStackConfig(mergeConfig(raw, readMachineSettings(process.cwd(), stack)), stack);
}
