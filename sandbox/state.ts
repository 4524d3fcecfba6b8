import * as path from "node:path";

/** Where a node or an engine of the sandbox keeps what belongs to it; the same place as in shell/cache.sh. */
export function stateFolder(name: "kubernetes" | "engine"): string {
  return path.join(process.env["GHOST_PLATFORM_STATE"] ?? "/var/lib/ghost-platform-sandbox", name);
}
