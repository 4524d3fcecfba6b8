import * as fs from "node:fs";
import * as path from "node:path";
import { makeKey, readKey, writerText } from "../../backup/format/key";
import { temporaryDirectory } from "./temporary-directory";

/** What in `backup.rcloneFile` nobody may see. */
export const storeSecret = "a key that nobody else has";

/** An rclone.conf with the remote `offsite`, and one that is nobody's business. */
export function rcloneConfiguration(more = ""): string {
  return `[other]\ntype = s3\nsecret_access_key = not this one\n[offsite]\ntype = s3\nprovider = Other\nendpoint = https://s3.example.com:8443\naccess_key_id = backup\nsecret_access_key = ${storeSecret}\n${more}`;
}

/** The files that a stack needs to save something by itself, and the key that opens it. */
export class SealingFiles {
  readonly folder = temporaryDirectory();
  private recipient = "";

  /** Makes them. */
  async make(): Promise<void> {
    const own = path.join(this.folder, "key.txt");
    await makeKey(own);
    const key = await readKey(own);
    this.recipient = key.recipient;
    this.file("writer.pem", writerText("dev", key));
    this.file("rclone.conf", rcloneConfiguration());
  }

  /** Keys of `backup` in a stack file that name them. */
  get keys() {
    return {
      target: "offsite:backups/ghost",
      recipient: this.recipient,
      signingKeyFile: path.join(this.folder, "writer.pem"),
      rcloneFile: path.join(this.folder, "rclone.conf"),
    };
  }

  /** Writes another file beside them. Returns its path. */
  file(name: string, content: string, mode = 0o600): string {
    const written = path.join(this.folder, name);
    fs.writeFileSync(written, content);
    fs.chmodSync(written, mode);
    return written;
  }
}
