/*
 * What a backup's name and manifest look like, for who writes one: the program that a cluster runs has this and no more. What a manifest may say,
 * `manifest.ts` checks.
 */

/** What is in a backup, signed: a folder without it is none. */
export const manifestFile = "manifest.signed";

/** Name of a backup: when it was made, by the clock of who made it, and its number among the stack's. */
export const backupName = /^\d{8}T\d{6}Z-\d{1,9}$/;

export const format = "ghost-platform backup";
export const version = 1;

/** The name of a backup. */
export function idOf(date: Date, sequence: number): string {
  return `${date.toISOString().replace(/[-:]|\.\d+/g, "")}-${sequence}`;
}

/** A manifest, of what is its own. */
export function whole(manifest: object): object {
  return { format, version, ...manifest };
}

/** A manifest as text, to be signed; unchecked. */
export function writtenManifest(manifest: object): string {
  return `${JSON.stringify(whole(manifest), undefined, 2)}\n`;
}

/** In a volume that a restore fills, this file says how far it is. It is no part of the data. */
export const markerFile = ".ghost-platform-restore";

/** Characters at the end of a dump in which its last line is. */
export const dumpEnd = 400;

/** Whether a dump is whole, by its last characters: mysqldump and pg_dumpall say so there. */
export function isWholeDump(end: string): boolean {
  return /dump complete/i.test(end);
}
