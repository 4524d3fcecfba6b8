import * as pulumi from "@pulumi/pulumi";
import { decodedValue } from "./decoded-value";
import { mergeConfig, readMachineSettings, type RawConfig } from "./machine";
import { ownKey } from "./namespaces";
import { parseStackConfig } from "./parse";
import type { StackConfig } from "./schema";

/** How the engine tells which values it has decrypted: their keys as JSON. The SDK tells it of one value at a time only. */
const encryptedKeysVariable = "PULUMI_CONFIG_SECRET_KEYS";

/**
 * The running program's configuration: what the engine hands over for this project, with this machine's settings over it. The only
 * reader of Pulumi configuration.
 *
 * @throws UserError that lists every mistake
 */
export function loadStackConfig(): StackConfig {
  const encrypted = JSON.parse(process.env[encryptedKeysVariable] ?? "[]") as string[];
  const raw: RawConfig = {};
  for (const [key, value] of Object.entries(pulumi.runtime.allConfig())) {
    const own = ownKey(key);
    if (own !== undefined) {
      // The engine has decrypted it; the checks are told as a stack file tells it.
      raw[own] = encrypted.includes(key) ? { secure: "decrypted" } : decodedValue(value);
    }
  }
  const stack = pulumi.getStack();
  return parseStackConfig(mergeConfig(raw, readMachineSettings(process.cwd(), stack)), stack);
}
