import * as fs from "node:fs";
import * as path from "node:path";
import { machineDirectory } from "./project";

/** What deploys a stack: the Pulumi engine, or `kubectl` and `docker stack deploy` with the rendered form. */
export type EngineName = "pulumi" | "rendered";

const file = path.join(machineDirectory, "deployments.json");

/**
 * The engine that has deployed a stack from this machine; undefined where nothing is deployed. Each engine knows only what it made
 * itself, so a stack stays with its engine until it is destroyed.
 */
export function deployedBy(stack: string): EngineName | undefined {
  return read()[stack];
}

/** Remembers the engine of a stack; undefined forgets it. */
export function rememberDeployment(stack: string, engine: EngineName | undefined): void {
  const all = { ...read(), [stack]: engine };
  fs.mkdirSync(machineDirectory, { recursive: true });
  const fresh = `${file}.${process.pid}`;
  fs.writeFileSync(fresh, `${JSON.stringify(all, undefined, 2)}\n`);
  fs.renameSync(fresh, file);
}

function read(): Record<string, EngineName | undefined> {
  return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, "utf8")) as Record<string, EngineName>) : {};
}
