import type { Sealed } from "./seal";

/*
 * What is known of a segment of the archive, for who writes one: it stands, signed, beside it. What it may say, `read-statement.ts` checks.
 */

/** Folder of the archive among the backups of a stack. */
export const archiveFolder = "binlog";
/** Ends of the names of a segment's files. */
export const sealedEnd = ".binlog.gz.age";
export const statementEnd = ".signed";

export const archiveFormat = "ghost-platform binary log";

/** A piece of a server's binary log, or that there was nothing to keep. */
export interface Statement {
  stack: string;
  /** Its name: when it was cut, its number, and who cut it. */
  id: string;
  /** Greater than that of every one that was cut before, as far as its writer knew. */
  sequence: number;
  /** Transactions that this history had before those that are held here. */
  after: string;
  /** Those that are held here, in the order of the log. */
  holds: string;
  /** When the first and the last of them were committed, in microseconds since 1970. Absent: there are none. */
  earliest?: number;
  latest?: number;
  /** Until when the history is known: what was committed before is in `after` or `holds`. */
  until: number;
  /** The sealed file. Absent: there are no transactions. */
  sealed?: Sealed;
}

/** A statement as text, to be signed. */
export function writtenStatement(statement: Statement): string {
  return `${JSON.stringify({ format: archiveFormat, version: 1, ...statement }, undefined, 2)}\n`;
}
