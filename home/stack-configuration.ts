import { unknownContext } from "../config/kubernetes-context";
import { mergeConfig, type RawConfig } from "../config/machine";
import { parseStackConfig } from "../config/parse";
import type { StackConfig } from "../config/schema";
import { readRawStackFile } from "../config/stack-file";
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
