import { NotOurs, recordOn } from "../known/kubernetes";
import { merged, recordText, type Noted } from "../known/record";
import { backupRecord, backupRecordName } from "../../platforms/kubernetes/backup-record";
import { refuseForeign } from "../../platforms/kubernetes/ownership";
import type { ClusterPlace } from "./place";

/**
 * Notes in the stack's namespace what became of a backup, for every machine that asks after the stack.
 *
 * @throws UserError, CommandError where that cannot be
 */
export async function noteOnCluster({ cluster, owner }: ClusterPlace, noted: Noted): Promise<void> {
  await refuseForeign(cluster, owner, [
    { apiVersion: "v1", kind: "Namespace", name: cluster.namespace },
    { apiVersion: "v1", kind: "ConfigMap", name: backupRecordName },
  ]);
  const before = await recordOn(cluster).catch((error: unknown) => {
    if (error instanceof NotOurs) {
      return undefined;
    }
    throw error;
  });
  const record = backupRecord(owner, cluster.namespace, recordText(merged(before, noted)));
  await cluster.send(["apply", "--server-side", "--force-conflicts"], [record]);
}
