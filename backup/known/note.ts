import * as os from "node:os";
import { Interrupted } from "../../terminal/interruption";
import { say } from "../../terminal/progress";
import { oneLine, type Noted } from "./record";
import type { Manifest } from "../format/manifest";
import type { BackupPlatform } from "../platform";
import type { Store } from "../store/store";

/**
 * Notes on the platform that a backup was made. It is one whether or not that can be noted.
 *
 * @returns whether it is noted; where not, that is told
 */
export async function noteGood(
  platform: BackupPlatform,
  store: Store,
  { createdAt, id }: Pick<Manifest, "createdAt" | "id">,
): Promise<boolean> {
  const good = { backup: id, at: createdAt, place: oneLine(store.place), by: thisMachine() };
  return noteOrTell(platform, { good }, "of this backup, so ops status and the alerts may say that one is overdue");
}

/** The same of one that was read back and loaded. */
export async function noteVerified(platform: BackupPlatform, { id }: Pick<Manifest, "id">): Promise<boolean> {
  const verified = { backup: id, at: new Date().toISOString(), by: thisMachine() };
  return noteOrTell(platform, { verified }, "of this, so ops status and the alerts may say that it is overdue");
}

async function noteOrTell(platform: BackupPlatform, noted: Noted, ofWhat: string): Promise<boolean> {
  try {
    await platform.note(noted);
    return true;
  } catch (error) {
    say(`The stack could not be told ${ofWhat}: ${wordsOf(error)}`);
    return false;
  }
}

/**
 * Does some work on a backup, and notes on the platform where it fails, as far as that can be noted.
 *
 * @param as what has failed then: to make one, or to read one back
 */
export async function notingFailure(
  platform: BackupPlatform,
  as: "failed" | "notVerified",
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    // Whoever ends it by hand knows.
    if (!(error instanceof Interrupted)) {
      await noteFailure(platform, as, wordsOf(error));
    }
    throw error;
  }
}

/** Notes on the platform that a backup could not be made, or not be read back, as far as that can be noted. */
export async function noteFailure(platform: BackupPlatform, as: "failed" | "notVerified", why: string): Promise<void> {
  const failure = { at: new Date().toISOString(), by: thisMachine(), why: oneLine(why) };
  await platform.note(as === "failed" ? { failed: failure } : { notVerified: failure }).catch(() => undefined);
}

function thisMachine(): string {
  return oneLine(os.hostname());
}

function wordsOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return oneLine(text).replace(/\.$/, "");
}
