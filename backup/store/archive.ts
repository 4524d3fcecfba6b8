import * as fs from "node:fs";
import * as path from "node:path";
import { archiveFolder } from "../format/statement";

/** The archive of binary logs among the backups of a stack, in a store. */
export interface StoredArchive {
  /** For messages. */
  readonly place: string;
  /** Folder of this machine that has its files, or to which they are brought. */
  readonly folder: string;
  /** Names of its files. */
  names(): readonly string[];
  /** Brings files here, where they are not. What they are worth is yet to be proven. */
  fetch(names: readonly string[]): Promise<void>;
  remove(names: readonly string[]): Promise<void>;
}

/** One in a folder of this machine. */
export class FolderArchive implements StoredArchive {
  readonly folder: string;

  constructor(stackFolder: string) {
    this.folder = path.join(stackFolder, archiveFolder);
  }

  get place(): string {
    return this.folder;
  }

  names(): string[] {
    return fs.existsSync(this.folder) ? fs.readdirSync(this.folder) : [];
  }

  fetch(): Promise<void> {
    return Promise.resolve();
  }

  remove(names: readonly string[]): Promise<void> {
    names.forEach((name) => fs.rmSync(path.join(this.folder, name), { force: true }));
    return Promise.resolve();
  }
}
