import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { addressOf, type Target } from "../../../config/backups/backup-target";
import { UserError } from "../../../errors";
import { machineDirectory } from "../../../home/project";
import { step } from "../../../terminal/progress";
import { archiveFolder } from "../../format/statement";
import { codeOf, folderTrouble, longestText } from "../../format/files";
import type { FolderLock } from "../folder-lock";
import type { BackupKey } from "../../format/key";
import { backupName, type Manifest } from "../../format/manifest";
import type { Incomplete, Store } from "../store";
import { manifestFile, removeLeftovers, verificationFile, writeVerification, type Backup } from "../stack-folder";
import { RemoteArchive } from "./remote-archive";
import { StoreFailure, type Rclone } from "./rclone";
import { RemoteLock } from "./remote-lock";
import { writeObject } from "./small-object";
import { listStored, nothingStored, statusOfNoFolder, type Stored } from "./stored-files";

/*
 * Backups in remote storage: TARGET/STACK/BACKUP/FILE, the same files as in a folder. Storage of objects cannot rename, so what makes a backup of its
 * parts is the manifest, which comes last and goes first: no manifest, no backup.
 */

/** Milliseconds after which parts without a manifest are taken for left: an upload may go on although who began it was killed. */
const leftAfter = 24 * 60 * 60 * 1000;

/** Files by name. What they are worth, their signatures and the manifest prove: one that is damaged keeps no other from coming. */
const fetching = ["copy", "--ignore-checksum", "--files-from-raw", "-"];

/** Folder of this machine in which backups of a stack are made before they go out, and read after they came. */
export function workFolder(stack: string): string {
  return path.join(machineDirectory, "backup-work", stack);
}

/** Remote storage with the backups of one stack. */
export class RemoteStore implements Store {
  private stored = nothingStored();
  readonly archive: RemoteArchive;
  private readonly ownLock: RemoteLock;

  /**
   * @param folder of this machine, in which a command works and nothing is kept
   * @param local its lock; undefined for who only lists
   */
  constructor(
    private readonly rclone: Rclone,
    private readonly target: Target,
    private readonly stack: string,
    readonly folder: string,
    private readonly local: FolderLock | undefined,
  ) {
    this.archive = new RemoteArchive(rclone, this.address(archiveFolder), folder, () => this.stored.archived);
    this.ownLock = new RemoteLock(rclone, this.place, folder);
  }

  get place(): string {
    return addressOf(this.target, this.stack);
  }

  get incomplete(): Incomplete[] {
    return [...this.stored.backups]
      .filter(([, files]) => !files.has(manifestFile))
      .map(([id, files]) => {
        const all = [...files.values()];
        return {
          id,
          bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
          // A server of WebDAV may know no times.
          since: new Date(Math.max(timeIn(id), ...all.map(({ modified }) => modified.getTime()))),
        };
      })
      .sort((left, right) => left.id.localeCompare(right.id));
  }

  /** Whether it held nothing of the stack when it was looked at last. */
  get isEmpty(): boolean {
    return this.stored.backups.size === 0;
  }

  /** Whether the store holds anything of the stack. @throws UserError where that cannot be known */
  async hasAny(): Promise<boolean> {
    this.stored = await this.list();
    return !this.isEmpty;
  }

  /** @throws UserError where the target does not exist, such as a bucket that nobody has made or a disk that is not mounted there, or that cannot be known */
  async mustExist(): Promise<void> {
    try {
      await this.rclone.ask(["lsjson", "--stat", addressOf(this.target)]);
    } catch (error) {
      throw error instanceof StoreFailure && error.status === statusOfNoFolder
        ? new UserError(
            `${addressOf(this.target)} does not exist there. Make it (rclone mkdir ${addressOf(this.target)}), or name another target`,
          )
        : this.trouble(error, "Nothing was changed.");
    }
  }

