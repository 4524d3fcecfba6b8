import { backupPromise } from "../backups/backup-promise";
import { hasDatabaseServer } from "../apps";
import { readBackupJob } from "../backups/backup-job";
import { durationMistakes, durationSeconds } from "../values/duration";
import { foreignServer } from "../mysql/own-databases";
import { longestGap, parseSchedule } from "../backups/schedule";
import type { ParsedStack } from "../schema";

/** What cannot be promised of backups. */
export function backupMistakes(config: ParsedStack): string[] {
  const { backup } = config;
  const promised = backupPromise(config);
  if (!backup || !promised) {
    return [];
  }
  const mistakes: string[] = [];
  const server = foreignServer(config);
  if (server !== undefined) {
    mistakes.push(
      `backup.schedule: does not go with mysql.external: the databases are at ${server}, and a backup of the rest would be none. Remove the key; what there is instead: docs/external-database.md`,
    );
  }
  const { overdueAfter } = backup;
  if (overdueAfter !== undefined) {
    mistakes.push(
      ...durationMistakes(
        "backup",
        { overdueAfter },
        { overdueAfter: ["1m", "400d", "what is told later helps nobody"] },
      ),
    );
    const times = parseSchedule(promised.schedule);
    if (times && durationSeconds(overdueAfter) < longestGap(times)) {
      mistakes.push(
        `backup.overdueAfter: must be as long as the longest time between two of backup.schedule, ${longestGap(times) / 60}m, or longer (got ${overdueAfter}): each would be overdue before the next is due`,
      );
    }
  }
  if (backup.recipient !== undefined) {
    if (!hasDatabaseServer(config)) {
      mistakes.push(
        "backup.recipient: the stack has no site, so there is nothing to save. Remove the key, or add a site",
      );
    }
    mistakes.push(...readBackupJob(backup, process.cwd()).mistakes);
  }
  return mistakes;
}
