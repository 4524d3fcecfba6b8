import { yamlText } from "../../files/yaml-text";
import type { KnownBackups } from "../app";
import { archivedThrough } from "../archive-figures";
import type { AlertRule } from "./alert-rule";
import { prometheusDirectory } from "./settings";

/*
 * Nobody can be asked for the age of a backup: who makes it comes from outside, and goes. So on Swarm it leaves the moment with Prometheus, as a rule
 * whose result is that moment. On Kubernetes the cluster's API can be asked: backups-kubernetes.ts.
 */

/** Where Prometheus finds it, on its volume. */
const directory = `${prometheusDirectory}/ghost-platform`;
export const backupRulesFiles = `${directory}/*.yml`;

/** The figures, by what they say. */
export const figureNames = {
  lastGood: "ghost_platform_backup_last_good_timestamp_seconds",
  hasFailed: "ghost_platform_backup_failed",
  lastVerified: "ghost_platform_backup_last_verified_timestamp_seconds",
  hasNotBeenVerified: "ghost_platform_backup_verification_failed",
} as const;

/** What is known of backups, as rules of Prometheus. */
export function backupFigures({ good, hasFailed, hasNotBeenVerified, verified }: KnownBackups): string {
  const figure = (record: string, value: number) => ({ record, expr: `vector(${value})` });
  const moment = (record: string, date: Date | undefined) =>
    date ? [figure(record, Math.floor(date.getTime() / 1000))] : [];
  return yamlText({
    groups: [
      {
        name: "ghost-platform-backups",
        rules: [
          ...moment(figureNames.lastGood, good),
          figure(figureNames.hasFailed, hasFailed ? 1 : 0),
          ...moment(figureNames.lastVerified, verified),
          figure(figureNames.hasNotBeenVerified, hasNotBeenVerified ? 1 : 0),
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
export function backupRules(overdueAfter: number, stack: string): AlertRule[] {
  const remedy = `What is known: npm run ops -- diagnose --stack ${stack}
Make one now: npm run backup -- create --stack ${stack}`;
  return comingRules({ newest: figureNames.lastGood, hasFailed: figureNames.hasFailed, overdueAfter, remedy }, [
    [
      "BackupOverdue",
      `A backup is overdue (stack ${stack})`,
      "The last good one is {{ $value | humanizeDuration }} old.",
    ],
    [
      "BackupUnknown",
      `No good backup is known (stack ${stack})`,
      "None was made since the monitoring is there, or it could not be told.",
    ],
    ["BackupFailed", `A backup has failed (stack ${stack})`, "None was made since."],
  ]);
}

/** The alerts of a stack whose backups are read back at given times; see `backupRules`. */
export function verificationRules(overdueAfter: number, stack: string): AlertRule[] {
  const remedy = `What is known: npm run ops -- diagnose --stack ${stack}
Read the newest back now, on the machine with the key: npm run backup -- verify --stack ${stack}`;
  const { hasNotBeenVerified, lastVerified } = figureNames;
  return comingRules({ newest: lastVerified, hasFailed: hasNotBeenVerified, overdueAfter, remedy }, [
    [
      "BackupVerificationOverdue",
      `Reading a backup back is overdue (stack ${stack})`,
      "The last time was {{ $value | humanizeDuration }} ago.",
    ],
    [
      "BackupNeverVerified",
      `No backup was read back yet (stack ${stack})`,
      "None was since the monitoring is there, or it could not be told.",
    ],
    [
      "BackupVerificationFailed",
      `A backup could not be read back (stack ${stack})`,
      "Whether anything can be restored is not known.",
    ],
  ]);
}

/** Seconds that the archive may be behind: longer than it takes to be ended and to come back. */
const archiveBehind = 300;

/** The alert of a stack whose binary logs are archived. */
export function archiveRule(stack: string): AlertRule {
  return {
    alert: "ArchiveBehind",
    expr: `time() - max(${archivedThrough}) > ${archiveBehind} or absent(${archivedThrough})`,
    for: "5m",
    labels: { severity: "critical" },
    annotations: {
      summary: `The archive of binary logs is behind (stack ${stack})`,
      description: `Databases cannot be brought back as they were in the last minutes: what was committed then is not in the store, or the archive does not say.
What it says: npm run ops -- logs backup-archive --since 15m --stack ${stack}
How far it is: npm run backup -- list --stack ${stack}`,
    },
  };
}

type Words = [alert: string, summary: string, description: string];

/** The alerts of what is to come at given times: it is overdue, it never came, it has failed. */
function comingRules(
  {
    hasFailed,
    newest,
    overdueAfter,
    remedy,
  }: { newest: string; hasFailed: string; overdueAfter: number; remedy: string },
  [overdue, never, failed]: [overdue: Words, never: Words, failed: Words],
): AlertRule[] {
  const rule = ([alert, summary, description]: Words, expr: string, after: string): AlertRule => ({
    alert,
    expr,
    for: after,
    labels: { severity: "critical" },
    annotations: { summary, description: `${description}\n${remedy}` },
  });
  return [
    rule(overdue, `time() - max(${newest}) > ${overdueAfter}`, "1m"),
    // After a start the rules are read before they have had a result.
    rule(never, `absent(${newest})`, `${overdueAfter}s`),
    rule(failed, `max(${hasFailed}) == 1`, "1m"),
  ];
}
