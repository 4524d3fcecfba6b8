import { ownerLabel } from "./labels";

/** The ConfigMap that says when the newest good backup of a stack was made, and whether one has failed since. */
export const backupRecordName = "ghost-platform-backups";

/** Label of a workload whose claims no backup holds: what they have is of no use to a stack that is made again. */
export const unsavedLabel = { "ghost-platform/backup": "excluded" };

/** Label of the Jobs that a schedule makes, with the stack's mark as the value. They are the cluster's own, and no objects that the stack declares. */
export const scheduledBackupLabel = "ghost-platform/scheduled-backup-of";

/** Whether an object is that record, which no program declares: it stays as long as the namespace does. */
export function isBackupRecord({ kind, metadata: { name } }: { kind: string; metadata: { name: string } }): boolean {
  return kind === "ConfigMap" && name === backupRecordName;
}

/** The object. @param owner the stack's mark @param text what it says */
export function backupRecord(owner: string, namespace: string, text: string): object {
  const labels = { "app.kubernetes.io/part-of": "ghost-platform", [ownerLabel]: owner };
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: backupRecordName, namespace, labels },
    data: { [recordKey]: text },
  };
}

/** The key of its text. */
export const recordKey = "backups.json";