  /**
   * Brings the signed files here, all of them anew.
   *
   * @throws UserError where the store does not answer as a whole: half a list is none
   */
  async refresh(): Promise<void> {
    if (!this.ownLock.isHeld) {
      this.stored = await this.list();
    }
    for (const name of namesIn(this.folder)) {
      for (const file of backupName.test(name) ? [manifestFile, verificationFile] : []) {
        fs.rmSync(path.join(this.folder, name, file), { force: true });
      }
    }
    const wanted: string[] = [];
    for (const [id, files] of this.stored.backups) {
      if (files.has(manifestFile)) {
        // One whose manifest does not come is told as one without.
        fs.mkdirSync(path.join(this.folder, id), { recursive: true, mode: 0o700 });
        wanted.push(
          ...[manifestFile, verificationFile]
            .filter((file) => (files.get(file)?.bytes ?? longestText + 1) <= longestText)
            .map((file) => `${id}/${file}`),
        );
      }
    }
    if (wanted.length > 0) {
      try {
        await this.rclone.ask([...fetching, this.place, this.folder], wanted.join("\n"));
      } catch (error) {
        throw this.trouble(error, "Nothing was changed.");
      }
    }
    for (const name of namesIn(this.folder)) {
      // Of what is no backup any more, nothing stays here either.
      if (backupName.test(name) && !this.stored.backups.get(name)?.has(manifestFile)) {
        fs.rmSync(path.join(this.folder, name), { recursive: true, force: true });
      }
    }
  }

  /** @throws UserError when another command holds the store, or may hold it */
  async lock(command: string): Promise<void> {
    this.stored = await this.ownLock.take(command);
  }

  async unlock(): Promise<void> {
    await this.ownLock.giveBack();
  }

  async mustHold(): Promise<void> {
    this.local?.mustHold();
    if (this.ownLock.isHeld) {
      // Also what retention judges by: making a backup takes long.
      this.stored = await this.list();
      this.ownLock.mustBeIn(this.stored);
    }
  }

  async publish(unfinished: string, { id, parts }: Pick<Manifest, "id" | "parts">): Promise<void> {
    await this.mustHold();
    const sums = new Map(parts.map(({ file, sha256 }) => [file, sha256]));
    sums.set(verificationFile, hashOf(fs.readFileSync(path.join(unfinished, verificationFile), "utf8")));
    await this.send(unfinished, id, sums);
    await this.sign(unfinished, id);
    // Here its signed files are kept, as of any other.
    parts.forEach(({ file }) => fs.rmSync(path.join(unfinished, file)));
    fs.renameSync(unfinished, path.join(this.folder, id));
    const modified = new Date();
    const files = parts.map(({ bytes, file }) => [file, { bytes, modified }] as const);
    this.stored.backups.set(id, new Map([...files, [manifestFile, { bytes: 0, modified }]]));
  }

  isWhole({ id, parts }: Backup): Promise<boolean> {
    const files = this.stored.backups.get(id);
    return Promise.resolve(parts.every(({ bytes, file }) => files?.get(file)?.bytes === bytes));
  }

  async fetch({ folder, id, parts }: Backup): Promise<void> {
    const names = parts.map(({ file }) => file).filter((file) => !fs.existsSync(path.join(folder, file)));
    if (names.length === 0) {
      return;
    }
    try {
      await step(`Fetch ${names.length} parts from ${this.address(id)}`, (report) =>
        this.rclone.transfer([...fetching, this.address(id), folder], names.join("\n"), report),
      );
    } catch (error) {
      throw this.trouble(error, "Nothing was changed.");
    }
  }

  forgetFetched(): void {
    this.archive.forgetFetched();
    for (const id of namesIn(this.folder).filter((name) => backupName.test(name))) {
      for (const name of namesIn(path.join(this.folder, id))) {
        if (name !== manifestFile && name !== verificationFile) {
          fs.rmSync(path.join(this.folder, id, name), { recursive: true, force: true });
        }
      }
    }
  }

  async noteVerification({ digest, folder, id }: Backup, at: Date, key: BackupKey): Promise<void> {
    writeVerification(folder, digest, at, key);
    const text = fs.readFileSync(path.join(folder, verificationFile), "utf8");
    await writeObject(this.rclone, this.folder, text, this.address(id, verificationFile));
  }

