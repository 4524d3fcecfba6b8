import * as path from "node:path";
import { machineDirectory } from "./project";

/** Where this machine keeps how far a stack's upgrade is, and the sealed databases of before. */
export function upgradeFolder(stack: string): string {
  return path.join(machineDirectory, "upgrades", stack);
}
