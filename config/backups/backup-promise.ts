import { durationSeconds } from "../values/duration";
import type { StackConfig } from "../schema";
import { longestGap, parseSchedule } from "./schedule";

/** What the stack file says is to come, again and again. */
export interface Promised {
  /** As the stack file has it. */
  schedule: string;
  /** Seconds after which the newest is too old. */
  overdueAfter: number;
}

type WithBackup = Pick<StackConfig, "backup">;

/** What is promised of a stack's backups; undefined where nothing is, and so nothing can be overdue. */
export function backupPromise({ backup }: WithBackup): Promised | undefined {
  const promised = promiseOf(backup?.schedule);
  return promised && backup?.overdueAfter !== undefined
    ? { ...promised, overdueAfter: durationSeconds(backup.overdueAfter) }
    : promised;
}

/** The same of their being read back and loaded. */
export function verificationPromise({ backup }: WithBackup): Promised | undefined {
  return promiseOf(backup?.verify);
}

/** What comes at given times may be a quarter late, and an hour in any case. */
function promiseOf(schedule: string | undefined): Promised | undefined {
  const times = schedule === undefined ? undefined : parseSchedule(schedule);
  if (schedule === undefined || !times) {
    return undefined;
  }
  const gap = longestGap(times);
  return { schedule, overdueAfter: gap + Math.max(3600, gap / 4) };
}
