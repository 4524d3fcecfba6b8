import { Readable } from "node:stream";
import type { RunInContainer } from "./container";
import { databases } from "./databases";
import type { BackupKey } from "./key";
import type { DatabasePart, Part } from "./manifest";
import { unseal } from "./seal";

export function isDatabase(part: Part): part is DatabasePart {
  return part.kind in databases;
}

/**
 * Loads a dump into a server's data directory, which is made in a container of the server's image.
 *
 * @param file the sealed dump
 * @returns how many tables it has
 */
export async function loadDump(run: RunInContainer, part: DatabasePart, file: string, key: BackupKey): Promise<number> {
  const { load: script, settings } = databases[part.kind];
  let tables = 0;
  await run({
    program: ["bash", "-c", script],
    variables: { ...settings(part.target, part.data), end: endOfDump },
    data: Readable.from(withEnd(await unseal(file, part, key)), { objectMode: false }),
    onLine: (line) => (tables = Number(/^tables (\d+)$/.exec(line)?.[1] ?? tables)),
    as: "server",
  });
  return tables;
}

/** A query at the end of a dump, by whose answer the server's client says that it has read all of it: a pipe that breaks looks like its end. */
const endOfDump = "the whole dump was read";

async function* withEnd(data: Readable): AsyncGenerator<Buffer> {
  for await (const chunk of data) {
    yield chunk as Buffer;
  }
  yield Buffer.from(`\nSELECT '${endOfDump}';\n`);
}
