import * as path from "node:path";
import { readScripts } from "../../platforms/scripts";
import type { RunInContainer } from "../contents/container";
import type { BackupKey } from "../format/key";
import { isDatabase, loadDump } from "../contents/load";
import type { VolumePart } from "../format/manifest";
import { withEnd } from "../contents/pipe";
import { unseal } from "../format/seal";
import { clear, mark, type Holding, type RestoreRun } from "./volume-marker";

/** What there is of a volume before a restore. */
export type Found =
  /** No such volume, and nothing in what it would mount. */
  | { is: "absent" }
  /** A volume of this name and kind, without a file. */
  | { is: "empty" }
  /** A restore has begun to fill it, or has filled it. */
  | Extract<Holding, { is: "marked" }>
  /** Anything else, in words. */
  | { is: "full"; what: string };

/** A volume that a restore fills. */
export interface VolumeToFill {
  part: VolumePart;
  /** Where it is, for a person: `on worker1`. */
  where: string;
  /** How far an earlier run came with it. */
  found: Exclude<Found, { is: "full" }>;
  /** Makes it, unless it is there. @throws UserError where what is there is not the stack's */
  make: () => Promise<void>;
  /** Waits until nobody has it who began to fill it. @throws UserError where somebody goes on having it */
  unused: () => Promise<void>;
  /** Runs a program in a container of the image that is to have it, with the volume at the part's `target`. */
  run: RunInContainer;
}

/** Whether an earlier run has filled a volume. */
export function isFilled({ found }: Pick<VolumeToFill, "found">): boolean {
  return found.is === "marked" && found.marker.state === "filled";
}

/**
 * Fills a volume that is empty, absent, or half filled by the same restore.
 *
 * @param folder that of the backup
 * @param replay brings a database of MySQL from the moment of its dump to another one
 * @throws UserError where it is not the stack's
 */
export async function fill(
  volume: VolumeToFill,
  folder: string,
  key: BackupKey,
  run: RestoreRun,
  replay?: (run: RunInContainer) => Promise<void>,
): Promise<void> {
  const { found, part } = volume;
  const mounted = { run: volume.run, target: part.target };
  await volume.make();
  if (found.is === "marked") {
    await volume.unused();
    await clear(mounted);
  }
  await mark(mounted, { ...run, state: "begun" });
  const file = path.join(folder, part.file);
  if (isDatabase(part)) {
    await loadDump(volume.run, part, file, key);
    if (part.kind === "mysql") {
      await replay?.(volume.run);
    }
  } else {
    await volume.run({
      program: ["sh", "-c", unpackScript],
      variables: { volume: part.target, end: endOfArchive },
      data: withEnd(await unseal(file, part, key), endOfArchive),
      as: "files",
    });
  }
  await mark(mounted, { ...run, state: "filled" });
}

/** Unpacks an archive into `$volume`, behind which comes `$end`. */
export const unpackScript = readScripts(path.join(__dirname, "scripts"), ["unpack.sh"])["unpack.sh"];

/** Comes behind an archive. */
export const endOfArchive = "the whole archive was read";
