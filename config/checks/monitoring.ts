import { hasInbox, sitesOf } from "../apps";
import { durationSeconds } from "../duration";
import { quantityToBytes } from "../quantity";
import type { ParsedStack } from "../schema";

/** Alerts go the way of the sites' mail. */
export function monitoringMistakes(config: ParsedStack): string[] {
  const { mailRelay, monitoring } = config;
  if (!monitoring) {
    return [];
  }
  const mistakes: string[] = [];
  const interval = durationSeconds(monitoring.interval);
  if (interval > 120) {
    mistakes.push(
      `monitoring.interval: must be 2m or less (got ${monitoring.interval}). Prometheus takes what is older than five minutes for gone`,
    );
  }
  if (durationSeconds(monitoring.retention) < 24 * 3600) {
    mistakes.push(
      `monitoring.retention: must be 1d or more (got ${monitoring.retention}). A machine that is gone is known by what it was a day ago`,
    );
  }
  if (quantityToBytes(monitoring.memory) < quantityToBytes("128Mi")) {
    mistakes.push(`monitoring.memory: must be 128Mi or more (got ${monitoring.memory})`);
  }
  const { alerts } = monitoring;
  if (!alerts) {
    return mistakes;
  }
  if (!mailRelay && !hasInbox(config)) {
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
  if (alerts.from === undefined && sitesOf(config).length === 0) {
    mistakes.push("monitoring.alerts.from: missing. Without a site there is no sender that the mail server knows");
  }
  return mistakes;
}
