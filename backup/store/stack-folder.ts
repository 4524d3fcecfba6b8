import * as fs from "node:fs";
import * as path from "node:path";
import { machineDirectory } from "../../home/project";
import { UserError } from "../../errors";
import { codeOf, folderTrouble, readText } from "../format/files";
import type { BackupKey } from "../format/key";
import { backupName, manifestFile } from "../format/form";
import { digestOf, parseManifest, parseVerification, verificationText, type Manifest } from "../format/manifest";
import { plainName } from "../format/plausible";
import { opened, signed, type Signer, type Trust } from "../format/signature";

/*
 * A place for backups has a folder for each stack, and that one a folder for each backup: PLACE/STACK/BACKUP. Nothing looks at another stack's.
 */

/** The folder of all backups unless another is named; each stack has its own in it. */
export const backupDirectory = path.join(machineDirectory, "backups");

export { manifestFile };
/** When it was last read back, signed. */
export const verificationFile = "verified.signed";
/** Prefix of a backup that is not complete. */
const unfinished = ".unfinished-";
/** Prefix of one that is on its way out. */
const removed = ".removed-";

/** A backup whose manifest could be read. */
export interface Backup extends Manifest {
  /** Where it lies. */
  folder: string;
  /** SHA-256 of its manifest. */
  digest: string;
  /** When it was last read back as a whole, and its databases loaded into a server. Absent: never, or it is not proven. */
  verifiedAt?: string;
  /** Whether its manifest was written by who has the key. Nothing is done on the word of one that is not proven. */
  proven: boolean;
}

/** What a folder holds. */
export interface Listing {
  /** The newest first, by the order in which they were made. */
  backups: Backup[];
  /** What has a backup's name and is none that this key proves, with the reason. */
  notProven: { id: string; why: string }[];
}

/**
 * The folder of one stack's backups.
 *
 * @param place folder of the backups of all stacks
 * @throws UserError for a name that is no plain one, and where the folder is a link
 */
export function stackFolder(place: string, stack: string): string {
  if (!plainName.safeParse(stack).success) {
    throw new UserError(
      `Stack ${JSON.stringify(stack)} has no name that a folder of backups can have: letters, digits, \`.\`, \`_\` and \`-\``,
    );
  }
  const folder = path.join(place, stack);
  if (fs.lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new UserError(
      `${folder} is a link, and nothing here follows links inside of the folder of the backups. Name the folder that holds ${stack} with --directory`,
    );
  }
  return folder;
}

/** Makes the folder of a stack's backups where there is none. @throws UserError where that cannot be */
export function makeStackFolder(folder: string): void {
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw folderTrouble(error, folder);
  }
}

/** Where a backup is being made: under this name it is none. */
export function unfinishedFolder(folder: string, id: string): string {
  return path.join(folder, `${unfinished}${id}`);
}

/** Signs a manifest and writes it, with which a folder becomes a backup. Returns its digest. */
export function writeManifest(backup: string, text: string, key: BackupKey): string {
  replaceFile(path.join(backup, manifestFile), signed(text, key.signer));
  return digestOf(text);
}

/** Notes, signed, that a backup has been read back as a whole, and its databases loaded into a server. */
export function writeVerification(backup: string, digest: string, at: Date, key: BackupKey): void {
  replaceFile(path.join(backup, verificationFile), signed(verificationText(digest, at), key.signer));
}

function replaceFile(file: string, content: string): void {
  const fresh = `${file}.${process.pid}`;
  fs.writeFileSync(fresh, content, { mode: 0o600, flush: true });
  fs.renameSync(fresh, file);
}

/**
 * The backups of a stack.
 *
 * @param key what proves them; undefined proves nothing
 */
export async function readBackups(folder: string, stack: string, key: BackupKey | undefined): Promise<Listing> {
  const listing: Listing = { backups: [], notProven: [] };
  for (const id of namesIn(folder).filter((name) => backupName.test(name))) {
    try {
      listing.backups.push(await readBackup(folder, id, stack, key));
    } catch (error) {
      if (!(error instanceof UserError)) {
        throw error;
      }
      listing.notProven.push({ id, why: error.message });
    }
  }
  listing.backups.sort((left, right) => right.sequence - left.sequence || right.id.localeCompare(left.id));
  listing.notProven.sort((left, right) => right.id.localeCompare(left.id));
  return listing;
}

/** @throws UserError where it is not what this key has signed under this name for this stack */
async function readBackup(folder: string, id: string, stack: string, key: BackupKey | undefined): Promise<Backup> {
  const own = path.join(folder, id);
  if (!fs.lstatSync(own).isDirectory()) {
    throw new UserError(`${own} is no folder, and nothing here follows links`);
  }
  const text = await readSigned(path.join(own, manifestFile), key, key && [key.signer, key.writer]);
  const manifest = parseManifest(text, path.join(own, manifestFile));
  if (manifest.id !== id) {
    throw new UserError(`${own} holds the manifest of backup ${manifest.id}: it was copied or renamed`);
  }
  if (manifest.stack !== stack) {
    throw new UserError(`${own} is a backup of stack ${manifest.stack}, not of ${stack}`);
  }
  const digest = digestOf(text);
  const verifiedAt = key && (await verificationOf(own, digest, key));
  return { ...manifest, folder: own, digest, proven: key !== undefined, ...(verifiedAt ? { verifiedAt } : {}) };
}

