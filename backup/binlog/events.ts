import { crc32 } from "node:zlib";
import { UserError } from "../../errors";
import type { Gtid } from "../format/gtid";

/*
 * Events of a binary log, as far as an archive has to understand them: where a transaction begins and ends, which one it is, and when it was committed.
 * What it changes nobody here looks at. https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_replication_binlog_event.html
 */

/** What a binary log begins with. */
export const magic = Buffer.from([0xfe, 0x62, 0x69, 0x6e]);

export const eventType = {
  rotate: 4,
  formatDescription: 15,
  heartbeat: 27,
  gtid: 33,
  anonymousGtid: 34,
  previousGtids: 35,
  heartbeatV2: 41,
  taggedGtid: 42,
} as const;

export const headerBytes = 19;

/** Offset of the type in an event, and of its length. */
const typeAt = 4;
const lengthAt = 9;

export function typeOf(event: Buffer): number {
  return event[typeAt] ?? 0;
}

/** Length that an event says of itself, its checksum included. */
export function lengthOf(event: Buffer): number {
  return event.readUInt32LE(lengthAt);
}

/** The beginning of a transaction. */
export interface TransactionStart {
  gtid: Gtid;
  /** Microseconds since 1970 at which its first server committed it. */
  committed: number;
  /** Bytes of all its events, this one included. */
  bytes: number;
}

/**
 * What an event that begins a transaction says.
 *
 * @returns undefined for any other event
 * @throws UserError for a transaction that cannot be named in an archive
 */
export function transactionStart(event: Buffer): TransactionStart | undefined {
  switch (typeOf(event)) {
    case eventType.taggedGtid:
      throw new UserError(
        "the server has a transaction with a tagged GTID, which this archive cannot keep. Leave gtid_next at AUTOMATIC; the next full backup begins a new chain",
      );
    case eventType.anonymousGtid:
      throw new UserError(
        "the server has a transaction without a GTID, which this archive cannot keep: gtid_mode must be ON",
      );
    case eventType.gtid:
      break;
    default:
      return undefined;
  }
  const immediate = event.readUIntLE(timeAt, 6) + ((event[timeAt + 6] ?? 0) & 0x7f) * 2 ** 48;
  // A transaction that came from another server brings the time of that one, too.
  const isReplicated = ((event[timeAt + 6] ?? 0) & 0x80) !== 0;
  const committed = isReplicated ? event.readUIntLE(timeAt + 7, 6) + (event[timeAt + 13] ?? 0) * 2 ** 48 : immediate;
  return {
    gtid: { uuid: uuidAt(event, headerBytes + 1), number: Number(event.readBigUInt64LE(headerBytes + 17)) },
    committed,
    bytes: packedNumber(event, timeAt + (isReplicated ? 14 : 7)),
  };
}

/** Offset of the time of the commit in an event that begins a transaction: seven bytes, whose highest bit says that another time follows. */
const timeAt = 61;

function uuidAt(event: Buffer, offset: number): string {
  const hex = event.subarray(offset, offset + 16).toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** A number of the protocol's own form: one byte, or a byte that says how many follow. */
function packedNumber(bytes: Buffer, offset: number): number {
  const first = bytes[offset] ?? 0;
  switch (first) {
    case 0xfc:
      return bytes.readUInt16LE(offset + 1);
    case 0xfd:
      return bytes.readUIntLE(offset + 1, 3);
    case 0xfe:
      return Number(bytes.readBigUInt64LE(offset + 1));
    default:
      return first;
  }
}

/**
 * The event that says that no transaction was in the logs before this one, without which a server reads none.
 *
 * @param description the event that says how others are written: with a checksum, or without
 */
export function nothingBefore(description: Buffer): Buffer {
  const hasChecksum = description[description.length - 5] === 1;
  const body = headerBytes + 8;
  const event = Buffer.alloc(body + (hasChecksum ? 4 : 0));
  event.writeUInt8(eventType.previousGtids, typeAt);
  event.writeUInt32LE(event.length, lengthAt);
  // A server that does not know it may go on.
  event.writeUInt16LE(0x80, 17);
  if (hasChecksum) {
    event.writeUInt32LE(crc32(event.subarray(0, body)), body);
  }
  return event;
}

/** Takes a binary log apart, as its bytes come. */
export class EventReader {
  private chunks: Buffer[] = [];
  private held = 0;
  /** Bytes that are needed before anything more can be said. */
  private needed = magic.length;
  private begun = false;

  /**
   * @returns the events that are whole now
   * @throws UserError for what is no binary log
   */
  add(chunk: Buffer): Buffer[] {
    this.chunks.push(chunk);
    this.held += chunk.length;
    if (this.held < this.needed) {
      return [];
    }
    let rest: Buffer = Buffer.concat(this.chunks);
    if (!this.begun) {
      if (!rest.subarray(0, magic.length).equals(magic)) {
        throw new UserError("is no binary log");
      }
      this.begun = true;
      rest = rest.subarray(magic.length);
    }
    const events: Buffer[] = [];
    this.needed = headerBytes;
    while (rest.length >= headerBytes) {
      const length = lengthOf(rest);
      if (length < headerBytes) {
        throw new UserError("is no binary log: one of its events is shorter than its header");
      }
      if (rest.length < length) {
        this.needed = length;
        break;
      }
      events.push(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
    this.chunks = [rest];
    this.held = rest.length;
    return events;
  }

  /** Whether nothing is left over: what ends here ends with an event. */
  get isWhole(): boolean {
    return this.begun && this.held === 0;
  }
}
