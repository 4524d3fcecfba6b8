import { expect } from "chai";
import {
  baseFor,
  inOrder,
  lastSegment,
  mustBeKnown,
  parseMoment,
  split,
  timeText,
  upTo,
  windows,
  type Base,
  type Logged,
} from "../../../../backup/binlog/chain";
import { GtidSet, parseGtid } from "../../../../backup/format/gtid";
import type { Segment } from "../../../../backup/binlog/read-statement";

const server = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
const other = "2c5510a3-ec19-11f1-9baf-02fc00000001";
/** Minute of an hour, in microseconds since 1970. */
const minute = (of: number) => Date.parse("2026-11-28T14:00:00Z") * 1000 + of * 60e6;
const set = (text: string) => GtidSet.parse(text);

/** One whose transactions were committed from one minute to another, and that is known until the latter. */
function segment(sequence: number, after: string, holds: string, from: number, to: number, uuid = server): Segment {
  const own = holds === "" ? GtidSet.empty : set(`${uuid}:${holds}`);
  return {
    stack: "dev",
    id: `20261128T140000Z-${sequence}-00000000`,
    sequence,
    after: after === "" ? GtidSet.empty : set(after.replaceAll("S:", `${server}:`)),
    holds: own,
    until: minute(to),
    ...(own.isEmpty ? {} : { earliest: minute(from), latest: minute(to) }),
  };
}
const base = (id: string, at: number, gtids: string): Base => ({
  id,
  createdAt: new Date(minute(at) / 1000).toISOString(),
  gtids: set(gtids.replaceAll("S:", `${server}:`)),
});
/** Transactions, a minute after the other. */
const logged = (numbers: readonly number[], from: number): Logged[] =>
  numbers.map((number, index) => ({ gtid: { uuid: server, number }, committed: minute(from + index) }));

