import * as pulumi from "@pulumi/pulumi";
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
      raw[key.slice(prefix.length)] = decoded(value);
    }
  }
  const stack = pulumi.getStack();
  return parseStackConfig(mergeConfig(raw, readMachineSettings(process.cwd(), stack)), `Pulumi.${stack}.yaml`);
}

/** The engine hands every value over as text: maps, lists, numbers and booleans as JSON, strings as they are. */
function decoded(text: string): unknown {
  if (!/^[[{]|^(true|false)$/.test(text)) {
    return text;
  }
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
