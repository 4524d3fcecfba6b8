import * as path from "node:path";
import { DumpGtids } from "./dump-gtids";
import type { BackupKey } from "../format/key";
import type { Contents, Part } from "../format/manifest";
import type { Output } from "./pipe";
import { seal } from "../format/seal";

/**
 * Seals what a program writes into a new file.
 *
 * @returns the part of a backup that it is
 */
export async function saved(
  file: string,
  contents: Contents,
  { ended, kill, stream }: Output,
  key: Pick<BackupKey, "recipient">,
): Promise<Part> {
  try {
    const read = contents.kind === "mysql" ? new DumpGtids() : undefined;
    stream.on("error", (error) => read?.destroy(error));
    const sealed = await seal(read ? stream.pipe(read) : stream, file, key);
    // A program that failed has written an end, too.
    await ended;
    const gtids = read?.gtids;
    return { ...contents, ...sealed, file: path.basename(file), ...(gtids === undefined ? {} : { gtids }) };
  } catch (error) {
    // Nobody reads any more: a program in a container learns it from its closed pipe, not from a signal to the docker command.
    stream.destroy();
    kill();
    await ended.catch(() => undefined);
    throw error;
  }
}
