import type { RunInContainer } from "./container";
import { databases } from "./databases";
import type { BackupKey } from "../format/key";
import type { DatabasePart, Part } from "../format/manifest";
import { withEnd } from "./pipe";
import { unseal } from "../format/seal";

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
    data: withEnd(await unseal(file, part, key), `\nSELECT '${endOfDump}';\n`),
    onLine: (line) => (tables = Number(/^tables (\d+)$/.exec(line)?.[1] ?? tables)),
    as: "server",
  });
  return tables;
}

/** What a query at the end of a dump answers, by which the server's client says that it has read all of it. */
const endOfDump = "the whole dump was read";
