import { isMap } from "../files/machine";
import type { ParsedStack } from "../schema";
import { nodeDirectoryMistake } from "../swarm/node-directory";

/** The Pod Security Standard that a namespace enforces. */
export type PodStandard = NonNullable<ParsedStack["kubernetes"]>["podSecurity"];

/** Volumes that the standard `restricted` admits. */
const restrictedVolumes = "configMap csi downwardAPI emptyDir ephemeral persistentVolumeClaim projected secret".split(
  " ",
);

/**
 * Volumes that the namespace would refuse, and directories of a node that are the system's.
 *
 * @param key of the volumes
 * @param mounts of them, wherever they are
 */
export function volumeMistakes(
  key: string,
  volumes: readonly { name: string }[],
  mounts: readonly { name: string; readOnly?: boolean | undefined }[],
  standard: PodStandard,
): string[] {
  return volumes.flatMap((volume, number) =>
    Object.entries(volume).flatMap(([kind, source]: [string, unknown]) => {
      const at = `${key}.${number}.${kind}`;
      const isRefused = standard === "restricted" ? !restrictedVolumes.includes(kind) : kind === "hostPath";
      if (kind === "name") {
        return [];
      }
      if (standard !== "privileged" && isRefused) {
        return [
          `${at}: refused by the standard ${standard} that the namespace enforces, and no pod would start. Use a claim, or set kubernetes.podSecurity to ${kind === "hostPath" ? "privileged" : "baseline"}`,
        ];
      }
      const directory = kind === "hostPath" && isMap(source) ? source["path"] : undefined;
      const own = mounts.filter((mount) => mount.name === volume.name);
      const mistake = typeof directory === "string" ? nodeDirectoryMistake(directory) : undefined;
      return mistake === undefined || (own.every(({ readOnly }) => readOnly) && isReadByMany(String(directory)))
        ? []
        : [`${at}.path: ${mistake}. Below /etc and /usr it may be what the mounts have as readOnly`];
    }),
  );
}

/** What of a node's system programs anywhere read: certificates, time zones. */
function isReadByMany(directory: string): boolean {
  return /^\/(etc|usr)\/[^/]/.test(directory) && !/(^|\/)\.\.?(\/|$)/.test(directory);
}
