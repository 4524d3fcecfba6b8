import { z } from "zod";

/*
 * What `npm run backup -- create` leaves on the platform itself, so that every machine that asks after the stack knows it: when the newest good backup
 * was made and where it is, and whether one has failed since. Nothing of it is secret.
 */

/** Text that a terminal shows as it stands. */
const line = z
  .string()
  .max(1000)
  .regex(/^\P{C}*$/u);

const schema = z.object({
  version: z.literal(1),
  /** The newest that got its name. */
  good: z
    .object({
      backup: line,
      /** When it was begun, by the clock of who made it. */
      at: z.iso.datetime(),
      /** Folder or remote storage. */
      place: line,
      /** The machine that made it. */
      by: line,
    })
    .optional(),
  /** The newest that did not, where none has since. */
  failed: z.object({ at: z.iso.datetime(), by: line, why: line }).optional(),
});
export type BackupRecord = z.output<typeof schema>;

/** As the platform keeps it. */
export function recordText(record: Omit<BackupRecord, "version">): string {
  return `${JSON.stringify({ version: 1, ...record })}\n`;
}

/** Reads it; undefined for what this program has not written. */
export function parseRecord(text: string): BackupRecord | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** What is noted on the platform of one backup that was made, or of one that was not. */
export type Noted = Pick<BackupRecord, "good"> | Pick<BackupRecord, "failed">;

/** What a platform is to keep, given what it keeps now: a good backup ends a failure, and a failure forgets no good backup. */
export function merged(before: BackupRecord | undefined, noted: Noted): Omit<BackupRecord, "version"> {
  return "good" in noted ? noted : { ...(before?.good ? { good: before.good } : {}), ...noted };
}

/** A text as one line of bounded length. */
export function oneLine(text: string, most = 400): string {
  const flat = text.replace(/\p{C}+/gu, " ").trim();
  return flat.length > most ? `${flat.slice(0, most - 1)}…` : flat;
}
