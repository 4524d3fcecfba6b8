import { age } from "../terminal/age";
import { table } from "../terminal/table";
import { reachable, reachableLines } from "./binlog/words";
import type { BackupKey } from "./format/key";
import { isGood, type Retention } from "./retention";
import { readBackups, type Backup, type Listing } from "./store/stack-folder";
import type { Incomplete, Store } from "./store/store";

type NotProven = Pick<Listing, "notProven">;

/** Which backups of a stack there are. The shape of `list --json`. */
export interface ListedBackups extends NotProven {
  /** Where they are. */
  folder: string;
  backups: (Backup & { good: boolean })[];
  incomplete: readonly Incomplete[];
  /** From when to when databases can be brought back; absent where no binary logs are archived. */
  pointInTime?: NonNullable<Awaited<ReturnType<typeof reachable>>>;
}

/** @param key absent: nothing of it is proven */
export async function listedBackups(store: Store, stack: string, key: BackupKey | undefined): Promise<ListedBackups> {
  const { backups, notProven } = await readBackups(store.folder, stack, key);
  const rows = [];
  for (const backup of backups) {
    rows.push({ ...backup, folder: `${store.place}/${backup.id}`, good: await isGood(store, backup) });
  }
  const pointInTime = await reachable(store, stack, backups, key);
  return {
    folder: store.place,
    backups: rows,
    notProven: notProven.map(({ id, why }) => ({ id, why: why.replaceAll(store.folder, store.place) })),
    incomplete: store.incomplete,
    ...(pointInTime ? { pointInTime } : {}),
  };
}

/** A line for each backup. */
export function listingLines({ backups }: Pick<ListedBackups, "backups">): string[] {
  return table(
    [
      { title: "BACKUP" },
      { title: "AGE", align: "right" },
      { title: "SIZE", align: "right" },
      { title: "VERIFIED" },
      { title: "HOLDS" },
    ],
    backups.map(({ createdAt, good, id, parts, proven, verifiedAt }) => [
      id,
      age(createdAt),
      sizeOf(parts),
      !proven ? "unknown" : verifiedAt === undefined ? "no" : good ? "yes" : "DAMAGED since",
      parts.map((part) => ("volume" in part ? part.volume.name : part.kind)).join(" "),
    ]),
  );
}

/** What is told behind the backups: which moments can be reached, and what is no backup. */
export function behindLines({ incomplete, notProven, pointInTime }: ListedBackups): string[] {
  return [...reachableLines(pointInTime), ...notProvenLines({ notProven }), ...incompleteLines(incomplete)];
}

/** What was kept, and what was let go. */
export function retentionLines(
  { kept, notGood, notProven, removed }: Retention,
  { incomplete }: Pick<Store, "incomplete">,
): string[] {
  return [
    `Kept: ${kept.join(", ") || "no good one yet"}${removed.length > 0 ? `. Let go: ${removed.join(", ")}` : ""}`,
    ...(notGood.length > 0 ? [`Not verified or damaged, kept and not counted: ${notGood.join(", ")}`] : []),
    ...notProvenLines({ notProven }),
    ...incompleteLines(incomplete),
  ];
}

/** Of all parts together, in MiB. */
export function sizeOf(parts: readonly { bytes: number }[]): string {
  return `${(parts.reduce((sum, part) => sum + part.bytes, 0) / 2 ** 20).toFixed(1)}Mi`;
}

function notProvenLines({ notProven }: NotProven): string[] {
  return notProven.length === 0
    ? []
    : ["", "Not proven, counted for nothing, and kept:", ...notProven.map(({ id, why }) => `  ${id}: ${why}`)];
}

function incompleteLines(incomplete: readonly Incomplete[]): string[] {
  return incomplete.length === 0
    ? []
    : [
        "",
        "Without a manifest, so no backup; a create or prune removes it once nothing came for a day:",
        ...incomplete.map((one) => `  ${one.id}: ${sizeOf([one])}, the last of it ${age(one.since.toISOString())} ago`),
      ];
}
