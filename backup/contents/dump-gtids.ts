import { Transform, type TransformCallback } from "node:stream";
import { GtidSet } from "../format/gtid";

/** Characters of a dump in whose beginning stands which transactions it holds. */
const headLength = 2 ** 20;

/** Passes a dump of MySQL on, and finds in its head which transactions it holds (GTIDs). */
export class DumpGtids extends Transform {
  private head = "";
  private isRead = false;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (!this.isRead) {
      this.head += chunk.toString("latin1");
      // Whatever comes behind is data, in which anything may stand.
      this.isRead = this.head.includes("\n-- Current Database:") || this.head.length > headLength;
    }
    done(undefined, chunk);
  }

  /** The set as MySQL writes it; undefined where the dump does not say. */
  get gtids(): string | undefined {
    const [head = ""] = this.head.split("\n-- Current Database:");
    const [, set] = /GTID_PURGED=(?:\/\*!\d+ *)?'\+?(?:'\*\/ *')?([0-9a-fA-F:,\-\s]+)'/.exec(head) ?? [];
    const plain = set?.replace(/\s/g, "").toLowerCase();
    // With tags it is none that others could be added to.
    return plain !== undefined && GtidSet.isOne(plain) ? plain : undefined;
  }
}
