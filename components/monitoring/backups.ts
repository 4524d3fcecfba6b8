import { yamlText } from "../../files/yaml-text";
import { prometheusDirectory } from "./settings";

/*
 * Nobody can be asked for the age of a backup: who makes it comes from outside, and goes. So on Swarm it leaves the moment with Prometheus, as a rule
 * whose result is that moment. On Kubernetes the cluster's API can be asked: backups-kubernetes.ts.
 */

/** Where Prometheus finds it, on its volume. */
const directory = `${prometheusDirectory}/ghost-platform`;
export const backupRulesFiles = `${directory}/*.yml`;

export const lastGood = "ghost_platform_backup_last_good_timestamp_seconds";
export const hasFailedSince = "ghost_platform_backup_failed";

/** What is known of backups, as rules of Prometheus. */
export function backupFigures({ good, hasFailed }: { good: Date | undefined; hasFailed: boolean }): string {
  const figure = (record: string, value: number) => ({ record, expr: `vector(${value})` });
  return yamlText({
    groups: [
      {
        name: "ghost-platform-backups",
        rules: [
          ...(good ? [figure(lastGood, Math.floor(good.getTime() / 1000))] : []),
          figure(hasFailedSince, hasFailed ? 1 : 0),
        ],
      },
    ],
  });
}

/** Run in the container of Prometheus, with these rules on standard input: puts them in place in one step, and has them read. */
export const takeBackupFigures = [
  "sh",
  "-c",
  `set -eu; mkdir -p ${directory}; cat > ${directory}/backups.new; mv ${directory}/backups.new ${directory}/backups.yml; kill -HUP 1`,
];

/**
 * The alerts of a stack whose backups are made at given times.
 *
 * @param overdueAfter seconds
 * @param stack as commands call it
 */
export function backupRules(overdueAfter: number, stack: string) {
  const severity = { severity: "critical" as const };
  const make = `What is known: npm run ops -- diagnose --stack ${stack}
Make one now: npm run backup -- create --stack ${stack}`;
  return [
    {
      alert: "BackupOverdue",
      expr: `time() - max(${lastGood}) > ${overdueAfter}`,
      for: "1m",
      labels: severity,
      annotations: {
        summary: `A backup is overdue (stack ${stack})`,
        description: `The last good one is {{ $value | humanizeDuration }} old.\n${make}`,
      },
    },
    {
      alert: "BackupUnknown",
      expr: `absent(${lastGood})`,
      // After a start the rules are read before they have had a result.
      for: `${overdueAfter}s`,
      labels: severity,
      annotations: {
        summary: `No good backup is known (stack ${stack})`,
        description: `None was made since the monitoring is there, or it could not be told.\n${make}`,
      },
    },
    {
      alert: "BackupFailed",
      expr: `max(${hasFailedSince}) == 1`,
      for: "1m",
      labels: severity,
      annotations: {
        summary: `A backup has failed (stack ${stack})`,
        description: `None was made since.\n${make}`,
      },
    },
  ];
}
