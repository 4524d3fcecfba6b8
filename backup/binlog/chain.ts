import { UserError } from "../../errors";
import { GtidSet, gtidText, type Gtid } from "../format/gtid";
import type { Segment } from "./read-statement";

/*
 * Which moments can be reached, by what a full backup holds and what the segments hold. Numbers of transactions decide, and never the clock: a moment is
 * turned into a set of transactions first. That set stands in the segment of the moment: all that came before it, and a part of its own. Each of them has to be in
 * the backup or in some segment; what is in neither is a hole.
 */

/** A full backup, as far as it counts here. */
export interface Base {
  id: string;
  createdAt: string;
  /** Transactions that its dump holds. */
  gtids: GtidSet;
}

/** A transaction as the log has it. */
export interface Logged {
  gtid: Gtid;
  /** Microseconds since 1970. */
  committed: number;
}

/** What a person names. */
export type Wanted = { moment: number } | { before: Gtid } | "latest";

/** In the order in which they were cut. */
export function inOrder(segments: readonly Segment[]): Segment[] {
  return [...segments].sort((left, right) => left.sequence - right.sequence || left.id.localeCompare(right.id));
}

/**
 * The segment at which a restore ends: the first with a transaction that is not wanted, or the last of all.
 *
 * @param segments in order
 * @throws UserError for what lies behind the end of the archive, or is not in it
 */
export function lastSegment(segments: readonly Segment[], wanted: Wanted): Segment {
  const last = segments.at(-1);
  if (!last) {
    throw new UserError(
      "there is no archive of binary logs of this stack here, so no other moment can be reached than that of a backup",
    );
  }
  if (wanted === "latest") {
    return last;
  }
  if ("before" in wanted) {
    const holding = segments.find(({ holds }) => holds.has(wanted.before));
    if (!holding) {
      throw new UserError(`transaction ${gtidText(wanted.before)} is not in the archive`);
    }
    return holding;
  }
  const holding = segments.find(({ latest }) => latest !== undefined && latest >= wanted.moment);
  if (!holding && last.until < wanted.moment) {
    throw new UserError(
      `the archive does not reach ${timeText(wanted.moment)}: it ends at ${timeText(last.until)}. --until latest takes all of it`,
    );
  }
  return holding ?? last;
}

/** What of the transactions of the last segment is wanted, and which is the first that is not. */
export function split(transactions: readonly Logged[], wanted: Wanted): { own: Logged[]; next?: Logged } {
  const end =
    wanted === "latest"
      ? -1
      : transactions.findIndex(({ committed, gtid }) =>
          "before" in wanted ? gtidText(gtid) === gtidText(wanted.before) : committed >= wanted.moment,
        );
  const next = transactions[end];
  return next ? { own: transactions.slice(0, end), next } : { own: [...transactions] };
}

/**
 * Refuses a moment before the first transaction of a segment where it is not known when those before that one were committed: there the archive begins, or has a
 * hole.
 *
 * @param segments in order
 * @param segment the last of them that is wanted, of which no own transaction is
 * @throws UserError with the nearest moments that are known
 */
export function mustBeKnown(segments: readonly Segment[], segment: Segment, moment: number): void {
  const earlier = segments.slice(0, segments.indexOf(segment));
  const isKnown = ({ after, holds, latest, until }: Segment) =>
    (until <= moment || latest !== undefined) && after.plus(holds).includes(segment.after);
  if (earlier.some(isKnown)) {
    return;
  }
  const reached = earlier.findLast(({ until }) => until <= moment);
  const begins = timeText(segment.earliest ?? segment.until);
  throw new UserError(
    reached
      ? `the archive has a hole there: of what was committed between ${timeText(reached.until)} and ${begins} it is not known when that was. The last point before it: --until "${timeText(reached.until)}"`
      : `the archive begins at ${begins}, and ${timeText(moment)} is before that. Restore a backup without --until, or name a later moment`,
  );
}

/** The transactions of a history up to some of those of a segment. */
export function upTo({ after }: Segment, own: readonly Logged[]): GtidSet {
  return after.plus(setOf(own));
}

export function setOf(transactions: readonly Logged[]): GtidSet {
  return transactions.reduce((sum, { gtid }) => sum.plus(GtidSet.of(gtid)), GtidSet.empty);
}

/**
 * The newest backup from which a set of transactions can be reached.
 *
 * @param bases the newest first
 * @param segments in order, those after the set among them
 * @throws UserError where none reaches it, with the last moment before it that one does
 */
