import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../../../errors";
import { archiveFolder, sealedEnd } from "../../format/statement";
import type { StoredArchive } from "../archive";
import { StoreFailure, type Rclone } from "./rclone";

/** Many small files: what takes time is the way, not the data. */
const many = ["--transfers", "16", "--checkers", "16"];

/** The archive of binary logs in remote storage. Its files never change, so one that was brought here is not brought again. */
export class RemoteArchive implements StoredArchive {
  readonly folder: string;

  /**
   * @param place as rclone takes it
   * @param stackFolder of this machine, in which a command works
   * @param listed names of its files, as the store was listed last
   */
  constructor(
    private readonly rclone: Rclone,
    readonly place: string,
    stackFolder: string,
    private readonly listed: () => readonly string[],
  ) {
    this.folder = path.join(stackFolder, archiveFolder);
  }

  names(): readonly string[] {
    return this.listed();
  }

  async fetch(names: readonly string[]): Promise<void> {
    fs.mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const wanted = names.filter((name) => !fs.existsSync(path.join(this.folder, name)));
    if (wanted.length === 0) {
      return;
    }
    const args = ["copy", "--ignore-checksum", "--files-from-raw", "-", ...many, this.place, this.folder];
    try {
      await this.rclone.transfer(args, wanted.join("\n"), () => undefined);
    } catch (error) {
      throw error instanceof StoreFailure
        ? new UserError(`${this.place}: ${error.message}. Nothing was changed.`)
        : error;
    }
  }

  /** Takes away from this machine what is large; what is known of it stays. */
  forgetFetched(): void {
    for (const name of fs.existsSync(this.folder) ? fs.readdirSync(this.folder) : []) {
      if (name.endsWith(sealedEnd)) {
        fs.rmSync(path.join(this.folder, name), { force: true });
      }
    }
  }

  async remove(names: readonly string[]): Promise<void> {
    if (names.length > 0) {
      await this.rclone.transfer(
        ["delete", "--files-from-raw", "-", ...many, this.place],
        names.join("\n"),
        () => undefined,
      );
    }
    names.forEach((name) => fs.rmSync(path.join(this.folder, name), { force: true }));
  }
}
