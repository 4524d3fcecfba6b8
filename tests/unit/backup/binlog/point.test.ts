import * as fs from "node:fs";
import * as path from "node:path";
import { buffer } from "node:stream/consumers";
import { Readable } from "node:stream";
import { expect } from "chai";
import { timeText } from "../../../../backup/binlog/chain";
import { findPoint, pointWords, replayOn } from "../../../../backup/binlog/point";
import { readSegments } from "../../../../backup/binlog/stored";
import { FolderArchive } from "../../../../backup/store/archive";
import { sealedEnd, statementEnd, writtenStatement, type Statement } from "../../../../backup/format/statement";
import type { Work } from "../../../../backup/contents/container";
import type { BackupKey } from "../../../../backup/format/key";
import { seal } from "../../../../backup/format/seal";
import { signed, type Signer } from "../../../../backup/format/signature";
import type { Backup } from "../../../../backup/store/stack-folder";
import { rejection } from "../../../support/rejection";
import { temporaryDirectory } from "../../../support/temporary-directory";
import { newKey } from "../made-backup";
import { transactionsIn } from "../../../../backup/binlog/relay";
import { description, fileOf, transaction } from "./log";

const server = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
const at = (second: number) => Date.parse("2026-11-28T14:00:00Z") * 1000 + second * 1e6;

describe("B4 a point in time, from what lies in a store", () => {
  let folder: string;
  let key: BackupKey;
  let archive: FolderArchive;
  const backups = [
    {
      id: "20261128T140005Z-2",
      createdAt: "2026-11-28T14:00:05Z",
      proven: true,
      parts: [{ kind: "mysql", gtids: `${server}:1-5` }],
    },
    {
      id: "20261128T140000Z-1",
      createdAt: "2026-11-28T14:00:00Z",
      proven: true,
      parts: [{ kind: "mysql", gtids: `${server}:1` }],
    },
  ] as unknown as Backup[];

  beforeEach(async () => {
    folder = temporaryDirectory();
    key = await newKey(folder);
    archive = new FolderArchive(folder);
    fs.mkdirSync(archive.folder);
    await segment(1, [1, 2, 3]);
    await segment(2, [4, 5, 6]);
    await segment(3, [7, 8]);
  });

  /** One with a transaction a second. */
  async function segment(
    sequence: number,
    numbers: number[],
    changes: Partial<Statement> = {},
    signer: Signer = key.writer,
  ) {
    const id = `20261128T14000${sequence}Z-${sequence}-0123abcd`;
    const [first = 0] = numbers;
    const last = numbers.at(-1) ?? 0;
    const file = path.join(archive.folder, `${id}${sealedEnd}`);
    fs.rmSync(file, { force: true });
    const events = numbers.flatMap((number) => transaction(server, number, at(number)));
    const statement: Statement = {
      ...{ stack: "dev", id, sequence, until: at(last), earliest: at(first), latest: at(last) },
      after: first === 1 ? "" : `${server}:1-${first - 1}`,
      holds: `${server}:${first}-${last}`,
      sealed: await seal(fileOf([description(), ...events]), file, key),
      ...changes,
    };
    fs.writeFileSync(path.join(archive.folder, `${id}${statementEnd}`), signed(writtenStatement(statement), signer));
    return { id, statement: path.join(archive.folder, `${id}${statementEnd}`), file };
  }
  const found = (second: number) => findPoint(archive, { backups, key, stack: "dev" }, { moment: at(second) });
  const refused = async (second = 8) => (await rejection(found(second))).message;

  it("is the newest backup before it, and what is lacking until then; the last and the next are named", async () => {
    const point = await found(7);
    expect([point.backup.id, point.wants.toString(), point.later]).to.deep.equal([
      "20261128T140005Z-2",
      `${server}:1-6`,
      2,
    ]);
    const words = pointWords(point).join("\n");
    expect(words).to.contain(
      `then 1 transactions of 1 segments; the last is ${server}:6, committed ${timeText(at(6))}`,
    );
    expect(words).to.contain(`the next, which is left out, is ${server}:7, committed ${timeText(at(7))}`);
    expect(words).to.contain("lost are 2 transactions that are archived");
    expect((await found(4)).backup.id).to.equal("20261128T140000Z-1");
  });

  it("is replayed in a server's container, by those transactions and no other", async () => {
    const works: Work[] = [];
    let log = Buffer.alloc(0);
    const point = await found(5);
    await replayOn(
      async (work) => {
        works.push(work);
        log = await buffer(work.data as Readable);
      },
      point,
      key,
    );
    expect(works[0]?.variables).to.deep.equal({ has: `${server}:1`, wants: `${server}:1-4` });
    const rest = Buffer.concat([
      log.subarray(0, 4 + description().length),
      log.subarray(4 + description().length + 31),
    ]);
    const logged = await transactionsIn(Readable.from([rest]), "the log");
    expect(logged.map(({ gtid }) => gtid.number)).to.deep.equal([2, 3, 4]);
    // Where the dump has all there is nothing to do.
    await replayOn(() => Promise.reject(new Error("not called")), { ...point, has: point.wants }, key);
  });

  it("goes by no statement that was changed, copied, or signed by anybody else", async () => {
    const { id, statement } = await segment(2, [4, 5, 6]);
    const text = fs.readFileSync(statement, "utf8");
    const why = async () => (await readSegments(archive, "dev", key)).notProven.map((one) => one.why).join("\n");
    fs.writeFileSync(statement, text.replace(`${server}:4-6`, `${server}:4-7`));
    expect(await why()).to.contain("has changed since");
    expect(await refused()).to.contain(`it lacks ${server}:6`);
    const forger = await newKey(folder, "forger.txt");
    await segment(2, [4, 5, 6], {}, forger.writer);
    expect(await why()).to.contain("is not signed by what belongs to the key");
    await segment(2, [4, 5, 6], { stack: "prod" });
    expect(await why()).to.contain(`is that of segment ${id} of stack prod`);
    await segment(2, [4, 5, 6], { id: id.replace("-2-", "-9-") });
    expect(await why()).to.contain("it was copied or renamed");
    await segment(2, [4, 5, 6], { holds: `${server}:tag:4-6` });
    expect(await why()).to.contain("says what no archive of this program says");
    fs.writeFileSync(statement, text.slice(0, 80));
    expect(await why()).to.contain("cut off");
    await segment(2, [4, 5, 6]);
    expect(await why()).to.equal("");
  });

  it("goes by no segment whose file is gone, exchanged, or holds something else than was said", async () => {
    const { file } = await segment(3, [7, 8]);
    const whole = fs.readFileSync(file);
    fs.writeFileSync(file, Buffer.concat([whole.subarray(0, -1), Buffer.from([1])]));
    expect(await refused()).to.contain("has changed since it was written");
    await segment(3, [7, 8], { holds: `${server}:7-9` });
    expect(await refused()).to.contain("holds other transactions than its statement says");
    fs.rmSync(file);
    expect(await refused(7.5)).to.contain("does not reach");
  });

  it("is refused in a hole with the last point before it, and no backup is put together with what it cannot have", async () => {
    const { statement } = await segment(2, [4, 5, 6]);
    fs.rmSync(statement);
    expect(await refused()).to.contain(
      `it lacks ${server}:6. The last point before it that can be reached: --until "${timeText(at(3))}"`,
    );
    expect(await refused(5)).to.contain("the archive has a hole there");
    expect((await found(3)).wants.toString()).to.equal(`${server}:1-2`);
  });
});
