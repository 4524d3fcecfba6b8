import * as path from "node:path";
import { UserError } from "../../errors";
import { readText } from "../format/files";
import type { BackupKey } from "../format/key";
import type { StoredArchive } from "../store/archive";
import { inOrder } from "./chain";
import { readStatement, segmentName, type Segment } from "./read-statement";
import { sealedEnd, statementEnd } from "../format/statement";

/** What an archive holds. */
export interface ArchiveListing {
  /** In the order in which they were cut. */
  segments: Segment[];
  /** What counts for nothing, with the reason. */
  notProven: { id: string; why: string }[];
}

/** The segments that the key proves. */
export async function readSegments(archive: StoredArchive, stack: string, key: BackupKey): Promise<ArchiveListing> {
  const names = new Set(archive.names());
  const ids = [...names]
    .filter((name) => name.endsWith(statementEnd))
    .map((name) => name.slice(0, -statementEnd.length))
    .filter((id) => segmentName.test(id));
  await archive.fetch(ids.map((id) => `${id}${statementEnd}`));
  const segments: Segment[] = [];
  const notProven: ArchiveListing["notProven"] = [];
  for (const id of ids) {
    try {
      const note = await readText(path.join(archive.folder, `${id}${statementEnd}`));
      const segment = readStatement(note, id, stack, key);
      if (segment.sealed && !names.has(`${id}${sealedEnd}`)) {
        throw new UserError("has lost the file that it is about");
      }
      segments.push(segment);
    } catch (error) {
      if (!(error instanceof UserError)) {
        throw error;
      }
      notProven.push({ id, why: `${archive.place}/${id}${statementEnd} ${error.message}` });
    }
  }
  return { segments: inOrder(segments), notProven };
}

/** Where the sealed file of a segment lies on this machine, once it was fetched. */
export function sealedFile(archive: StoredArchive, { id }: Segment): string {
  return path.join(archive.folder, `${id}${sealedEnd}`);
}
