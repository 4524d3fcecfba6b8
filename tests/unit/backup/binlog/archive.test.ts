import { EventEmitter } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { Archive, type ArchiveFiles, type Limits } from "../../../../backup/binlog/archive";
import type { Connection } from "../../../../backup/binlog/dump-stream";
import { GtidSet } from "../../../../backup/format/gtid";
import { transactionsIn } from "../../../../backup/binlog/relay";
import { readSegments, sealedFile } from "../../../../backup/binlog/stored";
import { FolderArchive } from "../../../../backup/store/archive";
import { writerText, type BackupKey } from "../../../../backup/format/key";
import { unseal } from "../../../../backup/format/seal";
import { temporaryDirectory } from "../../../support/temporary-directory";
import { newKey } from "../made-backup";
import { description, heartbeat, transaction } from "./log";

const server = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
const at = (second: number) => Date.parse("2026-11-28T14:00:00Z") * 1000 + second * 1e6;

interface Command {
  execute(answer: object | undefined, connection: Connection): boolean;
  onResult(error: Error): void;
}

/** A server, as mysql2 shows it: it is asked for its transactions, and sends events. */
class FakeServer extends EventEmitter implements Connection {
  readonly asked: Buffer[] = [];
  private command: Command | undefined;

  constructor(
    private readonly executed: string,
    private readonly purged: string,
    private readonly events: readonly (Buffer | Error)[],
  ) {
    super();
  }

  /** Whether somebody follows its log. */
  get isFollowed(): boolean {
    return this.command !== undefined;
  }

  /** Another connection to it. */
  another(): FakeServer {
    return new FakeServer(this.executed, this.purged, []);
  }

  query(sql: string, done: (error: Error | null, rows: unknown) => void): void {
    const now = String(at(1000));
    done(null, sql.startsWith("SELECT") ? [{ executed: this.executed, purged: this.purged, now }] : []);
  }

  addCommand(command: object): void {
    this.command = command as Command;
    this.command.execute(undefined, this);
    setImmediate(() => this.events.forEach((event) => this.send(event)));
  }

  private send(event: Buffer | Error): void {
    const isError = event instanceof Error;
    const buffer = Buffer.concat([Buffer.alloc(5), isError ? Buffer.alloc(0) : event]);
    const packet = {
      buffer,
      start: 0,
      end: buffer.length,
      isEOF: () => false,
      isError: () => isError,
      asError: () => event,
    };
    this.command?.execute(packet, this);
  }

  writePacket(packet: { buffer: Buffer }): void {
    this.asked.push(packet.buffer);
  }
  destroy(): void {
    const { command } = this;
    this.command = undefined;
    command?.onResult(new Error("closed"));
  }
  pause(): void {
    // Nothing comes by itself.
  }
  resume(): void {
    // As above.
  }
  _resetSequenceId(): void {
    // It counts nothing.
  }
}

