import { backupPromise } from "../backups/backup-promise";
import { hasDatabaseServer } from "../apps";
import { readSealing } from "../backups/backup-job";
import { durationMistakes, durationSeconds } from "../values/duration";
import { meantBy } from "../mysql/server-options";
import { foreignServer } from "../mysql/own-databases";
import { longestGap, parseSchedule } from "../backups/schedule";
import type { ParsedStack } from "../schema";
import { pinsToOneNode } from "../swarm/placement";
import { completedSwarm } from "../swarm/swarm-nodes";

/** What cannot be promised of backups, and what a stack cannot save by itself. */
export function backupMistakes(config: ParsedStack): string[] {
  const { backup } = config;
  if (!backup) {
    return [];
  }
  const server = foreignServer(config);
  const concerned = backup.schedule !== undefined ? "schedule" : backup.pointInTime ? "pointInTime" : undefined;
  return [
    ...(server !== undefined && concerned !== undefined
      ? [
          `backup.${concerned}: does not go with mysql.external: the databases are at ${server}, and a backup of the rest would be none. Remove the key; what there is instead: docs/external-database.md`,
        ]
      : []),
    ...promiseMistakes(config, backup),
    ...(backup.recipient === undefined ? [] : sealingMistakes(config, backup)),
  ];
}

type BackupConfig = NonNullable<ParsedStack["backup"]>;

function promiseMistakes(config: ParsedStack, { overdueAfter }: BackupConfig): string[] {
  const promised = backupPromise(config);
  if (!promised || overdueAfter === undefined) {
    return [];
  }
  const mistakes = durationMistakes(
    "backup",
    { overdueAfter },
    { overdueAfter: ["1m", "400d", "what is told later helps nobody"] },
  );
  const times = parseSchedule(promised.schedule);
  if (times && durationSeconds(overdueAfter) < longestGap(times)) {
    mistakes.push(
      `backup.overdueAfter: must be as long as the longest time between two of backup.schedule, ${longestGap(times) / 60}m, or longer (got ${overdueAfter}): each would be overdue before the next is due`,
    );
  }
  return mistakes;
}

/** What keeps a stack from sealing and sending what it has. */
function sealingMistakes(config: ParsedStack, backup: BackupConfig): string[] {
  return [
    ...(hasDatabaseServer(config)
      ? []
      : [
          "backup.recipient: the stack has no database, and what it saves by itself goes with one. Remove the key, or add a site",
        ]),
    ...readSealing(backup, process.cwd()).mistakes,
    ...(backup.pointInTime ? [...binaryLogMistakes(config), ...placementMistakes(config, backup)] : []),
  ];
}

/** On a swarm of several nodes the two services of an archive, which share a volume, may come to two nodes. */
function placementMistakes({ platform, swarm }: ParsedStack, { placement }: BackupConfig): string[] {
  const constraints = placement ?? swarm?.placement ?? [];
  const isOnOneNode = platform === "kubernetes" || (swarm ? completedSwarm(swarm).singleNode : true);
  return isOnOneNode || constraints.some(pinsToOneNode)
    ? []
    : [
        'backup.placement: what is archived waits on a local volume until it is sent, and two services share that. Pin them to one node ("node.hostname==NAME")',
      ];
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
