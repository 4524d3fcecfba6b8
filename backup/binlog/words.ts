import { InvalidArgumentError } from "commander";
import { UserError } from "../../errors";
import type { BackupKey } from "../format/key";
import type { Backup } from "../store/stack-folder";
import type { Store } from "../store/store";
import { parseMoment, timeText, windows, type Wanted, type Window } from "./chain";
import { parseGtid } from "../format/gtid";
import { basesOf } from "./point";
import { readSegments, type ArchiveListing } from "./stored";

/** What `--until` says. */
export function untilOption(text: string): Wanted {
  const wanted = parseMoment(text);
  if (wanted === undefined) {
    throw new InvalidArgumentError(
      'It must be a moment in UTC, for example "2026-11-28 14:05" or "2026-11-28 14:05:12.5", or latest.',
    );
  }
  return wanted;
}

/** What `--until-gtid` says: what came before that transaction. */
export function untilGtidOption(text: string): Wanted {
  try {
    return { before: parseGtid(text) };
  } catch (error) {
    throw error instanceof UserError ? new InvalidArgumentError(error.message) : error;
  }
}

/** What a person wants who may have said it in either way. @throws UserError for who has said both */
export function wantedOf({ until, untilGtid }: { until?: Wanted; untilGtid?: Wanted }): Wanted | undefined {
  if (until !== undefined && untilGtid !== undefined) {
    throw new UserError("--until and --until-gtid both say where the restore ends: name one of them");
  }
  return until ?? untilGtid;
}

/** Which moments a stack can be brought back to. */
export interface Reachable extends Pick<ArchiveListing, "notProven"> {
  windows: Window[];
}

/** @returns undefined where nothing is archived, or nothing can be proven */
export async function reachable(
  store: Store,
  stack: string,
  backups: readonly Backup[],
  key: BackupKey | undefined,
): Promise<Reachable | undefined> {
  if (!key || store.archive.names().length === 0) {
    return undefined;
  }
  const { notProven, segments } = await readSegments(store.archive, stack, key);
  return { windows: windows(basesOf(backups), segments), notProven };
}

/** The same, in lines. */
export function reachableLines(found: Reachable | undefined): string[] {
  if (!found) {
    return [];
  }
  const lines = found.windows.flatMap(({ from, missing, until }) => [
    ...(missing === undefined ? [] : [`  a hole: ${missing || "what was committed there is not known"}`]),
    `  from ${timeText(from)} to ${timeText(until)}`,
  ]);
  return [
    "",
    lines.length > 0
      ? "To every moment (restore --until):"
      : "Binary logs are archived, and no full backup says where they go on from: the next one does.",
    ...lines,
    ...(found.notProven.length > 0
      ? [
          "Not proven in the archive, and counted for nothing:",
          ...found.notProven.slice(0, 10).map(({ why }) => `  ${why}`),
        ]
      : []),
  ];
}
