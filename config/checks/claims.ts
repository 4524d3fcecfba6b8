import { claimsOfOthers } from "../kubernetes/claims-of-others";
import { appsWithData } from "../apps";
import { ownComponent } from "../own-apps";
import type { ParsedStack } from "../schema";

/** Claims that are there already, where none can be, and ways to mount a volume that it has not. */
export function claimMistakes(config: ParsedStack): string[] {
  return [...existingMistakes(config), ...accessMistakes(config)];
}

function existingMistakes(config: ParsedStack): string[] {
  const { topology } = config.mysql;
  const named = claimsOfOthers(config);
  const own = ownClaims(config);
  return named.flatMap(({ hasData, key, name }, index) => {
    const [, maker] = own.find(([claim]) => (typeof claim === "string" ? claim === name : claim.test(name))) ?? [];
    const other = hasData && named.slice(0, index).find((earlier) => earlier.hasData && earlier.name === name);
    return [
      ...(key === "mysql.storage.existingClaim" && topology !== "single"
        ? [
            `${key}: mysql.topology is ${topology}, whose members have a claim each, which the cluster makes for them. Remove the key, or set mysql.topology to single`,
          ]
        : []),
      ...(other ? [`${key}: ${name} is named by ${other.key}, too, and two apps on one volume harm each other`] : []),
      ...(maker
        ? [
            `${key}: ${name} is what this program calls the claim that it makes for ${maker}, and deletes with its data. Remove the key, or name another claim`,
          ]
        : []),
    ];
  });
}

/** Names of claims that the program makes, each with the key of its app; an app that is no part of it has any that begin with its own. */
function ownClaims(config: ParsedStack): [name: string | RegExp, key: string][] {
  return [
    ...Array.from({ length: 10 }, (_, ordinal): [string, string] => [`data-mysql-${ordinal}`, "mysql"]),
    ["mailpit-mail", "mailpit"],
    ["monitoring-data", "monitoring"],
    ...Object.keys(config.sites).map((name): [string, string] => [`ghost-${name}-content`, `sites.${name}`]),
    ...Object.keys(config.apps).map((name): [RegExp, string] => [
      new RegExp(`^${ownComponent(name)}(-|$)`),
      `apps.${name}`,
    ]),
  ];
}

function accessMistakes(config: ParsedStack): string[] {
  return appsWithData(config).flatMap(([key, { storage }]) => {
    const alone = "accessModes" in storage && storage.accessModes?.includes("ReadWriteOncePod");
    const at = `${key}.storage.accessModes`;
    const { hostPath, nfs } = storage as { hostPath?: unknown; nfs?: unknown };
    const manual = hostPath !== undefined ? "hostPath" : nfs !== undefined ? "nfs" : undefined;
    return [
      ...(alone && manual ? [`${at}: ReadWriteOncePod is for volumes of a CSI driver, and ${manual} has none`] : []),
      ...(alone && config.backup?.recipient !== undefined && /^(sites\.|mailpit$)/.test(key)
        ? [
            `${at}: with ReadWriteOncePod no other pod reads the volume, and that of backup.recipient has to. Name ReadWriteOnce, or remove backup.recipient`,
          ]
        : []),
    ];
  });
}
