import { backupPromise } from "../../config/backup-promise";
import type { Stack } from "../../home/stack";
import { backupsOnCluster } from "./kubernetes";
import { judgedBackups, type BackupReport } from "./report";
import { backupsOnSwarm } from "./swarm";

/** When the last good backup of a stack was made, where it is, and whether the next is overdue. */
export async function stackBackups(stack: Stack): Promise<BackupReport> {
  const known = stack.platform === "kubernetes" ? await backupsOnCluster(stack) : await backupsOnSwarm(stack);
  return judgedBackups(stack.name, known, backupPromise(stack.config), new Date());
}
