import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../../errors";
import { readText } from "../format/files";
import type { BackupKey } from "../format/key";
import { inOrder } from "./chain";
import { readStatement, segmentName, type Segment } from "./read-statement";
import { archiveFolder, sealedEnd, statementEnd } from "./statement";

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
