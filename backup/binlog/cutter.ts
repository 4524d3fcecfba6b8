import * as fs from "node:fs";
import { UserError } from "../../errors";
import { eventType, magic, transactionStart, typeOf } from "./events";
import { GtidSet, gtidText, type Gtid } from "../format/gtid";

/** A piece of a binary log that begins and ends with a transaction, in a file of its own. */
export interface Cut {
  /** Absent: there were no transactions. */
  file?: string;
  after: GtidSet;
  holds: GtidSet;
  earliest?: number;
  latest?: number;
}

/**
 * Collects the events of a server into pieces. Each can be read by itself: before its transactions stands the event that says how they are written.
 */
export class Cutter {
  private description: Buffer | undefined;
  private output: number | undefined;
  private holds = GtidSet.empty;
  private earliest: number | undefined;
  private latest: number | undefined;
  private bytes = 0;
  /** The transaction that has begun, and how much of it is yet to come. */
  private open: { gtid: Gtid; left: number; committed: number } | undefined;

  /**
   * @param file in which a piece is collected
   * @param after transactions before the first that comes
   */
  constructor(
    private readonly file: string,
    private after: GtidSet,
  ) {}

  /** Whether the piece ends with a whole transaction now. */
  get canCut(): boolean {
    return !this.open;
  }

  get size(): number {
    return this.bytes;
  }

  /** All transactions up to the last that is whole. */
  get through(): GtidSet {
    return this.after.plus(this.holds);
  }

  /** @throws UserError for what is not as MySQL writes it: then what was collected is to be asked for again */
  add(event: Buffer): void {
    if (typeOf(event) === eventType.formatDescription) {
      this.mustBeBetween("the description of a new log");
      if (this.output !== undefined && this.description && !sameForm(this.description, event)) {
        this.write(event);
      }
      this.description = event;
      return;
    }
    if (typeOf(event) === eventType.heartbeat || typeOf(event) === eventType.heartbeatV2) {
      // It lives, and says no more than that: it sends one while it skips what is known, too.
      return;
    }
    const start = transactionStart(event);
    if (start) {
      this.mustBeBetween("a transaction");
      if (!this.description) {
        throw new UserError("the server has sent a transaction before it said how it writes them");
      }
      this.open = { gtid: start.gtid, left: start.bytes, committed: start.committed };
    }
    if (!this.open) {
      // Belongs to the server's own file: the next file's name, the transactions before it.
      return;
    }
    this.write(event);
    this.open.left -= event.length;
    if (this.open.left < 0) {
      throw new UserError(`transaction ${gtidText(this.open.gtid)} is longer than it says`);
    }
    if (this.open.left === 0) {
      const { committed, gtid } = this.open;
      this.holds = this.holds.plus(GtidSet.of(gtid));
      this.earliest = Math.min(this.earliest ?? committed, committed);
      this.latest = Math.max(this.latest ?? committed, committed);
      this.open = undefined;
    }
  }

  /** Ends the piece, and begins the next. */
  cut(): Cut {
    const { after, earliest, file, holds, latest } = this;
    const hasFile = this.output !== undefined;
    this.close();
    this.after = after.plus(holds);
    this.holds = GtidSet.empty;
    this.earliest = undefined;
    this.latest = undefined;
    this.bytes = 0;
    return {
      after,
      holds,
      ...(hasFile ? { file } : {}),
      ...(earliest === undefined ? {} : { earliest }),
      ...(latest === undefined ? {} : { latest }),
    };
  }

  close(): void {
    if (this.output !== undefined) {
      fs.closeSync(this.output);
      this.output = undefined;
    }
  }

  private mustBeBetween(what: string): void {
    if (this.open) {
      const { gtid, left } = this.open;
      throw new UserError(`${what} came where ${left} bytes of transaction ${gtidText(gtid)} were due`);
    }
  }

  private write(event: Buffer): void {
    if (this.output === undefined) {
      this.output = fs.openSync(this.file, "w", 0o600);
      fs.writeFileSync(this.output, magic);
      if (this.description) {
        fs.writeFileSync(this.output, this.description);
      }
    }
    fs.writeFileSync(this.output, event);
    this.bytes += event.length;
  }
}

/** Whether two descriptions say the same of what follows them: all but when they were written and where they stood. */
function sameForm(left: Buffer, right: Buffer): boolean {
  const form = (event: Buffer) => {
    const copy = Buffer.from(event.subarray(0, event.length - 4));
    // Its time, the position behind it, flags, and when the server was started.
    copy
      .fill(0, 0, 4)
      .fill(0, 13, 19)
      .fill(0, 19 + 52, 19 + 56);
    return copy;
  };
  return form(left).equals(form(right));
}