/** When a backup was last verified, as far as this key proves it. */
async function verificationOf(backup: string, digest: string, key: BackupKey): Promise<string | undefined> {
  const file = path.join(backup, verificationFile);
  try {
    const { manifest, verifiedAt } = parseVerification(await readSigned(file, key, [key.signer]), file);
    // One of another backup says nothing of this one.
    return manifest === digest ? verifiedAt : undefined;
  } catch (error) {
    if (error instanceof UserError) {
      return undefined;
    }
    throw error;
  }
}

/** @throws UserError where the text is not what this key has signed */
async function readSigned(file: string, key: BackupKey | undefined, signers: readonly Signer[] = []): Promise<string> {
  const note = await readText(file).catch((error: unknown) => {
    throw error instanceof UserError ? new UserError(`${file} ${error.message}`) : error;
  });
  const found = opened(note, ...signers);
  if (!found) {
    throw new UserError(`${file} is no signed manifest of this program, or it is cut off`);
  }
  if (found.trust !== "proven" && found.trust !== "unproven") {
    throw new UserError(`${file} ${distrust(found.trust, key?.file ?? "")}`);
  }
  return found.text;
}

function distrust(trust: Exclude<Trust, "proven" | "unproven">, keyName: string): string {
  return trust === "changed"
    ? `has changed since it was signed with the key in ${keyName}: it is damaged, or somebody without the key has written it. Nothing is done on its word`
    : `was signed with another key. The key in ${keyName} does not open it: it is another stack's or an older one, or somebody without the key has written this. Name the right one with --key`;
}

/**
 * A proven backup by its name; the newest that has been verified when none is named.
 *
 * @throws UserError when it is not there, or is none that this key proves
 */
export async function findBackup(
  folder: string,
  stack: string,
  id: string | undefined,
  key: BackupKey,
): Promise<Backup> {
  const { backups, notProven } = await readBackups(folder, stack, key);
  const rejected = notProven.find((entry) => entry.id === id);
  if (rejected) {
    throw new UserError(rejected.why);
  }
  const found =
    id === undefined
      ? (backups.find(({ verifiedAt }) => verifiedAt) ?? backups[0])
      : backups.find((backup) => backup.id === id);
  if (found) {
    return found;
  }
  if (id === undefined && notProven.length > 0) {
    throw UserError.fromMistakes(
      `No backup in ${folder} is one that the key in ${key.file} proves:`,
      notProven.map(({ why }) => why),
    );
  }
  throw new UserError(
    id === undefined
      ? `There is no backup of stack ${stack} in ${folder}`
      : `There is no backup ${JSON.stringify(id)} in ${folder}. There are: ${backups.map((backup) => backup.id).join(", ") || "none"}`,
  );
}

/**
 * The number of the next backup, and the first name for it that is free.
 *
 * @param more names that are taken elsewhere
 */
export async function nextSequence(
  folder: string,
  stack: string,
  key: BackupKey,
  more: readonly string[] = [],
): Promise<number> {
  const { backups } = await readBackups(folder, stack, key);
  const taken = new Set([...namesIn(folder), ...more].map((name) => Number(/-(\d{1,9})$/.exec(name)?.[1])));
  let sequence = (backups[0]?.sequence ?? 0) + 1;
  while (taken.has(sequence)) {
    sequence += 1;
  }
  return sequence;
}

/** Removes a backup: it has lost its name before the first of its files goes. */
export function removeBackup(folder: string, id: string): void {
  const own = path.join(folder, id);
  if (!backupName.test(id) || !fs.lstatSync(own).isDirectory()) {
    throw new UserError(`${own} is no folder of a backup, so it is not removed`);
  }
  const aside = path.join(folder, `${removed}${id}`);
  fs.renameSync(own, aside);
  fs.rmSync(aside, { recursive: true, force: true });
}

/** Removes what runs that were killed have left. Only for who holds the lock: to anybody else it may be one that runs. */
export function removeLeftovers(folder: string): void {
  for (const name of namesIn(folder)) {
    const [prefix] = [unfinished, removed].filter((one) => name.startsWith(one));
    if (prefix && backupName.test(name.slice(prefix.length))) {
      // Of a link the link alone.
      fs.rmSync(path.join(folder, name), { recursive: true, force: true });
    }
  }
}

/** @throws UserError where the folder is none */
function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch (error) {
    if (codeOf(error) === "ENOENT") {
      return [];
    }
    throw new UserError(
      `${folder} cannot be read (${error instanceof Error ? error.message : String(error)}). Mend that, or name another folder with --directory`,
    );
  }
}
