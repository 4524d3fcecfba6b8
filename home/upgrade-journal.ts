import * as path from "node:path";
import { z } from "zod";
import { UserError } from "../errors";
import { removePath } from "../files/files";
import { readOwnFile, writeOwnFile, type OwnFileKind } from "../files/own-file";
import { upgradeFolder } from "./upgrade-folder";

const image = z.strictObject({
  name: z.string(),
  /** Its key in the stack file. */
  key: z.tuple([z.string()], z.string()),
  /** The reference that runs before, and the one that is to run. */
  before: z.string(),
  after: z.string(),
  /** What the stack file says again after a way back; null: nothing. */
  written: z.string().nullable(),
});

const copy = z.strictObject({
  site: z.string(),
  /** As `SiteDatabase` tells it. */
  schema: z.string(),
  /** The sealed dump, beside the journal. */
  sealed: z.strictObject({ file: z.string(), sha256: z.string(), bytes: z.number(), blocks: z.array(z.string()) }),
});

/**
 * How far an upgrade is. It is written before each step, so that whoever comes after one that was cut off knows which step that was:
 *
 * - `copying`: the sites that will migrate are being stopped and their databases copied; nothing is changed
 * - `deploying`: the stack file and the stack are being changed, or what came up is being asked
 * - `done`: the new images run and answer
 * - `restoring`: on the way back: sites are stopped, and databases that were migrated are being restored
 * - `returning`: on the way back: stack file and stack become what they were
 */
const journalSchema = z.strictObject({
  state: z.enum(["copying", "deploying", "done", "restoring", "returning"]),
  /** When it began, ISO 8601. */
  since: z.string(),
  images: z.array(image).min(1),
  /** Whether the images migrate data, so that the way back is one with the data. */
  migrates: z.boolean(),
  /** Name of the backup that was made first. */
  backup: z.string(),
  /** What each site answered before: what was asked, and the answer. */
  answers: z.record(z.string(), z.record(z.string(), z.string())),
  /** The databases as they were when the sites had been stopped. */
  copies: z.array(copy).optional(),
  /** On the way back: the sites whose databases were restored. */
  restored: z.array(z.string()).optional(),
});

export type Journal = z.infer<typeof journalSchema>;
export type ChangedImage = Journal["images"][number];
export type DatabaseCopy = z.infer<typeof copy>;
export type Answers = Journal["answers"];

const kind: OwnFileKind<Journal> = {
  what: "which says how far an upgrade is",
  format: "json",
  schema: journalSchema,
  remedy:
    "See what runs (npm run ops -- status) and what the stack file says. Where the two agree and all is well, delete it; the databases as they were before are in the backup of that day",
};

function journalFile(stack: string): string {
  return path.join(upgradeFolder(stack), "journal.json");
}

/**
 * Refuses what would deploy a stack in the middle of an upgrade that was cut off: its sites may have half a database.
 *
 * @throws UserError with how it goes on
 */
export function mustNotBeUpgrading(stack: string): void {
  const journal = readJournal(stack);
  if (journal && journal.state !== "done") {
    throw new UserError(
      `${cutOff(stack, journal)} To give up both and leave the databases as they are now: delete ${journalFile(stack)}`,
    );
  }
}

/** Says of an upgrade that was cut off how it goes on. */
export function cutOff(stack: string, journal: Journal): string {
  const isBack = journal.state === "restoring" || journal.state === "returning";
  return `An upgrade of stack ${stack} (${imagesInWords(journal)}) was cut off${isBack ? " on its way back" : ""}. ${isBack ? "" : `Go on with it: npm run ops -- upgrade --stack ${stack}. `}Go back: npm run ops -- rollback --stack ${stack}.`;
}

/** How far the last upgrade of a stack is; undefined where there is none, or it was gone back from. */
export function readJournal(stack: string): Journal | undefined {
  return readOwnFile(journalFile(stack), kind);
}

export function writeJournal(stack: string, journal: Journal): void {
  writeOwnFile(journalFile(stack), kind, journal);
}

/** Forgets the last upgrade and its copies: the journal goes first, so that none names a copy that is gone. */
export function forgetUpgrade(stack: string): void {
  removePath(journalFile(stack));
  removePath(upgradeFolder(stack));
}

/** The images in words: `ghost 6.65.0 → 6.70.0`. */
export function imagesInWords({ images }: Pick<Journal, "images">): string {
  return images.map(({ after, before, name }) => `${name} ${tagOf(before)} → ${tagOf(after)}`).join(", ");
}

/** The tag of a reference; all of it where it has none. */
function tagOf(reference: string): string {
  return /:([\w][\w.-]*)(?:@.*)?$/.exec(reference)?.[1] ?? reference;
}
