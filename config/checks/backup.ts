import { backupPromise } from "../backups/backup-promise";
import { hasDatabaseServer } from "../apps";
import { readBackupJob } from "../backups/backup-job";
import { durationMistakes, durationSeconds } from "../values/duration";
import { meantBy } from "../mysql/server-options";
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
    if (backup.pointInTime) {
      mistakes.push(...binaryLogMistakes(config));
    }
  }
  return mistakes;
}

/** A log that is not archived for as long as this, a server has to keep: then a night without the store costs nothing. */
const shortestLogSeconds = 24 * 3600;

/** Server options with which its binary log is none from which a database could be made again. */
function binaryLogMistakes({ mysql }: ParsedStack): string[] {
  const named = [
    ["mysql.options", mysql.options],
    ["mysql.sourceOptions", mysql.sourceOptions],
  ] as const;
  return named.flatMap(([key, options]) =>
    Object.entries(options).flatMap(([name, value]) => {
      const meant = meantBy(name);
      const text = String(value).toLowerCase();
      const wrong = meant.some((one) => one === "binlog_do_db" || one === "binlog_ignore_db")
        ? "leaves databases out of the binary log"
        : meant.includes("log_bin") && (/^(skip|disable)_/.test(meant[0] ?? "") || ["0", "off", "false"].includes(text))
          ? "switches the binary log off"
          : meant.includes("binlog_expire_logs_seconds") && Number(value) > 0 && Number(value) < shortestLogSeconds
            ? `keeps the binary log for less than a day (got ${text})`
            : undefined;
      return wrong === undefined
        ? []
        : [`backup.pointInTime: ${key}.${name} ${wrong}, and it is what is archived. Remove one of the two keys`];
    }),
  );
}
