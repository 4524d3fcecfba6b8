import * as fs from "node:fs";
import * as path from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { expect } from "chai";
import { startOf } from "../../../../backup/binlog/archive";
import { Cutter } from "../../../../backup/binlog/cutter";
import { GtidSet, gtidText } from "../../../../backup/format/gtid";
import { relayLog, transactionsIn } from "../../../../backup/binlog/relay";
import { rejection } from "../../../support/rejection";
import { temporaryDirectory } from "../../../support/temporary-directory";
import { description, fileOf, heartbeat, transaction } from "./log";

const server = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
const set = (text: string) => GtidSet.parse(text);
const at = (second: number) => Date.parse("2026-11-28T14:00:00Z") * 1000 + second * 1e6;

describe("B4 pieces of a binary log", () => {
  let file: string;
  let cutter: Cutter;
  const take = (...events: readonly Buffer[]) => events.forEach((event) => cutter.add(event));

  beforeEach(() => {
    file = path.join(temporaryDirectory(), "open");
    cutter = new Cutter(file, set(`${server}:1-4`));
  });

  it("begin and end with a transaction, and say which they hold and when those were", async () => {
    const [begins = heartbeat, goesOn = heartbeat] = transaction(server, 6, at(2));
    take(description(), ...transaction(server, 5, at(1)), begins);
    expect(cutter.canCut).to.equal(false);
    take(goesOn);
    expect(cutter.canCut).to.equal(true);
    const cut = cutter.cut();
    expect([cut.after.toString(), cut.holds.toString()]).to.deep.equal([`${server}:1-4`, `${server}:5-6`]);
    expect([cut.earliest, cut.latest]).to.deep.equal([at(1), at(2)]);
    const logged = await transactionsIn(fs.createReadStream(file), "the piece");
    expect(logged.map(({ committed, gtid }) => `${gtidText(gtid)} ${committed}`)).to.deep.equal([
      `${server}:5 ${at(1)}`,
      `${server}:6 ${at(2)}`,
    ]);
    // The next begins where this one ended, and can be read by itself.
    take(...transaction(server, 7, at(3)));
    expect(cutter.cut().after.toString()).to.equal(`${server}:1-6`);
    expect((await transactionsIn(fs.createReadStream(file), "the next")).length).to.equal(1);
  });

  it("hold nothing of what a server says that has nothing to send", () => {
    take(description(), heartbeat);
    const cut = cutter.cut();
    expect([cut.file, cut.holds.isEmpty, cut.latest]).to.deep.equal([undefined, true, undefined]);
  });

  it("take the time of the server that committed first", () => {
    take(description(), ...transaction(server, 5, at(50), "rows", at(1)));
    expect(cutter.cut().latest).to.equal(at(1));
  });

  it("are thrown away where half a transaction came, or more than one", () => {
    const [begins = heartbeat] = transaction(server, 5, at(1));
    take(description(), begins);
    expect(() => take(...transaction(server, 6, at(2)))).to.throw(`bytes of transaction ${server}:5 were due`);
    cutter = new Cutter(file, GtidSet.empty);
    take(description(), begins);
    expect(() => take(Buffer.concat([heartbeat, Buffer.alloc(4000)]).fill(30, 4, 5))).to.throw(
      "is longer than it says",
    );
  });

  it("are refused with a transaction that has a tag, or no name", () => {
    take(description());
    const tagged = Buffer.from(transaction(server, 5, at(1))[0] ?? []);
    tagged.writeUInt8(42, 4);
    expect(() => cutter.add(tagged)).to.throw("tagged GTID");
    tagged.writeUInt8(34, 4);
    expect(() => cutter.add(tagged)).to.throw("without a GTID");
  });

  it("become one log of the wanted transactions, each once and in their order", async () => {
    const first = [description(), ...transaction(server, 5, at(1)), ...transaction(server, 6, at(2))];
    const second = [description("9.8.0"), ...transaction(server, 6, at(2)), ...transaction(server, 7, at(3))];
    const parts = [first, second].map((events) => ({ open: () => Promise.resolve(fileOf(events)), where: "a piece" }));
    const log = await buffer(relayLog(parts, set(`${server}:6-7`)));
    // Behind the first description, that nothing was before it: a server wants to know.
    const previous = log.subarray(4 + description().length, 4 + description().length + 31);
    expect([previous[4], previous.readUInt32LE(9)]).to.deep.equal([35, 31]);
    const rest = Buffer.concat([
      log.subarray(0, 4 + description().length),
      log.subarray(4 + description().length + 31),
    ]);
    const logged = await transactionsIn(Readable.from([rest]), "the log");
    expect(logged.map(({ gtid }) => gtid.number)).to.deep.equal([6, 7]);
    const lacking = await rejection(buffer(relayLog(parts, set(`${server}:6-9`))));
    expect(lacking.message).to.contain(`do not hold ${server}:8-9`);
  });

  it("that are cut off, or hold something else, are none", async () => {
    const events = [description(), ...transaction(server, 5, at(1))];
    const whole = await buffer(fileOf(events));
    for (const length of [whole.length - 1, whole.length - 10, 20]) {
      const half = transactionsIn(Readable.from([whole.subarray(0, length)]), "the piece");
      expect((await rejection(half)).message, String(length)).to.contain("the piece ends in the middle");
    }
    const strange = transactionsIn(fileOf([...events, heartbeat]), "the piece");
    expect((await rejection(strange)).message).to.contain("belongs to no transaction");
    expect((await rejection(transactionsIn(Readable.from([Buffer.from("SELECT 1;\n")]), "it"))).message).to.contain(
      "no binary log",
    );
  });
});

describe("B4 where an archive goes on", () => {
  it("is after the last piece, of a new server after what it has of it, and of a restored one at its beginning", () => {
    const through = set(`${server}:1-20`);
    expect(startOf(through, set(`${server}:1-25`), set(`${server}:1-3`)).toString()).to.equal(`${server}:1-20`);
    expect(startOf(through, set(`${server}:1-18`), GtidSet.empty).toString()).to.equal(`${server}:1-18`);
    const restored = "2c5510a3-ec19-11f1-9baf-02fc00000001";
    expect(startOf(through, set(`${restored}:1-5`), GtidSet.empty).toString()).to.equal("");
    // What it cannot send any more, a full backup has to bring.
    expect(startOf(through, set(`${server}:1-50`), set(`${server}:1-40`)).toString()).to.equal(`${server}:1-40`);
    expect(startOf(undefined, set(`${server}:1-50`), set(`${server}:1-40`)).toString()).to.equal(`${server}:1-40`);
  });
});
