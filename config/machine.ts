import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { yamlText } from "./yaml-text";

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

/** The machine's settings for a stack; empty where there are none. */
export function readMachineSettings(projectDirectory: string, stack: string): RawConfig {
  const file = machineSettingsPath(projectDirectory);
  if (!fs.existsSync(file)) {
    return {};
  }
  const all = parse(fs.readFileSync(file, "utf8")) as Record<string, RawConfig> | null;
  return all?.[stack] ?? {};
}

/** Merges settings into what the machine has for a stack; the file is replaced in one step. */
export function writeMachineSettings(projectDirectory: string, stack: string, settings: RawConfig): void {
  const file = machineSettingsPath(projectDirectory);
  const all = fs.existsSync(file)
    ? ((parse(fs.readFileSync(file, "utf8")) as Record<string, RawConfig> | null) ?? {})
    : {};
  const merged = { ...all, [stack]: mergeConfig(all[stack] ?? {}, settings) };
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  fs.writeFileSync(
    temporary,
    `# Settings of this machine only, merged over the stack files. Safe to edit or delete.\n${yamlText(merged)}`,
  );
  fs.renameSync(temporary, file);
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