  async remove(id: string): Promise<void> {
    if (!backupName.test(id)) {
      throw new UserError(`${this.address(id)} is no backup, so it is not removed`);
    }
    await this.mustHold();
    await this.rclone.ask(["deletefile", this.address(id, manifestFile)]);
    fs.rmSync(path.join(this.folder, id), { recursive: true, force: true });
    await this.rclone.ask(["purge", this.address(id)]);
    this.stored.backups.delete(id);
  }

  async removeLeftovers(): Promise<void> {
    removeLeftovers(this.folder);
    this.forgetFetched();
    for (const { id } of this.incomplete.filter(({ since }) => Date.now() - since.getTime() > leftAfter)) {
      await this.mustHold();
      await this.rclone.ask(["purge", this.address(id)]);
      this.stored.backups.delete(id);
    }
  }

  trouble(error: unknown, done: string): unknown {
    if (error instanceof StoreFailure) {
      return new UserError(`${this.place}: ${error.message}. ${done}`);
    }
    return codeOf(error) === "ENOSPC" || codeOf(error) === "EDQUOT"
      ? new UserError(
          `The disk of ${this.folder} is full: a backup is made there before it goes to ${this.place}. ${done} Make room, or put GHOST_PLATFORM_HOME on another disk`,
        )
      : folderTrouble(error, this.folder, done);
  }

  private address(...below: readonly string[]): string {
    return addressOf(this.target, this.stack, ...below);
  }

  private list(): Promise<Stored> {
    return listStored(this.rclone, this.place);
  }

  /** Sends files and reads them back there, by their SHA-256. Nothing counts yet, so what fails is taken back. */
  private async send(from: string, id: string, sums: ReadonlyMap<string, string>): Promise<void> {
    const there = this.address(id);
    const list = path.join(this.folder, `.sums-${process.pid}`);
    fs.writeFileSync(list, [...sums].map(([file, sum]) => `${sum}  ${file}\n`).join(""), { mode: 0o600 });
    try {
      await step(`Send ${sums.size} files to ${there}`, (report) =>
        this.rclone.transfer(["copy", "--files-from-raw", "-", from, there], [...sums.keys()].join("\n"), report),
      );
      await step(`Read them back from ${there}`, (report) =>
        this.rclone.transfer(["checksum", "sha256", list, there, "--download"], undefined, report),
      );
      await this.mustHold();
    } catch (error) {
      throw await this.withdrawn(id, error);
    } finally {
      fs.rmSync(list, { force: true });
    }
  }

  /** Sends the manifest, with which the files become a backup. */
  private async sign(from: string, id: string): Promise<void> {
    const text = fs.readFileSync(path.join(from, manifestFile), "utf8");
    const there = this.address(id, manifestFile);
    try {
      await writeObject(this.rclone, this.folder, text, there);
      if ((await this.rclone.ask(["cat", there])) !== text) {
        throw new UserError(`${there} was written, and something else is read there`);
      }
    } catch (error) {
      throw error instanceof UserError
        ? new UserError(
            `${error.message}\nWhether backup ${id} counts is not known: its parts are in ${this.address(id)}, and its manifest may be. npm run backup -- list says it once the store answers. The backups that were there are as before`,
          )
        : error;
    }
  }

  /** What failed before there was a manifest: what was sent is removed as far as that can be done now. */
  private async withdrawn(id: string, error: unknown): Promise<unknown> {
    const isGone = await this.rclone
      .ask(["purge", this.address(id)])
      .then(async () => !(await this.list()).backups.has(id))
      .catch(() => false);
    return isGone || !(error instanceof UserError)
      ? error
      : new UserError(
          `${this.place}: ${error.message}\nWhat was sent to ${this.address(id)} may be there still. Without a manifest it is no backup; a create or prune after a day removes it. The backups that were there are as before`,
        );
  }
}

/** When a backup was begun, as its name says it by the clock of who made it. */
function timeIn(id: string): number {
  return Date.parse(id.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z.*$/, "$1-$2-$3T$4:$5:$6Z")) || 0;
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function namesIn(folder: string): string[] {
  return fs.existsSync(folder) ? fs.readdirSync(folder) : [];
}
