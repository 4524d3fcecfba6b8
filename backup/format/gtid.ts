import { UserError } from "../../errors";

/** Numbers of one server's transactions that follow each other, both ends included. */
type Interval = readonly [first: number, last: number];

const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** One transaction: `UUID:N`. */
export interface Gtid {
  uuid: string;
  number: number;
}

/** @throws UserError for what is none, and for one with a tag */
export function parseGtid(text: string): Gtid {
  const [, uuid = "", number] = /^([^:]+):([1-9]\d{0,15})$/.exec(text.trim().toLowerCase()) ?? [];
  if (!uuidForm.test(uuid)) {
    throw new UserError(
      /^[^:]+:[a-z_]/i.test(text.trim())
        ? tagged(text)
        : `${JSON.stringify(text)} is no transaction of MySQL: it must be UUID:NUMBER, for example 3e11fa47-71ca-11e1-9e33-c80aa9429562:23`,
    );
  }
  return { uuid, number: Number(number) };
}

/** As MySQL writes it, and `parseGtid` reads it. */
export function gtidText({ number, uuid }: Gtid): string {
  return `${uuid}:${number}`;
}

function tagged(text: string): string {
  return `${JSON.stringify(text.slice(0, 120))} has a tag, and transactions with one are not archived: leave gtid_next at AUTOMATIC, without a tag`;
}

/**
 * A set of transactions (GTIDs), as MySQL writes it: `UUID:1-5:7,UUID:1`. It never changes; what would change it makes another.
 */
export class GtidSet {
  static readonly empty = new GtidSet(new Map());

  private constructor(private readonly intervals: ReadonlyMap<string, readonly Interval[]>) {}

  /** @throws UserError for what is none, and for one with tags */
  static parse(text: string): GtidSet {
    const found = new Map<string, Interval[]>();
    for (const part of text.replace(/\s/g, "").toLowerCase().split(",").filter(Boolean)) {
      const [uuid = "", ...ranges] = part.split(":");
      if (!uuidForm.test(uuid) || ranges.length === 0) {
        throw new UserError(`${JSON.stringify(part.slice(0, 120))} is no set of MySQL's transactions`);
      }
      for (const range of ranges) {
        const [, first, last = first] = /^([1-9]\d{0,15})(?:-([1-9]\d{0,15}))?$/.exec(range) ?? [];
        if (first === undefined || Number(last) < Number(first)) {
          throw new UserError(
            /^[a-z_]/.test(range)
              ? tagged(part)
              : `${JSON.stringify(part.slice(0, 120))} is no set of MySQL's transactions`,
          );
        }
        found.set(uuid, [...(found.get(uuid) ?? []), [Number(first), Number(last)]]);
      }
    }
    return new GtidSet(new Map([...found].map(([uuid, ranges]) => [uuid, joined(ranges)])));
  }

  /** Whether a text is a set, and not the empty one. */
  static isOne(text: string): boolean {
    try {
      return !GtidSet.parse(text).isEmpty;
    } catch {
      return false;
    }
  }

  /** One transaction. */
  static of({ number, uuid }: Gtid): GtidSet {
    return new GtidSet(new Map([[uuid, [[number, number]]]]));
  }

  get isEmpty(): boolean {
    return this.intervals.size === 0;
  }

  /** How many transactions it has. */
  get size(): number {
    return [...this.intervals.values()].flat().reduce((sum, [first, last]) => sum + last - first + 1, 0);
  }

  has({ number, uuid }: Gtid): boolean {
    return (this.intervals.get(uuid) ?? []).some(([first, last]) => first <= number && number <= last);
  }

  plus(other: GtidSet): GtidSet {
    const both = new Map(this.intervals);
    for (const [uuid, ranges] of other.intervals) {
      both.set(uuid, joined([...(both.get(uuid) ?? []), ...ranges]));
    }
    return new GtidSet(both);
  }

  minus(other: GtidSet): GtidSet {
    const left = new Map<string, readonly Interval[]>();
    for (const [uuid, ranges] of this.intervals) {
      const rest = (other.intervals.get(uuid) ?? []).reduce<readonly Interval[]>(without, ranges);
      if (rest.length > 0) {
        left.set(uuid, rest);
      }
    }
    return new GtidSet(left);
  }

  /** What both have. */
  and(other: GtidSet): GtidSet {
    return this.minus(this.minus(other));
  }

  includes(other: GtidSet): boolean {
    return other.minus(this).isEmpty;
  }

  toString(): string {
    return [...this.intervals]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(
        ([uuid, ranges]) =>
          `${uuid}:${ranges.map(([first, last]) => (first === last ? first : `${first}-${last}`)).join(":")}`,
      )
      .join(",");
  }

  /** As the protocol of replication has it: numbers little-endian, of an interval the one behind its end. */
  toBytes(): Buffer {
    const numbers = (values: readonly number[]) => {
      const bytes = Buffer.alloc(8 * values.length);
      values.forEach((value, index) => bytes.writeBigUInt64LE(BigInt(value), 8 * index));
      return bytes;
    };
    return Buffer.concat([
      numbers([this.intervals.size]),
      ...[...this.intervals].flatMap(([uuid, ranges]) => [
        Buffer.from(uuid.replaceAll("-", ""), "hex"),
        numbers([ranges.length, ...ranges.flatMap(([first, last]) => [first, last + 1])]),
      ]),
    ]);
  }
}

/** Intervals in order, none of which touches the next. */
function joined(ranges: readonly Interval[]): Interval[] {
  const result: Interval[] = [];
  for (const range of [...ranges].sort(([left], [right]) => left - right)) {
    const last = result.at(-1);
    if (last && range[0] <= last[1] + 1) {
      result[result.length - 1] = [last[0], Math.max(last[1], range[1])];
    } else {
      result.push(range);
    }
  }
  return result;
}

function without(ranges: readonly Interval[], [from, to]: Interval): Interval[] {
  return ranges.flatMap(([first, last]): Interval[] =>
    last < from || to < first
      ? [[first, last]]
      : [...(first < from ? [[first, from - 1] as const] : []), ...(to < last ? [[to + 1, last] as const] : [])],
  );
}
