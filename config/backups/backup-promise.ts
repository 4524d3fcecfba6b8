import { durationSeconds } from "../values/duration";
import type { StackConfig } from "../schema";
import { longestGap, parseSchedule } from "./schedule";

/** What the stack file says of backups to come. */
export interface BackupPromise {
  /** As the stack file has it. */
  schedule: string;
  /** Seconds after which the newest good one is too old. */
  overdueAfter: number;
}

/** What is promised of a stack's backups; undefined where nothing is, and so nothing can be overdue. */
export function backupPromise({ backup }: Pick<StackConfig, "backup">): BackupPromise | undefined {
  const schedule = backup?.schedule;
  const times = schedule === undefined ? undefined : parseSchedule(schedule);
  if (schedule === undefined || !times) {
    return undefined;
  }
  const gap = longestGap(times);
  const usual = gap + Math.max(3600, gap / 4);
  return {
    schedule,
    overdueAfter: backup?.overdueAfter === undefined ? usual : durationSeconds(backup.overdueAfter),
  };
}
