import { backupsOnCluster } from "../backup/known/kubernetes";
import type { FailedBackup, GoodBackup, KnownBackups } from "../backup/known/facts";
import { backupsOnSwarm } from "../backup/known/swarm";
import { backupPromise, verificationPromise, type Promised } from "../config/backups/backup-promise";
import type { Stack } from "../home/stack";
import { age, duration } from "../terminal/age";
import {
  findingOf,
  isVerificationTrouble,
  judgedVerification,
  verificationFindings,
  type VerificationReport,
} from "./backup-verification";
import type { Finding } from "./finding";

/** When the last good backup of a stack was made, where it is, and whether the next is overdue. A part of `status --json`. */
export interface BackupReport {
  /**
   * - `good`: nothing is overdue, and none has failed since
   * - `none`: there is none yet, and the first is not overdue
   * - `overdue`, `failed`
   * - `unknown`: the platform does not tell
   */
  state: "good" | "none" | "overdue" | "failed" | "unknown";
  /** Whether the stack file says when backups are made: only then is one overdue. */
  promised: boolean;
  /** Seconds after which the newest is too old. Absent where nothing is promised. */
  overdueAfter?: number;
  last?: GoodBackup;
  failed?: FailedBackup;
  /** In a sentence, what is known. */
  why: string;
  /** What to do, the likeliest first. */
  mend: string[];
  /** Whether they are read back, where the stack file says when. */
  verification?: VerificationReport;
}

/** When the last good backup of a stack was made, where it is, and whether the next is overdue. */
export async function stackBackups(stack: Stack): Promise<BackupReport> {
  const known = stack.platform === "kubernetes" ? await backupsOnCluster(stack) : await backupsOnSwarm(stack);
  const now = new Date();
  const verification = verificationPromise(stack.config);
  return {
    ...judgedBackups(stack.name, known, backupPromise(stack.config), now),
    ...(verification ? { verification: judgedVerification(stack.name, known, verification, now) } : {}),
  };
}

/** Clocks of two machines differ by less. */
const clockSeconds = 600;

/**
 * Judges what is known. Of a backup that was made by no clock that agrees with this one's, its age is not known.
 *
 * @param promised what the stack file says; undefined: nothing
 */
export function judgedBackups(
  stack: string,
  known: KnownBackups,
  promised: Promised | undefined,
  now: Date,
): BackupReport {
  const common = {
    promised: promised !== undefined,
    ...(promised ? { overdueAfter: promised.overdueAfter } : {}),
  };
  if ("unknown" in known) {
    return { ...common, state: "unknown", why: `Whether a backup is overdue is not known: ${known.unknown}`, mend: [] };
  }
  const last = newest(known.good);
  const failed = newest(known.failed.filter(({ at }) => last === undefined || time(at) > time(last.at)));
  const facts = { ...common, ...(last ? { last } : {}), ...(failed ? { failed } : {}) };
  const again = known.schedule?.run ?? `npm run backup -- create --stack ${stack}`;
  const look = known.schedule
    ? []
    : [`On the machine that makes them: journalctl -u ghost-platform-backup-${stack} --since -2d`];
  const there = last && `the last good one is of ${age(last.at, now)} ago${nameOf(last)}, in ${last.place}`;
  const ahead = last ? (time(last.at) - now.getTime()) / 1000 : 0;
  if (last && ahead > clockSeconds) {
    return {
      ...facts,
      state: "unknown",
      why: `Whether a backup is overdue is not known: the last good one${nameOf(last)} was made ${duration(ahead)} from now by the clock of ${last.by}`,
      mend: [`Set the clocks of ${last.by} and of this machine, then make one: ${again}`],
    };
  }
  if (failed) {
    return {
      ...facts,
      state: "failed",
      why: `The last backup failed ${age(failed.at, now)} ago on ${failed.by}: ${failed.why}. ${there ? capital(there) : "There is no good one"}`,
      mend: [...(failed.look === undefined ? look : [failed.look]), `When it is mended: ${again}`],
    };
  }
  if (known.schedule?.suspended && promised) {
    return {
      ...facts,
      state: "overdue",
      why: `${known.schedule.what} is suspended, so no backup is made; ${there ?? "there is none"}`,
      mend: [`npm start -- --stack ${stack}`],
    };
  }
  const began = last?.at ?? known.since;
  if (promised && began === undefined) {
    return {
      ...facts,
      state: "unknown",
      why: "There is no backup, and since when the stack is there is not known",
      mend: [again],
    };
  }
  if (promised && began !== undefined && (now.getTime() - time(began)) / 1000 > promised.overdueAfter) {
    const limit = `backup.schedule ${promised.schedule}: one is overdue after ${duration(promised.overdueAfter)}`;
    return {
      ...facts,
      state: "overdue",
      why: `${there ? `A backup is overdue: ${there}` : `A backup is overdue: there is none, and the stack is there for ${age(began, now)}`} (${limit})`,
      mend: [...look, again],
    };
  }
  return last
    ? { ...facts, state: "good", why: capital(there ?? ""), mend: [] }
    : { ...facts, state: "none", why: "No backup is known yet", mend: promised ? [again] : [] };
}

function newest<One extends { at: string }>(all: readonly One[]): One | undefined {
  return [...all].sort((left, right) => time(right.at) - time(left.at))[0];
}

function time(at: string): number {
  return Date.parse(at);
}

function nameOf({ backup }: GoodBackup): string {
  return backup === undefined ? "" : ` (${backup})`;
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** What is not well with a stack's backups, a line each. */
export function backupProblems(report: BackupReport): string[] {
  const { verification } = report;
  return [
    ...(isTrouble(report) ? [report.why] : []),
    ...(verification && isVerificationTrouble(verification) ? [verification.why] : []),
  ];
}

/** A failure is told whether or not anything is promised; that nothing is known, where something is. */
function isTrouble({ promised, state }: BackupReport): boolean {
  return state === "failed" || (promised && (state === "overdue" || state === "unknown"));
}

/** The lines of `status`; none where nothing is promised and nothing known. */
export function backupLines(report: BackupReport): string[] {
  const { verification } = report;
  return [
    ...(report.promised || report.state === "good" || report.state === "failed"
      ? [
          `Backups: ${report.why}${report.state === "good" && report.promised ? `; overdue after ${duration(report.overdueAfter ?? 0)}` : ""}.`,
        ]
      : []),
    ...(verification
      ? [
          `Read back: ${verification.why}${verification.state === "good" ? `; overdue after ${duration(verification.overdueAfter)}` : ""}.`,
        ]
      : []),
  ];
}

/** What a diagnosis says of them. */
export function backupFindings(report: BackupReport): Finding[] {
  return [...madeFindings(report), ...(report.verification ? verificationFindings(report.verification) : [])];
}

function madeFindings(report: BackupReport): Finding[] {
  const isFirstDue = report.promised && report.state === "none";
  return isTrouble(report) || isFirstDue ? [findingOf("backup", report)] : [];
}