export function baseFor<Some extends Base>(
  bases: readonly Some[],
  segments: readonly Segment[],
  wanted: GtidSet,
): Some {
  const before = bases.filter(({ gtids }) => wanted.includes(gtids));
  const archived = segments.reduce((sum, { holds }) => sum.plus(holds), GtidSet.empty);
  const [found] = reaching(bases, archived, wanted);
  if (found) {
    return found;
  }
  const [newest] = before;
  if (!newest) {
    const oldest = bases.at(-1);
    throw new UserError(
      oldest
        ? `no full backup leads there: what each holds is later than that, or of another history. The oldest is ${oldest.id}, of ${oldest.createdAt}`
        : "there is no full backup that says which transactions it holds, and a restore begins with one",
    );
  }
  const missing = wanted.minus(newest.gtids).minus(archived);
  const reached = segments.findLast(
    (segment) =>
      wanted.includes(segment.after) && wanted.includes(segment.holds) && isReached(segment, bases, archived),
  );
  throw new UserError(
    `the archive has a hole: after backup ${newest.id} it lacks ${missing.toString()}. ${
      reached
        ? `The last point before it that can be reached: --until "${timeText(reached.until)}"`
        : `What can be reached is the backup itself: restore ${newest.id}, without --until`
    }`,
  );
}

function isReached({ after, holds }: Segment, bases: readonly Base[], archived: GtidSet): boolean {
  return reaching(bases, archived, after.plus(holds)).length > 0;
}

/** The backups from which a set of transactions can be reached. */
function reaching<Some extends Base>(bases: readonly Some[], archived: GtidSet, wanted: GtidSet): Some[] {
  return bases.filter(({ gtids }) => wanted.includes(gtids) && archived.includes(wanted.minus(gtids)));
}

/** A time in which every moment can be reached. */
export interface Window {
  /** Microseconds since 1970. */
  from: number;
  until: number;
  /** Transactions that are lacking between this window and the one before; undefined for the first. */
  missing?: string;
}

/**
 * From when to when a stack can be brought back.
 *
 * @param bases the newest first
 * @param segments in order
 */
export function windows(bases: readonly Base[], segments: readonly Segment[]): Window[] {
  const result: Window[] = [];
  let archived = GtidSet.empty;
  /** What the backups of the windows before hold. */
  let covered = GtidSet.empty;
  /** What the segment before this one ended with, where that one is reached. */
  let before: GtidSet | undefined;
  for (const { after, earliest, holds, until } of segments) {
    // Of a restored server, which knows nothing of what was before it, no backup leads to the beginning.
    const goesOn = before?.includes(after) === true && reaching(bases, archived, after).length > 0;
    archived = archived.plus(holds);
    const through = after.plus(holds);
    const oldest = reaching(bases, archived, through).at(-1);
    const last = result.at(-1);
    if (!oldest) {
      before = undefined;
    } else if (last && goesOn) {
      last.until = Math.max(last.until, until);
      before = through;
    } else {
      const from = Math.max(Date.parse(oldest.createdAt) * 1000, earliest ?? until);
      const missing = after.minus(archived).minus(covered).toString();
      covered = covered.plus(oldest.gtids);
      result.push({ from, until: Math.max(from, until), ...(last ? { missing } : {}) });
      before = through;
    }
  }
  return result;
}

/** A moment for a person, in UTC and to the thousandth of a second. */
export function timeText(microseconds: number): string {
  return `${new Date(microseconds / 1000).toISOString().replace("T", " ").replace("Z", "")} UTC`;
}

/**
 * What `--until` says: a moment in UTC, or `latest`.
 *
 * @returns undefined for neither
 */
export function parseMoment(text: string): Wanted | undefined {
  if (text === "latest") {
    return text;
  }
  const form = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?(?: ?UTC|Z)?$/;
  const [, day, minute, second = "00", fraction = ""] = form.exec(text.trim()) ?? [];
  const whole = day === undefined || minute === undefined ? Number.NaN : Date.parse(`${day}T${minute}:${second}Z`);
  // 30 February would be the second of March.
  const isDay = !Number.isNaN(whole) && new Date(whole).toISOString().startsWith(`${day ?? ""}T${minute ?? ""}`);
  return !isDay ? undefined : { moment: whole * 1000 + Number(fraction.padEnd(6, "0")) };
}
