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

const failure = z.object({ at: z.iso.datetime(), by: line, why: line });

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
  failed: failure.optional(),
  /** The newest that was read back and loaded at the time of `backup.verify`, and when that was. */
  verified: z.object({ backup: line, at: z.iso.datetime(), by: line }).optional(),
  /** The newest attempt at that which came to no good end, where none has since. */
  notVerified: failure.optional(),
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

/** What is noted on the platform at once: of one backup that was made, or was not, or was read back, or was not. */
export type Noted = { [Key in keyof Facts]-?: Record<Key, NonNullable<Facts[Key]>> }[keyof Facts];

type Facts = Omit<BackupRecord, "version">;

/** What a platform is to keep, given what it keeps now: what went well ends the failure before it, and a failure forgets nothing that went well. */
export function merged(before: BackupRecord | undefined, noted: Noted): Facts {
  const { failed, good, notVerified, verified } = before ?? {};
  const kept: Facts = {
    ...(good ? { good } : {}),
    ...(verified ? { verified } : {}),
    ...(failed && !("good" in noted) ? { failed } : {}),
    ...(notVerified && !("verified" in noted) ? { notVerified } : {}),
  };
  return { ...kept, ...noted };
}

/** A text as one line of bounded length. */
export function oneLine(text: string, most = 400): string {
  const flat = text.replace(/\p{C}+/gu, " ").trim();
  return flat.length > most ? `${flat.slice(0, most - 1)}…` : flat;
}
