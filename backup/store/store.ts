import * as fs from "node:fs";
import * as path from "node:path";
import { FolderArchive, type StoredArchive } from "./archive";
import { folderTrouble } from "../format/files";
import type { FolderLock } from "./folder-lock";
import type { BackupKey } from "../format/key";
import type { Manifest } from "../format/manifest";
import { damage } from "../format/seal";
import { removeBackup, removeLeftovers, writeVerification, type Backup } from "./stack-folder";

/*
 * Where the backups of a stack are kept. How one is made, sealed, signed, checked, judged and restored is the same everywhere; a store brings files to
 * their place and back. Each of its promises is kept or fails: an answer that is not known changes nothing.
 */
export interface Store {
  /** For messages: the folder, or the remote with the path in it. */
  readonly place: string;
  /** Folder of this machine that holds what is known of the backups: all of them, or of a store elsewhere their signed files. */
  readonly folder: string;
  /** The binary logs that a cluster has archived beside them. */
  readonly archive: StoredArchive;
  /** What has a backup's name there and no manifest, so that it is none. Empty where a folder's name says it already. */
  readonly incomplete: readonly Incomplete[];
  /** @throws UserError where the lock is not ours any more, or that cannot be known */
  mustHold(): Promise<void>;
  /**
   * Makes a backup that is whole in a folder one of the store's, and takes the folder away.
   *
   * @throws UserError where it is none of them now, or where that cannot be known
   */
  publish(unfinished: string, manifest: Pick<Manifest, "id" | "parts">): Promise<void>;
  /** Whether the files of a backup are as they were written, as far as the store tells without sending them here. */
  isWhole(backup: Backup): Promise<boolean>;
  /** Brings the files of a backup into its folder, where they are not there. What they are worth is yet to be proven. */
  fetch(backup: Backup): Promise<void>;
  /** Takes away from this machine what was only fetched. */
  forgetFetched(): void;
  /** Notes, signed, that a backup has been read back as a whole, and its databases loaded into a server. */
  noteVerification(backup: Backup, at: Date, key: BackupKey): Promise<void>;
  /** Removes a backup: it is none any more before the first of its files goes. */
  remove(id: string): Promise<void>;
  /** Removes what runs that were killed have left. */
  removeLeftovers(): Promise<void>;
  /** A failure in words; one that is in words already, as it is. @param done what became of what was begun, in a sentence */
  trouble(error: unknown, done: string): unknown;
}

/** Something on its way in or out, that nobody works on now. */
export interface Incomplete {
  id: string;
  bytes: number;
  /** When the last of its files came there, by the store's clock. */
  since: Date;
}

/** A folder of this machine, or one that it mounts. */
export class FolderStore implements Store {
  readonly incomplete = [];
  readonly archive: StoredArchive;

  /** @param lock the folder's; undefined where it is only read */
  constructor(
    readonly folder: string,
    private readonly lock: FolderLock | undefined,
  ) {
    this.archive = new FolderArchive(folder);
  }

  get place(): string {
    return this.folder;
  }

  mustHold(): Promise<void> {
    return Promise.resolve(this.lock?.mustHold());
  }

  async publish(unfinished: string, { id }: Pick<Manifest, "id">): Promise<void> {
    await this.mustHold();
    fs.renameSync(unfinished, path.join(this.folder, id));
  }

  async isWhole({ folder, parts }: Backup): Promise<boolean> {
    for (const part of parts) {
      if (await damage(path.join(folder, part.file), part)) {
        return false;
      }
    }
    return true;
  }

  fetch(): Promise<void> {
    return Promise.resolve();
  }

  forgetFetched(): void {
    // Nothing was.
  }

  noteVerification({ digest, folder }: Backup, at: Date, key: BackupKey): Promise<void> {
    return Promise.resolve(writeVerification(folder, digest, at, key));
  }

  async remove(id: string): Promise<void> {
    await this.mustHold();
    removeBackup(this.folder, id);
  }

  async removeLeftovers(): Promise<void> {
    await this.mustHold();
    removeLeftovers(this.folder);
  }

  trouble(error: unknown, done: string): unknown {
    return folderTrouble(error, this.folder, done);
  }
}
