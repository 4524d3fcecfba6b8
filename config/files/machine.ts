import * as path from "node:path";
import { z } from "zod";
import { readOwnFile, writeOwnFile, type OwnFileKind } from "../../files/own-file";

/**
 * Settings of this machine only, by stack: which kubeconfig context, which locally built images. Merged over the stack file, so that
 * `pulumi up`, `npm start` and `npm run render` agree; ignored by git, so that nobody else gets them.
 */

export type RawConfig = Record<string, unknown>;

/**
 * The folder of everything that belongs to this machine and checkout: settings, local state, passphrase. `.ghost-platform` in the
 * project, or what GHOST_PLATFORM_HOME names.
 */
export function machineDirectory(projectDirectory: string): string {
  return path.resolve(projectDirectory, process.env["GHOST_PLATFORM_HOME"] ?? ".ghost-platform");
}

/** Where the machine's settings stand. */
export function machineSettingsPath(projectDirectory: string): string {
  return path.join(machineDirectory(projectDirectory), "machine.yaml");
}

/** By stack; nothing stands for an empty file, and for a stack whose last setting was deleted by hand. */
const kind: OwnFileKind<Record<string, RawConfig | null> | null> = {
  what: "the settings of this machine",
  format: "yaml",
  schema: z.record(z.string(), z.record(z.string(), z.unknown()).nullable()).nullable(),
  remedy: "Mend it, or delete it: npm start asks again for what it needs of it",
  heading: "Settings of this machine only, merged over the stack files. Safe to edit or delete.",
  mode: 0o644,
};

/**
 * The machine's settings for a stack; empty where there are none.
 *
 * @throws UserError for a file that is damaged or cannot be read
 */
export function readMachineSettings(projectDirectory: string, stack: string): RawConfig {
  return readOwnFile(machineSettingsPath(projectDirectory), kind)?.[stack] ?? {};
}

/** Merges settings into what the machine has for a stack. */
export function writeMachineSettings(projectDirectory: string, stack: string, settings: RawConfig): void {
  const file = machineSettingsPath(projectDirectory);
  const all = readOwnFile(file, kind) ?? {};
  writeOwnFile(file, kind, { ...all, [stack]: mergeConfig(all[stack] ?? {}, settings) });
}

/** `over` on top of `base`: maps are merged key by key, everything else is replaced. */
export function mergeConfig(base: RawConfig, over: RawConfig): RawConfig {
  const merged: RawConfig = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const existing = merged[key];
    merged[key] = isMap(existing) && isMap(value) ? mergeConfig(existing, value) : value;
  }
  return merged;
}

/** Whether a value is a map of keys. */
export function isMap(value: unknown): value is RawConfig {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
