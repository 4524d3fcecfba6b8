import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../errors";
import { decodedValue } from "./values/decoded-value";
import { contextNames, contextsHere, unknownContext } from "./kubernetes/kubernetes-context";
import { withSecretsMarked } from "./encrypted-values";
import { writtenConfig } from "./files/stack-file";
import { mergeConfig, readMachineSettings, type RawConfig } from "./files/machine";
import { ownKey } from "./namespaces";
import { parseStackConfig } from "./parse";
import type { StackConfig } from "./schema";
import { configNamespace } from "./namespaces";

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
  const stack = pulumi.getStack();
  let file: RawConfig | undefined;
  const written = () => (file ??= writtenConfig(process.cwd(), stack));
  const raw: RawConfig = {};
  for (const [key, value] of Object.entries(pulumi.runtime.allConfig())) {
    const own = ownKey(key);
    if (own !== undefined) {
      const decoded = decodedValue(value);
      raw[own] = encrypted.includes(key) ? withSecretsMarked(own, decoded, written()[own]) : decoded;
    }
  }
  return withContext(stack, mergeConfig(raw, readMachineSettings(process.cwd(), stack)));
}

/**
 * Checks a configuration of which nobody may have said on which cluster it runs.
 *
 * @throws UserError that lists every mistake, and for a missing context how to name one and which there are
 */
export function withContext(stack: string, raw: RawConfig): StackConfig {
  const source = `Pulumi.${stack}.yaml`;
  const { context, kubeconfig } = (raw["kubernetes"] ?? {}) as { context?: unknown; kubeconfig?: unknown };
  if (raw["platform"] !== "kubernetes" || context !== undefined) {
    return parseStackConfig(raw, stack);
  }
  const missing = [
    "kubernetes.context: missing. Nobody has said on which cluster; the current context is not taken, because it may be anybody's. Say it once:",
    `    pulumi config set --stack ${stack} --path '${configNamespace}:kubernetes.context' NAME`,
    `  which writes it into ${source}; or for this machine only, into .ghost-platform/machine.yaml:`,
    `    ${stack}: { kubernetes: { context: NAME } }`,
    contextsHere(contextNames(typeof kubeconfig === "string" ? kubeconfig : undefined)),
  ].join("\n");
  try {
    parseStackConfig(mergeConfig(raw, { kubernetes: { context: unknownContext } }), stack);
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${error.message}\n  - ${missing}`) : error;
  }
  throw UserError.fromMistakes(`${source} has a mistake:`, [missing]);
}
