import { EventEmitter } from "node:events";
import type { GtidSet } from "../format/gtid";

/*
 * Follows a server's binary log as a replica does (COM_BINLOG_DUMP_GTID), by the MySQL client of Ghost's own image, mysql2: that logs in and takes packets
 * apart, and knows nothing of this command.
 */

/** A connection of mysql2, as far as it is used here. */
export interface Connection extends EventEmitter {
  query(sql: string, done: (error: Error | null, rows: unknown) => void): void;
  addCommand(command: object): void;
  pause(): void;
  resume(): void;
  destroy(): void;
  _resetSequenceId(): void;
  writePacket(packet: object): void;
}

/** What mysql2 gives of a packet: its bytes with a header of four. */
interface Packet {
  buffer: Buffer;
  start: number;
  end: number;
  isEOF(): boolean;
  isError(): boolean;
  asError(encoding: string): Error;
}

/** Seconds after which a server that has nothing to send says so. */
export const heartbeatSeconds = 1;
/** Seconds of silence after which a connection is taken for broken. */
const silenceSeconds = 15;
/** Bytes of events that may wait; with more, nothing is read from the server. */
const mostWaiting = 8 * 2 ** 20;

/** The number of the command in the protocol. */
const command = 0x1e;
/** Flag: what has been read already is said as a set of transactions. */
const byGtids = 0x04;

/** What a session says of itself before it follows. */
export const sessionSql = [
  "SET @source_binlog_checksum = @@global.binlog_checksum",
  "SET @master_binlog_checksum = @@global.binlog_checksum",
  `SET @source_heartbeat_period = ${heartbeatSeconds}e9`,
  `SET @master_heartbeat_period = ${heartbeatSeconds}e9`,
];

/**
 * The events of a server's binary logs, as they come: all transactions but those of a set, and then each new one. It has no end.
 *
 * @param connection one whose session has been prepared by `sessionSql`
 * @param known transactions that are not sent
 * @throws what the server says, and where it falls silent
 */
export async function* followed(connection: Connection, known: GtidSet): AsyncGenerator<Buffer> {
  const waiting: Buffer[] = [];
  let bytes = 0;
  let failure: Error | undefined;
  let wake: () => void = () => undefined;
  const fail = (error: Error) => {
    failure ??= error;
    wake();
  };
  connection.on("error", fail);
  connection.on("end", () => fail(new Error("the server has closed the connection")));
  connection.addCommand(
    new Dump(
      request(known),
      (event) => {
        waiting.push(event);
        bytes += event.length;
        if (bytes >= mostWaiting) {
          connection.pause();
        }
        wake();
      },
      fail,
    ),
  );
  for (;;) {
    const event = waiting.shift();
    if (event) {
      bytes -= event.length;
      yield event;
      continue;
    }
    if (failure) {
      throw failure;
    }
    connection.resume();
    const silence = setTimeout(
      () => fail(new Error(`nothing came from the server for ${silenceSeconds} s`)),
      silenceSeconds * 1000,
    );
    try {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    } finally {
      clearTimeout(silence);
    }
  }
}

/** The packet that asks for them. */
function request(known: GtidSet): Buffer {
  const set = known.toBytes();
  const head = Buffer.alloc(4 + 1 + 2 + 4 + 4 + 8 + 4);
  head.writeUInt8(command, 4);
  head.writeUInt16LE(byGtids, 5);
  // Any number but a member's: those begin at 1.
  head.writeUInt32LE(0x7ffffffe, 7);
  // Of a file no name, and its first position.
  head.writeUInt32LE(0, 11);
  head.writeBigUInt64LE(4n, 15);
  head.writeUInt32LE(set.length, 23);
  return Buffer.concat([head, set]);
}

/** A command of mysql2: it is called once to be sent, and then with each packet that answers it. */
class Dump extends EventEmitter {
  private isSent = false;
  /** Where mysql2 tells of a connection that breaks. */
  readonly onResult: (error: Error) => void;

  constructor(
    private readonly packet: Buffer,
    private readonly onEvent: (event: Buffer) => void,
    private readonly onFailure: (error: Error) => void,
  ) {
    super();
    this.onResult = onFailure;
  }

  /** @returns whether it is through */
  execute(answer: Packet | undefined, connection: Connection): boolean {
    if (!this.isSent) {
      this.isSent = true;
      connection._resetSequenceId();
      const buffer = this.packet;
      connection.writePacket({
        buffer,
        length: () => buffer.length,
        writeHeader(sequence: number) {
          buffer.writeUIntLE(buffer.length - 4, 0, 3);
          buffer.writeUInt8(sequence, 3);
        },
      });
      return false;
    }
    if (!answer) {
      return false;
    }
    if (answer.isError()) {
      this.onFailure(answer.asError("utf8"));
      return true;
    }
    if (answer.isEOF()) {
      this.onFailure(new Error("the server sends no more of its binary log"));
      return true;
    }
    // Behind the header and a byte that says that all is well. A copy: what a packet lies in is used again.
    this.onEvent(Buffer.from(answer.buffer.subarray(answer.start + 5, answer.end)));
    return false;
  }
}
