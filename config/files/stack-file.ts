import * as path from "node:path";
import { parse } from "yaml";
import { UserError } from "../../errors";
import { entriesOf, readText } from "../../files/files";
import { decodedValue } from "../values/decoded-value";
import { isMap, mergeConfig, readMachineSettings, type RawConfig } from "./machine";
import { configNamespace, ownKey } from "../namespaces";
import { parseStackConfig } from "../parse";
import type { StackConfig } from "../schema";

/** Names of the stacks that have a file in the project, sorted. */
export function stackNames(projectDirectory: string): string[] {
  return entriesOf(projectDirectory).flatMap((file) => /^Pulumi\.([A-Za-z0-9_.-]+)\.yaml$/.exec(file)?.[1] ?? []);
}

/**
 * Reads and checks a stack's configuration without the Pulumi engine.
 *
 * @param settings what goes over the file. Default: this machine's settings for the stack
 * @throws UserError when the file is missing, is not YAML, or has mistakes
 */
export function readStackFile(projectDirectory: string, stack: string, settings?: RawConfig): StackConfig {
  return parseStackConfig(readRawStackFile(projectDirectory, stack, settings), stack);
}

/**
 * A stack's configuration as it is written, with this machine's settings over it, unchecked. A key that is not this program's keeps its prefix,
 * and an encrypted value is a map with the key `secure`; `parseStackConfig` refuses both, but for the values that may be encrypted.
 *
 * @throws UserError when the file is missing, is not YAML, or has something beside `config`
 */
export function readRawStackFile(
  projectDirectory: string,
  stack: string,
  settings: RawConfig = readMachineSettings(projectDirectory, stack),
): RawConfig {
  const name = `Pulumi.${stack}.yaml`;
  const text = readText(path.join(projectDirectory, name));
  if (text === undefined) {
    throw new UserError(
      `There is no stack "${stack}": ${name} does not exist. Stacks here: ${stackNames(projectDirectory).join(", ") || "none"}`,
    );
  }
  return mergeConfig(rawConfigOf(name, text), settings);
}

/** What a stack file says, where it can be read: nothing where it cannot, or is not there. For who is told the configuration by the engine. */
export function writtenConfig(projectDirectory: string, stack: string): RawConfig {
  try {
    return readRawStackFile(projectDirectory, stack, {});
  } catch (error) {
    if (error instanceof UserError) {
      return {};
    }
    throw error;
  }
}

/** What a stack file may have beside `config`: how the Pulumi CLI encrypts. */
const otherSections = ["encryptionsalt", "encryptedkey", "secretsprovider"];

function rawConfigOf(name: string, text: string): RawConfig {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    throw new UserError(`${name} is not valid YAML: ${(error as Error).message}`);
  }
  const sections = document ?? {};
  const config = isMap(sections) ? (sections["config"] ?? {}) : undefined;
  if (!isMap(sections) || !isMap(config)) {
    throw new UserError(
      `${name}: must have a map \`config\` with keys such as \`${configNamespace}:platform\`; Pulumi.dev.yaml shows one`,
    );
  }
  const mistakes = Object.keys(sections)
    .filter((section) => section !== "config" && !otherSections.includes(section))
    .map((section) =>
      section === "environment"
        ? "environment: only the Pulumi CLI reads Pulumi ESC. Write the values under config"
        : `${section}: unknown. A stack file has \`config\`, and keys such as \`${configNamespace}:${section}\` below it`,
    );
  if (mistakes.length > 0) {
    throw UserError.fromMistakes(`${name} has sections that nobody reads:`, mistakes);
  }
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, value]) => {
      const own = ownKey(key);
      return own === undefined ? [] : [[own, typeof value === "string" ? decodedValue(value) : value]];
    }),
  );
}
