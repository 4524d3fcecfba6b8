import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { UserError } from "../errors";
import { decodedValue } from "./decoded-value";
import { mergeConfig, readMachineSettings, type RawConfig } from "./machine";
import { parseStackConfig } from "./parse";
import type { StackConfig } from "./schema";

/** The prefix of this program's keys in a stack file: the project's name in Pulumi.yaml. */
export const configNamespace = "ghost-platform";

/** Names of the stacks that have a file in the project, sorted. */
export function stackNames(projectDirectory: string): string[] {
  return fs
    .readdirSync(projectDirectory)
    .flatMap((file) => /^Pulumi\.([A-Za-z0-9_.-]+)\.yaml$/.exec(file)?.[1] ?? [])
    .sort();
}

/**
 * Reads and checks a stack's configuration without the Pulumi engine.
 *
 * @param settings what goes over the file. Default: this machine's settings for the stack
 * @throws UserError when the file is missing, is not YAML, holds encrypted values (only the engine can read them), or has mistakes
 */
export function readStackFile(projectDirectory: string, stack: string, settings?: RawConfig): StackConfig {
  return parseStackConfig(readRawStackFile(projectDirectory, stack, settings), stack);
}

/**
 * A stack's configuration as it is written, with this machine's settings over it, unchecked.
 *
 * @throws UserError when the file is missing, is not YAML, or holds encrypted values
 */
export function readRawStackFile(
  projectDirectory: string,
  stack: string,
  settings: RawConfig = readMachineSettings(projectDirectory, stack),
): RawConfig {
  const name = `Pulumi.${stack}.yaml`;
  const file = path.join(projectDirectory, name);
  if (!fs.existsSync(file)) {
    throw new UserError(
      `There is no stack "${stack}": ${name} does not exist. Stacks here: ${stackNames(projectDirectory).join(", ") || "none"}`,
    );
  }
  return mergeConfig(rawConfigOf(name, fs.readFileSync(file, "utf8")), settings);
}

function rawConfigOf(name: string, text: string): RawConfig {
  let document: { config?: Record<string, unknown> } | null;
  try {
    document = parse(text) as typeof document;
  } catch (error) {
    throw new UserError(`${name} is not valid YAML: ${(error as Error).message}`);
  }
  const raw: RawConfig = {};
  for (const [key, value] of Object.entries(document?.config ?? {})) {
    const [namespace, ...rest] = key.split(":");
    if (namespace !== configNamespace) {
      continue;
    }
    if (JSON.stringify(value).includes('"secure":')) {
      throw new UserError(
        `${name}: ${key} is encrypted, which only the Pulumi CLI can read. Deploy this stack with \`pulumi up\``,
      );
    }
    raw[rest.join(":")] = typeof value === "string" ? decodedValue(value) : value;
  }
  return raw;
}
