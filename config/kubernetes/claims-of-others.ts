import { appsWithData } from "../apps";
import type { Apps } from "../apps";
import { isMap } from "../files/machine";
import type { ParsedStack } from "../schema";

/** A claim that is somebody else's, and that the stack mounts. */
export interface ClaimOfOthers {
  /** What names it, for example `mysql.storage.existingClaim`. */
  key: string;
  name: string;
  /** Whether data of the stack is on it; else it is among further volumes of a pod. */
  hasData: boolean;
}

/** The claims that a stack mounts and does not make, for each key that names one. */
export function claimsOfOthers(
  config: Apps & Pick<ParsedStack, "activityPub" | "edge" | "monitoring" | "mysql" | "shop">,
): ClaimOfOthers[] {
  return appsWithData(config).flatMap(([key, app]) => {
    const { storage } = app;
    const data =
      "existingClaim" in storage && storage.existingClaim !== undefined
        ? [{ key: `${key}.storage.existingClaim`, name: storage.existingClaim, hasData: true }]
        : [];
    const volumes = "pod" in app && app.pod && "volumes" in app.pod ? (app.pod.volumes ?? []) : [];
    return [...data, ...volumes.flatMap((volume, index) => mounted(`${key}.pod.volumes.${index}`, volume))];
  });
}

function mounted(key: string, { persistentVolumeClaim: source }: Record<string, unknown>): ClaimOfOthers[] {
  const name = isMap(source) ? source["claimName"] : undefined;
  return typeof name === "string" ? [{ key: `${key}.persistentVolumeClaim.claimName`, name, hasData: false }] : [];
}
