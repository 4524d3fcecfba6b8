import type { FailedBackup, KnownBackups, VerifiedBackup } from "../backup/known/facts";
import type { Promised } from "../config/backups/backup-promise";
import { age, duration } from "../terminal/age";
import type { Finding } from "./finding";

/** When a backup was read back and loaded the last time, of a stack whose file has `backup.verify`. A part of `status --json`. */
export interface VerificationReport {
  /**
   * - `good`: one was, and the next time is not overdue
   * - `none`: none was yet, and the first time is not overdue
   * - `overdue`, `failed`
   * - `unknown`: the platform does not tell
   */
  state: "good" | "none" | "overdue" | "failed" | "unknown";
  /** Seconds after which the last time is too long ago. */
  overdueAfter: number;
  last?: VerifiedBackup;
  failed?: FailedBackup;
  /** In a sentence, what is known. */
  why: string;
  /** What to do, the likeliest first. */
  mend: string[];
}

/** Judges what is known; what the platform does not tell is not known. */
export function judgedVerification(
  stack: string,
  known: KnownBackups,
  { overdueAfter, schedule }: Promised,
  now: Date,
): VerificationReport {
  if ("unknown" in known) {
    const why = `Whether a backup was read back is not known: ${known.unknown}`;
    return { state: "unknown", overdueAfter, why, mend: [] };
  }
  const { notVerified: failed, since, verified: last } = known;
  const again = `npm run backup -- verify --stack ${stack}`;
  const mend = [
    `On the machine with the key: journalctl -u ghost-platform-backup-${stack}-verify --since -8d. Is there none: npm run backup -- schedule --stack ${stack}`,
    again,
  ];
  const facts = { overdueAfter, mend, ...(last ? { last } : {}), ...(failed ? { failed } : {}) };
  const there = last
    ? `the last one that was is ${last.backup}, ${age(last.at, now)} ago by ${last.by}`
    : "none was yet";
  if (failed) {
    const why = `A backup could not be read back ${age(failed.at, now)} ago on ${failed.by}: ${failed.why}; ${there}`;
    return { ...facts, state: "failed", why };
  }
  const began = last?.at ?? since;
  if (began === undefined) {
    return {
      ...facts,
      state: "unknown",
      why: "No backup was read back, and since when the stack is there is not known",
    };
  }
  if ((now.getTime() - Date.parse(began)) / 1000 > overdueAfter) {
    const limit = `backup.verify ${schedule}: overdue after ${duration(overdueAfter)}`;
    return { ...facts, state: "overdue", why: `Reading a backup back is overdue: ${there} (${limit})` };
  }
  return last
    ? {
        ...facts,
        state: "good",
        why: `Backup ${last.backup} was read back and loaded ${age(last.at, now)} ago by ${last.by}`,
        mend: [],
      }
    : { ...facts, state: "none", why: "No backup was read back yet", mend: [again] };
}

/** Whether something is to be done. */
export function isVerificationTrouble({ state }: VerificationReport): boolean {
  return state !== "good" && state !== "none";
}

/** What a diagnosis says of it. */
export function verificationFindings(report: VerificationReport): Finding[] {
  return report.state === "good" ? [] : [findingOf("verification", report)];
}

/** What a diagnosis says of backups that are not well, made or read back. */
export function findingOf(
  about: "backup" | "verification",
  { mend, state, why }: Pick<VerificationReport, "mend" | "state" | "why">,
): Finding {
  const severity = state === "none" ? "notice" : state === "unknown" ? "waiting" : "failure";
  return { scenario: `${about}-${state}`, severity, object: "backups", why: `${why}.`, mend };
}
