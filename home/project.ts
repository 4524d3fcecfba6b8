import * as path from "node:path";
import { machineDirectory as machineDirectoryOf } from "../config/files/machine";
import { isPackage, programDirectory } from "./program";

/** Folder of the project, where the stack files stand: the checkout, or with the package the folder in which a command is run. */
export const projectDirectory = isPackage ? process.cwd() : programDirectory;

/** What the commands keep about this machine: Pulumi's local state, its passphrase, locks. Ignored by git. */
export const machineDirectory = machineDirectoryOf(projectDirectory);

/**
 * Where a stack is rendered to unless another folder is named: `rendered/` in the project, where a person looks; beside the state where
 * that has a folder of its own, because passwords belong to a deployment.
 */
export function renderedDirectory(stack: string): string {
  const home = process.env["GHOST_PLATFORM_HOME"] === undefined ? projectDirectory : machineDirectory;
  return path.join(home, "rendered", stack);
}

/** A path as a person in the current folder would write it. */
export function shown(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative === "" ? "." : relative.startsWith("..") ? file : relative;
}
