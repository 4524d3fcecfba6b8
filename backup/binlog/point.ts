import * as path from "node:path";
import { UserError } from "../../errors";
import { step } from "../../terminal/progress";
import { readScripts } from "../../platforms/scripts";
import type { RunInContainer } from "../contents/container";
import type { BackupKey } from "../format/key";
import { unseal } from "../format/seal";
import type { Backup } from "../store/stack-folder";
import {
  baseFor,
  lastSegment,
  mustBeKnown,
  setOf,
  split,
  timeText,
  upTo,
  type Base,
  type Logged,
  type Wanted,
} from "./chain";
import { GtidSet, gtidText } from "../format/gtid";
import type { Segment } from "./read-statement";
import { relayLog, transactionsIn } from "./relay";
import type { StoredArchive } from "../store/archive";
import { readSegments, sealedFile } from "./stored";
import { sealedEnd } from "../format/statement";

/** How a database comes from a full backup to another moment. */
export interface Point {
  backup: Backup;
  /** Transactions that the backup's dump holds. */
  has: GtidSet;
  /** Those that the database is to hold. */
  wants: GtidSet;
  /** Where those are that are to be replayed. */
  segments: Segment[];
  archive: StoredArchive;
  /** The last that is replayed; undefined where the dump has all. */
  last?: Logged;
  /** The first that is left out; undefined where the archive has no further one. */
  next?: Logged;
  /** How many in the archive come later. */
  later: number;
  /** Until when the archive knows anything, in microseconds since 1970. */
  end: number;
}

/** Full backups that say which transactions they hold, in the order that is given. */
export function basesOf(backups: readonly Backup[]): (Base & { backup: Backup })[] {
  return backups.flatMap((backup) => {
    const gtids = backup.parts.flatMap((part) =>
      part.kind === "mysql" && part.gtids !== undefined ? [part.gtids] : [],
    );
    return gtids.length === 1 && backup.proven
      ? [{ id: backup.id, createdAt: backup.createdAt, gtids: GtidSet.parse(gtids[0] ?? ""), backup }]
      : [];
  });
}

/**
 * Finds what brings a stack to a moment, and reads it.
 *
 * @param backups the newest first
 * @throws UserError where that moment cannot be reached, with one that can
 */
export async function findPoint(
  archive: StoredArchive,
  { backups, key, stack }: { backups: readonly Backup[]; key: BackupKey; stack: string },
  wanted: Wanted,
): Promise<Point> {
  const { segments } = await step("Read what is archived", () => readSegments(archive, stack, key));
  const end = lastSegment(segments, wanted);
  const { next, own } = split(await loggedIn(archive, end, key), wanted);
  if (own.length === 0 && next && typeof wanted === "object" && "moment" in wanted) {
    mustBeKnown(segments, end, wanted.moment);
  }
  const wants = upTo(end, own);
  const { backup, gtids: has } = baseFor(basesOf(backups), segments, wants);
  const missing = wants.minus(has);
  const needed = segments.filter(({ holds }) => !holds.and(missing).isEmpty);
  let last: Logged | undefined;
  await archive.fetch(needed.map(({ id }) => `${id}${sealedEnd}`));
  await step(`Read ${needed.length} segments of the archive`, async () => {
    for (const segment of needed) {
      const logged = await loggedIn(archive, segment, key);
      last = logged.findLast(({ gtid }) => missing.has(gtid)) ?? last;
    }
  });
  const archived = segments.reduce((sum, { holds }) => sum.plus(holds), GtidSet.empty);
  return {
    backup,
    has,
    wants,
    segments: needed,
    archive,
    later: archived.minus(wants).minus(has).size,
    end: segments.at(-1)?.until ?? end.until,
    ...(last ? { last } : {}),
    ...(next ? { next } : {}),
  };
}

/** What a person is told before anything is done. */
export function pointWords({ backup, end, last, later, next, segments, wants, has }: Point): string[] {
  const named = ({ committed, gtid }: Logged) => `${gtidText(gtid)}, committed ${timeText(committed)}`;
  return [
    last
      ? `  then ${wants.minus(has).size} transactions of ${segments.length} segments; the last is ${named(last)}`
      : "  and no transaction after it",
    next
      ? `  the next, which is left out, is ${named(next)}`
      : `  the archive has no later one; it ends at ${timeText(end)}, and what was written after that is lost`,
    ...(next
      ? [`  lost are ${later} transactions that are archived, and what was written after ${timeText(end)}`]
      : []),
    `  files (images, themes) are those of the backup, of ${backup.createdAt}: what was uploaded later is not there`,
  ];
}

/** What a stack is brought back to, in words. */
export function momentWords({ backup, last }: Point): string {
  return last ? `${backup.createdAt}, its databases those of ${timeText(last.committed)}` : backup.createdAt;
}

/** Replays what is lacking on the data directory that was made of the backup's dump. */
export async function replayOn(run: RunInContainer, point: Point, key: BackupKey): Promise<void> {
  const { archive, has, segments, wants } = point;
  const missing = wants.minus(has);
  if (missing.isEmpty) {
    return;
  }
  await run({
    program: ["bash", "-c", replayScript],
    variables: { has: has.toString(), wants: wants.toString() },
    data: relayLog(
      segments.map((segment) => ({ open: () => opened(archive, segment, key), where: sealedFile(archive, segment) })),
      missing,
    ),
    as: "server",
  });
}

const replayScript = readScripts(path.join(__dirname, "scripts"), ["replay-mysql.sh"])["replay-mysql.sh"];

/** The transactions of a segment, which are those that it says it holds. */
async function loggedIn(archive: StoredArchive, segment: Segment, key: BackupKey): Promise<Logged[]> {
  if (!segment.sealed) {
    return [];
  }
  const where = sealedFile(archive, segment);
  await archive.fetch([path.basename(where)]);
  const logged = await transactionsIn(await opened(archive, segment, key), where);
  const found = setOf(logged);
  if (!found.includes(segment.holds) || !segment.holds.includes(found)) {
    throw new UserError(`${where} holds other transactions than its statement says`);
  }
  return logged;
}

async function opened(archive: StoredArchive, segment: Segment, key: BackupKey) {
  const { sealed } = segment;
  if (!sealed) {
    throw new UserError(`segment ${segment.id} has no transactions`);
  }
  return unseal(sealedFile(archive, segment), sealed, key);
}
