import * as fs from "node:fs";
import * as path from "node:path";
import { machineDirectory, renderedDirectory } from "../cli/project";
import { outputOf, runOn, type Output } from "./pipe";
import type { Readable } from "node:stream";

/** What of this machine's folder belongs to a deployment: not the backups, and not their key. */
const kept = ["deployments.json", "machine.yaml", "passphrase", "state", "unlock-keys"];

/** What this machine keeps about a stack, as a tar archive; passwords are in it. */
export function readDeployment(stack: string): Output {
  const rendered = renderedDirectory(stack);
  const parts = [
    ...kept
      .filter((name) => fs.existsSync(path.join(machineDirectory, name)))
      .flatMap((name) => ["-C", machineDirectory, name]),
    ...(fs.existsSync(rendered) ? ["-C", path.dirname(path.dirname(rendered)), path.join("rendered", stack)] : []),
  ];
  return outputOf(["tar", "-cf", "-", ...(parts.length > 0 ? parts : ["-T", "/dev/null"])]);
}

/** Unpacks such an archive into a folder of its own, for its owner only. */
export async function unpackDeployment(data: Readable, folder: string): Promise<void> {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  await runOn(["tar", "-C", folder, "-xpf", "-"], data);
}

/**
 * Puts back what a machine that has none knew about a stack.
 *
 * @returns names of what was put back; what is there already stays as it is
 */
export function placeDeployment(folder: string, stack: string): string[] {
  const rendered = renderedDirectory(stack);
  const places: [from: string, to: string][] = [
    ...kept.map((name): [string, string] => [path.join(folder, name), path.join(machineDirectory, name)]),
    [path.join(folder, "rendered", stack), rendered],
  ];
  return places.flatMap(([from, to]) => {
    if (!fs.existsSync(from) || fs.existsSync(to)) {
      return [];
    }
    fs.mkdirSync(path.dirname(to), { recursive: true, mode: 0o700 });
    fs.cpSync(from, to, { recursive: true, preserveTimestamps: true });
    return [path.basename(to)];
  });
}
