import * as fs from "node:fs";
import * as path from "node:path";
import type { Rclone } from "./rclone";

/**
 * Writes a small file into a store.
 *
 * @param folder of this machine, in which it lies meanwhile
 * @param there its address, for rclone
 */
export async function writeObject(rclone: Rclone, folder: string, content: string, there: string): Promise<void> {
  const file = path.join(folder, `.sending-${process.pid}`);
  fs.writeFileSync(file, content, { mode: 0o600 });
  try {
    await rclone.ask(["copyto", file, there]);
  } finally {
    fs.rmSync(file, { force: true });
  }
}
