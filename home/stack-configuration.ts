import { unknownContext } from "../config/kubernetes/kubernetes-context";
import { mergeConfig, type RawConfig } from "../config/files/machine";
import { parseStackConfig } from "../config/parse";
import type { StackConfig } from "../config/schema";
import { readRawStackFile } from "../config/files/stack-file";
import { projectDirectory } from "./project";

/**
 * A stack's checked configuration, complete but for the Kubernetes context, which rendering does not need and deploying asks for with a
 * message of its own.
 *
 * @param over settings from the command line
 * @throws UserError that lists every mistake
 */
export function stackConfiguration(stack: string, over: RawConfig = {}): StackConfig {
  return checkedConfiguration(stack, mergeConfig(readRawStackFile(projectDirectory, stack), over));
}

/** Checks a stack's configuration as `stackConfiguration` does, given what its file says. */
export function checkedConfiguration(stack: string, raw: RawConfig): StackConfig {
  const completed =
    raw["platform"] === "kubernetes" ? mergeConfig({ kubernetes: { context: unknownContext } }, raw) : raw;
  return parseStackConfig(completed, stack);
}

/** A stack's configuration as it is written, and checked. */
export interface StackSettings<Config extends StackConfig = StackConfig> {
  stack: string;
  raw: RawConfig;
  config: Config;
}

/**
 * A stack's settings, for a run that may find out more.
 *
 * @param raw what its file says, with what is known beside it over that
 * @throws UserError that lists every mistake
 */
export function stackSettings(stack: string, raw: RawConfig): StackSettings {
  return { stack, raw, config: checkedConfiguration(stack, raw) };
}

/** The same with what was found out over it; the platform of a stack does not change. */
export function withSettings<Config extends StackConfig>(
  { raw, stack }: StackSettings<Config>,
  found: RawConfig,
): StackSettings<Config> {
  return stackSettings(stack, mergeConfig(raw, found)) as StackSettings<Config>;
}
