import * as fs from "node:fs";
import { PassThrough, pipeline as feed, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { UserError } from "../errors";
import { attempted } from "../files/files";
import { fileErrorInWords } from "../files/in-words.cjs";

/** Bytes of its beginning and its end that are looked at. */
const lookedAt = 4096;

const howTo = "mysqldump --single-transaction --no-tablespaces --set-gtid-purged=OFF --hex-blob DATABASE > ghost.sql";

/** The text of a dump, which may be a file of gzip. It begins with its first read. */
export function openDump(file: string): Readable {
  const isGzip = attempted("read", file, () => {
    const descriptor = fs.openSync(file, "r");
    try {
      const magic = Buffer.alloc(2);
      fs.readSync(descriptor, magic, 0, 2, 0);
      return magic.equals(Buffer.from([0x1f, 0x8b]));
    } finally {
      fs.closeSync(descriptor);
    }
  });
  const bytes = fs.createReadStream(file);
  // An error of either ends the stream with it.
  return isGzip ? feed(bytes, createGunzip(), new PassThrough(), () => undefined) : bytes;
}

/**
 * Reads a dump once to see whether it is one, of MySQL, and whole.
 *
 * @returns what is to be known of it, in lines
 * @throws UserError for what is none; the file is only read
 */
export async function checkDump(file: string): Promise<string[]> {
  if (!attempted("read", file, () => fs.statSync(file)).isFile()) {
    throw new UserError(`${file} is no file. --dump names what mysqldump wrote, as it is or by gzip`);
  }
  let [beginning, end] = ["", ""];
  try {
    await pipeline(openDump(file), async (chunks) => {
      for await (const chunk of chunks as AsyncIterable<Buffer>) {
        if (beginning.length < lookedAt) {
          beginning += chunk.subarray(0, lookedAt).toString("latin1");
        }
        end = (end + chunk.subarray(-lookedAt).toString("latin1")).slice(-lookedAt);
      }
    });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code.startsWith("Z_")) {
      throw new UserError(
        `${file} is cut off or damaged: gzip cannot read it to its end. Copy it again from where it was made`,
      );
    }
    throw new UserError(fileErrorInWords(error, "read", file) ?? String(error));
  }
  const mistake = mistakeIn(beginning, end);
  if (mistake !== undefined) {
    throw new UserError(`${file} ${mistake}`);
  }
  return notesOn(beginning);
}

/** What keeps a text from being a whole dump of MySQL, as a sentence goes on after its name. */
function mistakeIn(beginning: string, end: string): string | undefined {
  if (beginning === "") {
    return `is empty. Make it again where the site is: ${howTo}`;
  }
  if (/^SQLite format 3\0/.test(beginning) || /^PRAGMA foreign_keys|^BEGIN TRANSACTION;/m.test(beginning)) {
    return `is of SQLite. ${sqliteSteps}`;
  }
  if (/^\s*\{/.test(beginning)) {
    return "is JSON, as Ghost exports it, which has no members, no staff passwords and no settings of yours. Take a dump of the database; or have the new site empty and import that file in its admin (Settings, Import/Export)";
  }
  if (/^-- Server version\t.*MariaDB|^-- MariaDB dump.*\n(?:.*\n){0,6}-- Server version\t.*MariaDB/m.test(beginning)) {
    return "is of MariaDB, which Ghost does not support since version 5, and whose dumps MySQL reads only by luck. Load it into a MySQL 8 beside the site, have its Ghost start on that once, and dump it there";
  }
  if (!/^-- (?:MySQL|MariaDB) dump/m.test(beginning)) {
    return `is not what mysqldump writes (its comments are missing, by which it is known to be whole). Make it so: ${howTo}`;
  }
  return /^-- Dump completed/m.test(end)
    ? undefined
    : `is cut off: the last line of mysqldump ("-- Dump completed") is missing. Make or copy it again: ${howTo}`;
}

export const sqliteSteps =
  "A site on SQLite cannot be taken as it is: have the new site empty, export the old one in its admin (Settings, Import/Export), import that file in the new one's, then the members by CSV, and copy content/images into the new one's content";

function notesOn(beginning: string): string[] {
  const [, server = ""] = /^-- Server version\t(\S+)/m.exec(beginning) ?? [];
  return /^5\./.test(server)
    ? [`The dump is of MySQL ${server}, which Ghost does not support any more. It is tried in a server of now first`]
    : [];
}