describe("B4 the program that archives", () => {
  let place: string;
  let key: BackupKey;
  let files: ArchiveFiles;
  let said: string[];
  const limits: Limits = { cut: 0, quiet: 3600, piece: 1, outbox: 2 ** 30, retry: 0.01 };

  beforeEach(async () => {
    place = temporaryDirectory();
    said = [];
    key = await newKey(place);
    const in_ = (name: string) => path.join(place, name);
    files = {
      ...{ plan: in_("plan.json"), signingKey: in_("signing-key"), outbox: in_("binlog"), last: in_("last.signed") },
      ...{ found: in_("found.signed"), open: in_("open"), heard: in_("heard"), sent: in_("sent") },
    };
    fs.writeFileSync(files.plan, JSON.stringify({ stack: "dev", recipient: key.recipient }));
    fs.writeFileSync(files.signingKey, writerText("dev", key));
  });

  /** Lets it run until so many segments wait to be sent. */
  async function archived(servers: FakeServer[], count: number, own: Partial<Limits> = {}) {
    const end = new AbortController();
    const left = [...servers];
    let current: FakeServer | undefined;
    const archive = new Archive(
      files,
      () => {
        if (current?.isFollowed) {
          return Promise.resolve(current.another());
        }
        current = left.shift();
        return current ? Promise.resolve(current) : Promise.reject(new Error("nobody answers"));
      },
      { ...limits, ...own },
      (line) => said.push(line),
    );
    const running = archive.keep(end.signal);
    const read = () => readSegments(new FolderArchive(place), "dev", key);
    while ((await read()).segments.length < count) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    end.abort();
    await running;
    return read();
  }
  const three = [1, 2, 3].flatMap((number) => transaction(server, number, at(number)));
  const known = ({ asked }: FakeServer) => asked.map((packet) => packet.subarray(27).toString("hex"));

  it("seals and signs what comes, so that the key proves and opens it", async () => {
    const source = new FakeServer("", "", [description(), ...three]);
    const { notProven, segments } = await archived([source], 3);
    expect(notProven).to.deep.equal([]);
    expect(
      segments.map(({ after, holds, sequence }) => `${sequence} ${after.toString()} ${holds.toString()}`),
    ).to.deep.equal([`1  ${server}:1`, `2 ${server}:1 ${server}:2`, `3 ${server}:1-2 ${server}:3`]);
    const [first] = segments;
    const file = sealedFile(new FolderArchive(place), first as NonNullable<typeof first>);
    const logged = await transactionsIn(
      await unseal(file, first?.sealed as NonNullable<typeof first>["sealed"] & object, key),
      file,
    );
    expect(logged.map(({ gtid }) => gtid.number)).to.deep.equal([1]);
    expect(fs.existsSync(files.open), "what was not sealed").to.equal(false);
  });

  it("goes on after the last piece when it is started anew, in another pod, and after a failure", async () => {
    await archived([new FakeServer("", "", [description(), ...three.slice(0, 2)])], 1);
    // The outbox was sent, and the next pod has what the store had.
    fs.renameSync(files.last, files.found);
    fs.rmSync(files.outbox, { recursive: true });
    const executed = `${server}:1-3`;
    const breaking = new FakeServer(executed, "", [description(), ...three.slice(2, 3), new Error("gone")]);
    const back = new FakeServer(executed, "", [description(), ...three.slice(2)]);
    const { segments } = await archived([breaking, back], 2);
    expect(segments.map(({ holds, sequence }) => `${sequence} ${holds.toString()}`)).to.deep.equal([
      `2 ${server}:2`,
      `3 ${server}:3`,
    ]);
    const first = GtidSet.parse(`${server}:1`).toBytes().toString("hex");
    expect([known(breaking), known(back)]).to.deep.equal([[first], [first]]);
    expect(said.join("\n")).to.contain("not archiving: gone");
  });

  it("removes what a killed run has sealed and not signed", async () => {
    fs.mkdirSync(files.outbox);
    const half = path.join(files.outbox, "20261128T140000Z-1-0123abcd.binlog.gz.age");
    fs.writeFileSync(half, "half");
    await archived([new FakeServer("", "", [description(), ...three])], 3);
    expect(fs.existsSync(half)).to.equal(false);
  });

  it("does not go on from a statement that this stack's key has not signed", async () => {
    await archived([new FakeServer("", "", [description(), ...three])], 3);
    fs.renameSync(files.last, files.found);
    fs.rmSync(files.outbox, { recursive: true });
    const other = await newKey(place, "other.txt");
    fs.writeFileSync(files.signingKey, writerText("dev", other));
    key = other;
    const source = new FakeServer(`${server}:1-3`, "", [description(), ...three]);
    await archived([source], 3);
    expect(known(source)).to.deep.equal([GtidSet.empty.toBytes().toString("hex")]);
    expect(said.join("\n")).to.contain("is not signed with this stack's key");
  });

  it("tells of transactions that the server has thrown away, and goes on behind them", async () => {
    await archived([new FakeServer("", "", [description(), ...three.slice(0, 2)])], 1);
    const later = transaction(server, 9, at(9));
    const { segments } = await archived(
      [new FakeServer(`${server}:1-9`, `${server}:1-8`, [description(), ...later])],
      2,
    );
    expect(said.join("\n")).to.contain(`HOLE: the server does not have transactions ${server}:2-8 any more`);
    expect(segments.at(-1)?.after.toString()).to.equal(`${server}:1-8`);
  });

  it("says that there was nothing, where there was nothing", async () => {
    const { segments } = await archived([new FakeServer("", "", [description(), heartbeat, heartbeat])], 1, {
      quiet: -1,
    });
    expect([segments[0]?.sealed, segments[0]?.holds.isEmpty]).to.deep.equal([undefined, true]);
    expect(segments[0]?.until).to.equal(at(1000));
    expect(fs.existsSync(files.heard), "that all is archived").to.equal(true);
  });

  it("does not say that it knows all while the server has more than it has sent", async () => {
    const executed = `${server}:1-3`;
    const { segments } = await archived(
      [new FakeServer(executed, "", [description(), ...three.slice(0, 2), heartbeat])],
      1,
    );
    expect(segments.every(({ until }) => until <= at(2))).to.equal(true);
    expect(fs.existsSync(files.heard), "that all is archived").to.equal(false);
  });

  it("reads no more from the server while too much waits to be sent, and says so", async () => {
    const source = new FakeServer("", "", [description(), ...three]);
    const full = archived([source], 2, { outbox: 100 });
    while (!said.some((line) => line.startsWith("FULL"))) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const waiting = fs.readdirSync(files.outbox);
    expect(waiting.length).to.equal(2);
    // As who sends does it, in the end.
    const sent = path.join(place, "sent");
    fs.mkdirSync(sent);
    waiting.forEach((name) => fs.renameSync(path.join(files.outbox, name), path.join(sent, name)));
    while (fs.readdirSync(files.outbox).length < 2) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    waiting.forEach((name) => fs.renameSync(path.join(sent, name), path.join(files.outbox, name)));
    expect((await full).segments.length).to.equal(2);
  });
});
