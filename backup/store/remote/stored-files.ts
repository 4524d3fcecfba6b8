import { z } from "zod";
import { UserError } from "../../../errors";
import { backupName } from "../../format/manifest";
import { archiveFolder } from "../../format/statement";
import { StoreFailure, type Rclone } from "./rclone";

/** Folder of a stack's locks, in its place. */
export const locksFolder = ".locks";

/** rclone's status for a folder that is not there. */
export const statusOfNoFolder = 3;

const listingSchema = z.array(
  z.object({
    Path: z.string(),
    Size: z.int(),
    ModTime: z.string().refine((text) => !Number.isNaN(Date.parse(text))),
  }),
);

/** A file there. */
export interface StoredFile {
  bytes: number;
  modified: Date;
}

/** What a target holds of a stack. */
export interface Stored {
  /** Files by their name, by the name of their backup. */
  backups: Map<string, Map<string, StoredFile>>;
  /** Names of the locks. */
  locks: string[];
  /** Names of the files of the archive of binary logs. */
  archived: string[];
}

/** What there is where nothing is. */
export function nothingStored(): Stored {
  return { backups: new Map(), locks: [], archived: [] };
}

/**
 * All files of a stack. A place that does not exist holds none.
 *
 * @param place the stack's, for rclone
 * @throws UserError where that is not certain
 */
export async function listStored(rclone: Rclone, place: string): Promise<Stored> {
  let text: string;
  try {
    text = await rclone.ask(["lsjson", "--recursive", "--files-only", "--no-mimetype", place]);
  } catch (error) {
    if (error instanceof StoreFailure && error.status === statusOfNoFolder) {
      return nothingStored();
    }
    throw error instanceof StoreFailure
      ? new UserError(`What ${place} holds cannot be known, so nothing is done: ${error.said}`)
      : error;
  }
  return storedIn(text, place);
}

/** @throws UserError for what is no whole answer */
function storedIn(text: string, place: string): Stored {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    answer = undefined;
  }
  const entries = listingSchema.safeParse(answer);
  if (!entries.success) {
    throw new UserError(`What ${place} holds cannot be known, so nothing is done: rclone's answer is not whole`);
  }
  const stored = nothingStored();
  for (const { ModTime, Path, Size } of entries.data) {
    const [top = "", ...rest] = Path.split("/");
    if (top === locksFolder && rest.length > 0) {
      stored.locks.push(rest.join("/"));
    } else if (top === archiveFolder && rest.length === 1) {
      stored.archived.push(rest.join("/"));
    } else if (backupName.test(top) && rest.length > 0) {
      const files = stored.backups.get(top) ?? new Map<string, StoredFile>();
      files.set(rest.join("/"), { bytes: Size, modified: new Date(ModTime) });
      stored.backups.set(top, files);
    }
  }
  return stored;
}
