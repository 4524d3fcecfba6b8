import { hasInbox, sitesOf } from "../apps";
import { backupPromise } from "../backups/backup-promise";
import { durationMistakes, durationSeconds } from "../values/duration";
import { quantityToBytes } from "../values/quantity";
import type { ParsedStack } from "../schema";

/** Alerts go the way of the sites' mail. */
export function monitoringMistakes(config: ParsedStack, isUnknown: (key: string) => boolean): string[] {
  const { mailRelay, monitoring } = config;
  if (!monitoring) {
    return [];
  }
  const mistakes: string[] = [];
  const { alerts, maxSize, storage } = monitoring;
  mistakes.push(
    ...durationMistakes(
      "monitoring",
      { interval: monitoring.interval, retention: monitoring.retention },
      {
        interval: ["1s", "2m", "Prometheus takes what is older than five minutes for gone"],
        retention: [
          "1d",
          "3650d",
          "a machine that is gone is known by what it was a day ago, and no disk holds more than years",
        ],
      },
    ),
  );
  if (config.platform === "kubernetes" && quantityToBytes(storage.size) < 1.5 * quantityToBytes(maxSize)) {
    mistakes.push(
      `monitoring.storage.size: must be half as much again as monitoring.maxSize or more (got ${storage.size} and ${maxSize}). What Prometheus has not yet put together lies there, too; a full volume ends it`,
    );
  }
  if (config.platform === "kubernetes" && monitoring.pod?.serviceAccountName !== undefined && backupPromise(config)) {
    mistakes.push(
      "monitoring.pod.serviceAccountName: cannot be said with backup.schedule. The pod has an account of its own then, which may read when backups were made. Remove the key",
    );
  }
  if (!alerts) {
    return mistakes;
  }
  mistakes.push(
    ...durationMistakes(
      "monitoring.alerts",
      { after: alerts.after, every: alerts.every, repeat: alerts.repeat },
      {
        after: ["1s", "7d", "what is told later helps nobody"],
        every: ["1s", "1d", "what is told later helps nobody"],
        repeat: ["1m", "5d", "Alertmanager forgets then what it has told"],
      },
    ),
  );
  if (durationSeconds(alerts.repeat) < durationSeconds(alerts.every)) {
    mistakes.push(
      `monitoring.alerts.repeat: must be as long as monitoring.alerts.every or longer (got ${alerts.repeat} and ${alerts.every}): between two mails of a kind nothing is told again`,
    );
  }
  if (!mailRelay && !hasInbox(config) && !["mailRelay", "mailpit", "sites", "wordpress"].some(isUnknown)) {
    mistakes.push(
      "monitoring.alerts: this stack has nothing that takes mail. Name your SMTP server in mailRelay, or remove alerts",
    );
  }
  if (mailRelay?.encryption === "tls" && mailRelay.port !== 465) {
    mistakes.push(
      `mailRelay.port: must be 465 with monitoring.alerts and encryption tls (got ${mailRelay.port}). Alertmanager speaks TLS from the first byte on no other; or use starttls`,
    );
  }
  if (mailRelay && mailRelay.encryption !== "tls" && mailRelay.port === 465) {
    mistakes.push(
      `mailRelay.encryption: must be tls with port 465 (got ${mailRelay.encryption}), where Alertmanager speaks TLS from the first byte`,
    );
  }
  if (alerts.from === undefined && sitesOf(config).length === 0 && !["sites", "wordpress"].some(isUnknown)) {
    mistakes.push("monitoring.alerts.from: missing. Without a site there is no sender that the mail server knows");
  }
  return mistakes;
}
