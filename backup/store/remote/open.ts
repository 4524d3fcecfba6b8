import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { UserError } from "../../../errors";
import { say } from "../../../terminal/progress";
import { underLock } from "../folder-lock";
import { makeStackFolder } from "../stack-folder";
import type { Store } from "../store";
import { Rclone, StoreFailure } from "./rclone";
import { RemoteStore, workFolder } from "./remote-store";
import { addressOf, type Target } from "../../../config/backups/backup-target";
import { mustBeSafe } from "../../../config/backups/rclone-configuration";

/** What a command does with the backups: makes one, changes those that are there, reads one, or looks which there are. */
export type Use = "make" | "change" | "read" | "look";

/** How a command comes to the backups. */
export interface Access {
  use: Use;
  /** What the lock says of it. */
  command: string;
  /** As rclone's `--bwlimit` has it. Default: no limit. */
  bandwidth?: string | undefined;
  /** Where it works. Default: in the folder of what the commands keep about this machine. */
  folder?: string;
}

/**
 * Does some work on a stack's backups in remote storage, under its lock where the use needs one.
 *
 * @throws UserError before anything is touched where rclone, its configuration or the store does not allow it
 */
export async function withRemoteStore(
  target: Target,
  stack: string,
  { bandwidth, command, folder = workFolder(stack), use }: Access,
  work: (store: Store) => Promise<void>,
): Promise<void> {
  const rclone = await preparedRemote(target, bandwidth);
  if (use === "look") {
    // Another command may be at work in the folder, with the files that it has there.
    const own = fs.mkdtempSync(path.join(os.tmpdir(), "ghost-platform-backups-"));
    try {
      const store = new RemoteStore(rclone, target, stack, own, undefined);
      await store.refresh();
      if (store.isEmpty) {
        // What does not exist holds nothing, either, and is another answer.
        await store.mustExist();
      }
      await asRemote(store, () => work(store));
    } finally {
      fs.rmSync(own, { recursive: true, force: true });
    }
    return;
  }
  makeStackFolder(folder);
  await underLock(folder, command, async (local) => {
    const store = new RemoteStore(rclone, target, stack, folder, local);
    if (use === "make") {
      await store.mustExist();
    } else if (!(await store.hasAny())) {
      await store.mustExist();
      throw new UserError(
        `There is no backup of stack ${stack} in ${addressOf(target)}. Name the target that holds it`,
      );
    }
    try {
      await lock(store, command, use);
      await store.refresh();
      await (use === "make" ? work(store) : asRemote(store, () => work(store)));
    } finally {
      await store.unlock();
    }
  });
}

/** rclone with a remote that can take backups. @throws UserError with what is missing or wrong */
export async function preparedRemote(target: Target, bandwidth: string | undefined): Promise<Rclone> {
  const rclone = await Rclone.find(bandwidth);
  mustBeSafe(target, rclone.configuration);
  return rclone;
}

/** Whoever only reads may have no right to write: then nothing that is lost by it can be lost here. */
async function lock(store: RemoteStore, command: string, use: Use): Promise<void> {
  try {
    await store.lock(command);
  } catch (error) {
    if (!(error instanceof StoreFailure)) {
      throw error;
    }
    if (use !== "read") {
      throw store.trouble(error, "Nothing was changed.");
    }
    say(
      `${store.place} cannot be written and so not be locked (${error.said}). See that nobody lets go of backups there meanwhile.`,
    );
  }
}

/** What is wrong with a file that was fetched is wrong with the one in the store. */
async function asRemote(store: RemoteStore, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw error instanceof UserError && !(error instanceof StoreFailure)
      ? new UserError(error.message.replaceAll(store.folder, store.place))
      : error;
  }
}
