import * as fs from "node:fs";
import * as path from "node:path";
import { parse, stringify } from "yaml";
import { machineDirectory, renderedDirectory } from "../cli/project";
import type { RawConfig } from "../config/machine";
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
    if (path.basename(to) === "machine.yaml") {
      fs.writeFileSync(to, withoutMachines(fs.readFileSync(from, "utf8")));
    } else {
      fs.cpSync(from, to, { recursive: true, preserveTimestamps: true });
    }
    return [path.basename(to)];
  });
}

/** Settings of another machine without those that say where it reached its engines: they would win over what the stack file names here. */
export function withoutMachines(text: string): string {
  const all = (parse(text) as Record<string, RawConfig> | null) ?? {};
  for (const settings of Object.values(all)) {
    const swarm = settings["swarm"] as RawConfig | undefined;
    delete swarm?.["host"];
    delete swarm?.["nodes"];
  }
  return `# Settings of this machine only, merged over the stack files. Safe to edit or delete.\n${stringify(all)}`;
}