describe("B4 the chain of an archive", () => {
  const segments = [
    segment(1, "S:1-10", "11-20", 1, 5),
    segment(2, "S:1-20", "", 0, 10),
    segment(3, "S:1-20", "21-23", 12, 14),
  ];
  const bases = [base("second", 13, "S:1-21"), base("first", 0, "S:1-12")];

  it("is in the order of its numbers, not of its names", () => {
    const [ninth, tenth] = [segment(9, "", "1", 0, 0), segment(10, "", "2", 0, 0)];
    expect(inOrder([tenth, ninth]).map(({ sequence }) => sequence)).to.deep.equal([9, 10]);
  });

  it("leads to a moment: the transactions before the first that was committed then or later", () => {
    const found = lastSegment(segments, { moment: minute(13) });
    expect(found.sequence).to.equal(3);
    const { next, own } = split(logged([21, 22, 23], 12), { moment: minute(13) });
    expect([own.length, next?.gtid.number]).to.deep.equal([1, 22]);
    const wants = upTo(found, own);
    expect(wants.toString()).to.equal(`${server}:1-21`);
    expect(baseFor(bases, segments, wants).id).to.equal("second");
  });

  it("begins with a backup that holds nothing which is later than the moment", () => {
    const wants = upTo(lastSegment(segments, { moment: minute(3) }), logged([11, 12, 13], 1).slice(0, 2));
    expect(baseFor(bases, segments, wants).id).to.equal("first");
    expect(() => baseFor(bases, segments, set(`${server}:1-11`))).to.throw("The oldest is first");
  });

  it("leads to the moment of a quiet time, and to the end, and not behind it", () => {
    const quiet = lastSegment(segments, { moment: minute(9) });
    expect(quiet.sequence).to.equal(3);
    expect(upTo(quiet, []).toString()).to.equal(`${server}:1-20`);
    expect(() => mustBeKnown(segments, quiet, minute(9))).to.not.throw();
    expect(lastSegment(segments, "latest").sequence).to.equal(3);
    expect(() => lastSegment(segments, { moment: minute(15) })).to.throw(
      `does not reach ${timeText(minute(15))}: it ends at ${timeText(minute(14))}`,
    );
    expect(() => lastSegment([], "latest")).to.throw("no archive of binary logs");
  });

  it("leads to just before a transaction", () => {
    const before = parseGtid(`${server}:22`);
    const { next, own } = split(logged([21, 22, 23], 12), { before });
    expect(upTo(lastSegment(segments, { before }), own).toString()).to.equal(`${server}:1-21`);
    expect(next?.gtid.number).to.equal(22);
    expect(() => lastSegment(segments, { before: parseGtid(`${other}:1`) })).to.throw("is not in the archive");
  });

  it("with a hole is refused, with what is lacking and the last point before it", () => {
    const holed = [segments[0], segment(3, "S:1-25", "26-30", 12, 14)] as Segment[];
    const wants = upTo(lastSegment(holed, "latest"), logged([26, 27, 28, 29, 30], 12));
    expect(() => baseFor([base("first", 0, "S:1-12")], holed, wants)).to.throw(
      `it lacks ${server}:21-25. The last point before it that can be reached: --until "${timeText(minute(5))}"`,
    );
    // A full backup behind it repairs the chain.
    expect(baseFor([base("later", 13, "S:1-26"), base("first", 0, "S:1-12")], holed, wants).id).to.equal("later");
  });

  it("says nothing of a moment inside of a hole, though later transactions are all there", () => {
    const holed = [segments[0], segment(3, "S:1-25", "26-30", 12, 14)] as Segment[];
    const end = lastSegment(holed, { moment: minute(8) });
    expect(() => mustBeKnown(holed, end, minute(8))).to.throw(
      `The last point before it: --until "${timeText(minute(5))}"`,
    );
    expect(() => mustBeKnown(segments, segments[0] as Segment, minute(0))).to.throw("the archive begins at");
  });

  it("goes on after a failover and after a restore, each with a server of another name", () => {
    const overtaken = [...segments, segment(4, `S:1-22,${other}:1-2`, "3-5", 16, 20, other)];
    // The new source has never had 23.
    const wants = upTo(overtaken[3] as Segment, []).plus(set(`${other}:3-5`));
    expect(wants.has(parseGtid(`${server}:23`))).to.equal(false);
    expect(() => baseFor(bases, overtaken, wants)).to.throw(`it lacks ${other}:1-2`);
    const restored = [...segments, segment(4, "", "1-5", 16, 20, other)];
    const fresh = [base("third", 17, `${other}:1-2`), ...bases];
    expect(baseFor(fresh, restored, set(`${other}:1-5`)).id).to.equal("third");
    expect(baseFor(fresh, restored, set(`${server}:1-22`)).id).to.equal("second");
  });

  it("tells from when to when, with its holes", () => {
    expect(windows(bases, segments)).to.deep.equal([{ from: minute(1), until: minute(14) }]);
    const holed = [...segments, segment(5, "S:1-30", "31-33", 20, 22)];
    const known = windows([base("third", 21, "S:1-32"), ...bases], holed);
    expect(known).to.deep.equal([
      { from: minute(1), until: minute(14) },
      { from: minute(21), until: minute(22), missing: `${server}:24-30` },
    ]);
    expect(windows([], segments)).to.deep.equal([]);
    // A restored server begins anew, and so does what can be reached: with its first backup.
    const restored = [
      ...segments,
      segment(4, "", "1-5", 16, 20, other),
      segment(5, `${other}:1-5`, "6", 22, 22, other),
    ];
    expect(windows([base("fresh", 18, `${other}:1-3`), ...bases], restored)).to.deep.equal([
      { from: minute(1), until: minute(14) },
      { from: minute(18), until: minute(22), missing: "" },
    ]);
  });

  it("takes a moment in UTC, and nothing that could be another", () => {
    expect(parseMoment("2026-11-28 14:05")).to.deep.equal({ moment: minute(5) });
    expect(parseMoment("2026-11-28T14:05:00.25Z")).to.deep.equal({ moment: minute(5) + 250_000 });
    expect(parseMoment("2026-11-28 14:05:00 UTC")).to.deep.equal({ moment: minute(5) });
    // What this program prints, it reads.
    expect(parseMoment(timeText(minute(5) + 1000))).to.deep.equal({ moment: minute(5) + 1000 });
    expect(parseMoment("latest")).to.equal("latest");
    for (const wrong of [
      "2026-11-28",
      "14:05",
      "2026-13-28 14:05",
      "2026-11-28 25:05",
      "2026-11-28 14:05+02:00",
      "28.11.2026 14:05",
      "2026-02-30 14:05",
    ]) {
      expect(parseMoment(wrong), wrong).to.equal(undefined);
    }
  });
});
