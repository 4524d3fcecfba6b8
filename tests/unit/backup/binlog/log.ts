import { Readable } from "node:stream";
import { crc32 } from "node:zlib";
import { eventType, headerBytes, magic } from "../../../../backup/binlog/events";

/* A binary log as a server writes one: with a checksum behind each event. */

function event(type: number, body: Buffer): Buffer {
  const whole = Buffer.alloc(headerBytes + body.length);
  whole.writeUInt8(type, 4);
  whole.writeUInt32LE(whole.length + 4, 9);
  body.copy(whole, headerBytes);
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32(whole));
  return Buffer.concat([whole, sum]);
}

/** Says how the others are written; `version` is that of the server. */
export function description(version = "9.7.4"): Buffer {
  const body = Buffer.alloc(2 + 50 + 4 + 1 + 42 + 1);
  body.writeUInt16LE(4);
  body.write(version, 2, "latin1");
  // The last byte: events have a checksum.
  body.writeUInt8(1, body.length - 1);
  return event(eventType.formatDescription, body);
}

/** What a server that has nothing to send sends. */
export const heartbeat = event(eventType.heartbeat, Buffer.from("binlog.000001"));

/**
 * A transaction of two events.
 *
 * @param committed microseconds since 1970
 * @param first the same of the server that it comes from, where that is another
 */
export function transaction(uuid: string, number: number, committed: number, text = "rows", first?: number): Buffer[] {
  const data = event(30, Buffer.from(text));
  const time = Buffer.alloc(first === undefined ? 7 : 14);
  const put = (value: number, at: number) => {
    time.writeUIntLE(value % 2 ** 48, at, 6);
    time.writeUInt8(Math.floor(value / 2 ** 48), at + 6);
  };
  put(committed, 0);
  if (first !== undefined) {
    put(first, 7);
    time.writeUInt8((time[6] ?? 0) | 0x80, 6);
  }
  const head = Buffer.alloc(42);
  Buffer.from(uuid.replaceAll("-", ""), "hex").copy(head, 1);
  head.writeBigUInt64LE(BigInt(number), 17);
  const length = headerBytes + head.length + time.length + 3 + 4 + 4 + data.length;
  const packed = Buffer.from([0xfc, length & 0xff, length >> 8]);
  return [event(eventType.gtid, Buffer.concat([head, time, packed, Buffer.alloc(4)])), data];
}

/** A log as it lies in a file, cut into chunks of some bytes. */
export function fileOf(events: readonly Buffer[], chunk = 7): Readable {
  const whole = Buffer.concat([magic, ...events]);
  const chunks = Array.from({ length: Math.ceil(whole.length / chunk) }, (_, index) =>
    whole.subarray(index * chunk, (index + 1) * chunk),
  );
  return Readable.from(chunks, { objectMode: false });
}
