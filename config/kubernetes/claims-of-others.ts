import type { Apps } from "../apps";
import { appsWithData } from "../apps";
import type { ParsedStack } from "../schema";

/** A claim that is somebody else's, and that the stack mounts. */
export interface ClaimOfOthers {
  /** What names it, for example `mysql.storage.existingClaim`. */
  key: string;
  name: string;
}

/** The claims that a stack mounts and does not make, for each key that names one. */
export function claimsOfOthers(
  config: Apps & Pick<ParsedStack, "edge" | "monitoring" | "mysql" | "shop">,
): ClaimOfOthers[] {
  return appsWithData(config).flatMap(([key, { storage }]) =>
    "existingClaim" in storage && storage.existingClaim !== undefined
      ? [{ key: `${key}.storage.existingClaim`, name: storage.existingClaim }]
      : [],
  );
}
