import * as os from "node:os";
import { Interrupted } from "../../terminal/interruption";
import { say } from "../../terminal/progress";
import { oneLine } from "./record";
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
  const good = { backup: id, at: createdAt, place: oneLine(store.place), by: oneLine(os.hostname()) };
  try {
    await platform.note({ good });
    return true;
  } catch (error) {
    say(
      `The stack could not be told of this backup, so ops status and the alerts may say that one is overdue: ${wordsOf(error)}`,
    );
    return false;
  }
}

/** Does some work that is to make a backup, and notes on the platform where it fails, as far as that can be noted. */
export async function notingFailure(platform: BackupPlatform, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    // Whoever ends it by hand knows.
    if (!(error instanceof Interrupted)) {
      const failed = { at: new Date().toISOString(), by: oneLine(os.hostname()), why: wordsOf(error) };
      await platform.note({ failed }).catch(() => undefined);
    }
    throw error;
  }
}

function wordsOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return oneLine(text).replace(/\.$/, "");
}
