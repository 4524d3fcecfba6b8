import { createPrivateKey, randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { idOf } from "../format/form";
import { seal } from "../format/seal";
import { opened, signed, signerFrom, type Signer } from "../format/signature";
import { Cutter, type Cut } from "./cutter";
import { followed, sessionSql, type Connection } from "./dump-stream";
import { GtidSet } from "../format/gtid";
import { sealedEnd, statementEnd, writtenStatement, type Statement } from "../format/statement";

/** What is archived, and for whom. */
export interface ArchivePlan {
  stack: string;
  /** Whom it is sealed for: `age1…`. */
  recipient: string;
}

/** Where the containers that archive find each other's work. */
export interface ArchiveFiles {
  /** See `ArchivePlan`; JSON. */
  plan: string;
  signingKey: string;
  /** Folder of what waits to be sent. */
  outbox: string;
  /** The newest statement that was made here. */
  last: string;
  /** The newest that the store had when this began; empty where it had none. */
  found: string;
  /** The piece that is collected, as it comes: unsealed. */
  open: string;
  /** Changes its time whenever all was archived that the server had, but for the last moment. */
  heard: string;
  /** Changes its time whenever the store has taken what there was to send. */
  sent: string;
}

/** In containers; their scripts know these places, too. @param work the folder that they share */
export function archiveFiles(work: string): ArchiveFiles {
  return {
    plan: "/etc/ghost-platform/backup/archive.json",
    signingKey: "/run/secrets/backup/signing-key",
    outbox: `${work}/outbox`,
    last: `${work}/last.signed`,
    found: `${work}/found.signed`,
    open: `${work}/open`,
    heard: `${work}/heard`,
    sent: `${work}/sent`,
  };
}

/** When a piece is cut, and how much may wait to be sent. */
export interface Limits {
  /** Seconds after which what has come is a piece. */
  cut: number;
  /** Seconds after which it is said that there was nothing. */
  quiet: number;
  /** Bytes of a piece. */
  piece: number;
  /** Bytes that wait to be sent, above which nothing more is read from the server. */
  outbox: number;
  /** Seconds until the server is asked again that did not answer. */
  retry: number;
}

export const usualLimits: Limits = { cut: 30, quiet: 300, piece: 32 * 2 ** 20, outbox: 2 ** 30, retry: 5 };

/** Microseconds by which what is archived may be older than what the server has. */
const mostBehind = 60e6;

/**
 * Archives what a server commits, for as long as this runs: it follows the server's binary log, cuts it into pieces, seals and signs them, and puts them
 * where another container takes them from. After a failure it goes on where the last piece ended.
 */
export class Archive {
  private readonly plan: ArchivePlan;
  private readonly signer: Signer;
  /** Tells the pieces of two writers apart. */
  private readonly run = randomBytes(4).toString("hex");
  private sequence = 0;
  /** All transactions up to the end of the last piece; undefined where there is none. */
  private through: GtidSet | undefined;
  /** When something was put into the outbox last, in milliseconds. */
  private keptAt = Date.now();
  private said = "";

  /**
   * @param connect logs in to the server that takes writes
   * @throws Error where what is needed is not there
   */
  constructor(
    private readonly files: ArchiveFiles,
    private readonly connect: () => Promise<Connection>,
    private readonly limits: Limits = usualLimits,
    private readonly say: (line: string) => void = console.log,
  ) {
    this.plan = JSON.parse(fs.readFileSync(files.plan, "utf8")) as ArchivePlan;
    this.signer = signerFrom(createPrivateKey(fs.readFileSync(files.signingKey)));
    fs.mkdirSync(files.outbox, { recursive: true });
    const names = fs.readdirSync(files.outbox);
    const waiting = names.filter((name) => name.endsWith(statementEnd));
    for (const name of names.filter((one) => one.endsWith(sealedEnd))) {
      // A program that was killed in between has sealed it, and not said so.
      if (!waiting.includes(name.replace(sealedEnd, statementEnd))) {
        fs.rmSync(path.join(files.outbox, name), { force: true });
      }
    }
    for (const file of [files.found, files.last, ...waiting.map((name) => path.join(files.outbox, name))]) {
      this.goOnAfter(file);
    }
  }

  /** @param signal ends it */
  async keep(signal?: AbortSignal): Promise<void> {
    while (!signal?.aborted) {
      try {
        await this.follow(signal);
      } catch (error) {
        this.sayOnce(`not archiving: ${error instanceof Error ? error.message : String(error)}`);
        await pause(this.limits.retry, signal);
      }
    }
  }

  /** Takes up a statement, where it is ours and newer than what is known. */
  private goOnAfter(file: string): void {
    if (!fs.existsSync(file) || fs.statSync(file).size === 0) {
      return;
    }
    const note = opened(fs.readFileSync(file, "utf8"), this.signer);
    if (note?.trust !== "proven") {
      // Of another key, or damaged: its transactions cannot be taken for archived.
      this.say(`${file} is not signed with this stack's key, so it is not gone on from there`);
      return;
    }
    const { after, holds, sequence, stack } = JSON.parse(note.text) as Statement;
    if (stack === this.plan.stack && sequence > this.sequence) {
      this.sequence = sequence;
      this.through = GtidSet.parse(after).plus(GtidSet.parse(holds));
    }
  }

  private async follow(signal: AbortSignal | undefined): Promise<void> {
    const connection = await this.connect();
    const abort = () => connection.destroy();
    signal?.addEventListener("abort", abort);
    let cutter: Cutter | undefined;
    try {
      const { executed, purged } = await stateOf(connection);
      for (const sql of sessionSql) {
        await asked(connection, sql);
      }
      const known = startOf(this.through, executed, purged);
      if (this.through && !this.through.includes(purged)) {
        this.say(
          `HOLE: the server does not have transactions ${purged.minus(this.through).toString()} any more, which are not archived. The next full backup begins anew`,
        );
      }
      cutter = new Cutter(this.files.open, known);
      this.sayOnce(`archiving what comes after ${known.toString() || "the beginning"}`);
      // Soon for the first time: who starts a stack waits until all of it is ready.
      const soon = Math.min(2, this.limits.cut);
      let checked = Date.now() - (this.limits.cut - soon) * 1000;
      // There is an event a second at least.
      for await (const event of followed(connection, known)) {
        if (signal?.aborted) {
          return;
        }
        cutter.add(event);
        const isDue = Date.now() - checked >= this.limits.cut * 1000 || cutter.size > this.limits.piece;
        if (isDue && cutter.canCut) {
          await this.check(cutter, signal);
          checked = Date.now();
        }
      }
    } finally {
      signal?.removeEventListener("abort", abort);
      cutter?.close();
      connection.destroy();
      // It is asked for again.
      fs.rmSync(this.files.open, { force: true });
    }
  }

  /** Makes a piece of what has come; where nothing has for a while, a statement that there was nothing. */
  private async check(cutter: Cutter, signal: AbortSignal | undefined): Promise<void> {
    const { executed, now } = await this.stateNow();
    // What it had committed is here: until then all is known. Otherwise until the last that came.
    const isAll = cutter.through.includes(executed);
    const isQuiet = Date.now() - this.keptAt >= this.limits.quiet * 1000;
    let until = isAll ? now : 0;
    if (cutter.size > 0 || (isAll && isQuiet)) {
      const cut = cutter.cut();
      until ||= cut.latest ?? 0;
      await this.keepPiece({ ...cut, until }, signal);
      this.keptAt = Date.now();
    }
    // Of a server that writes all the time, there is always something more.
    if (now - until < mostBehind) {
      touch(this.files.heard);
    }
  }

  /** What the server has committed by now, over a connection of its own: the other one is taken. */
  private async stateNow(): Promise<Pick<ServerState, "executed" | "now">> {
    const connection = await this.connect();
    try {
      return await stateOf(connection);
    } finally {
      connection.destroy();
    }
  }

  private async keepPiece(
    { after, earliest, file, holds, latest, until }: Cut & { until: number },
    signal: AbortSignal | undefined,
  ): Promise<void> {
    await this.roomInOutbox(signal);
    const { last, outbox } = this.files;
    const sequence = this.sequence + 1;
    const id = `${idOf(new Date(), sequence)}-${this.run}`;
    const name = path.join(outbox, id);
    fs.rmSync(`${name}${sealedEnd}`, { force: true });
    const sealed =
      file === undefined ? undefined : await seal(fs.createReadStream(file), `${name}${sealedEnd}`, this.plan);
    const statement: Statement = {
      stack: this.plan.stack,
      id,
      sequence,
      after: after.toString(),
      holds: holds.toString(),
      ...(earliest === undefined || latest === undefined ? {} : { earliest, latest }),
      until,
      ...(sealed ? { sealed } : {}),
    };
    const text = signed(writtenStatement(statement), this.signer);
    for (const place of [`${name}${statementEnd}`, last]) {
      // Who sends looks at whole names alone.
      fs.writeFileSync(`${place}.new`, text, { flush: true });
      fs.renameSync(`${place}.new`, place);
    }
    this.sequence = sequence;
    this.through = after.plus(holds);
    if (file !== undefined) {
      fs.rmSync(file, { force: true });
      this.say(`${id}: ${holds.size} transactions, ${sealed?.bytes ?? 0} bytes`);
    }
  }

  /** Waits until the outbox is below its bound. The server keeps what is not read yet. */
  private async roomInOutbox(signal: AbortSignal | undefined): Promise<void> {
    for (let waited = 0; sizeOf(this.files.outbox) > this.limits.outbox; waited += 1) {
      if (waited % 12 === 0) {
        this.say(
          `FULL: ${sizeOf(this.files.outbox)} bytes wait to be sent, so nothing more is read from the server. Look at what sends: the store does not take them`,
        );
      }
      await pause(this.limits.retry, signal);
      signal?.throwIfAborted();
    }
  }

  private sayOnce(line: string): void {
    if (line !== this.said) {
      this.said = line;
      this.say(line);
    }
  }
}

/**
 * Which transactions are taken for archived, of a server's own.
 *
 * @param through those of the last piece; the server may be another than then, and may lack some that are lost or belong to a history before a restore
 * @param purged those that the server has committed and cannot send any more
 */
export function startOf(through: GtidSet | undefined, executed: GtidSet, purged: GtidSet): GtidSet {
  return purged.plus((through ?? GtidSet.empty).and(executed));
}

interface ServerState {
  /** What it has committed, and what of that it cannot send any more. */
  executed: GtidSet;
  purged: GtidSet;
  /** Its time, in microseconds since 1970. */
  now: number;
}

async function stateOf(connection: Connection): Promise<ServerState> {
  const rows = (await asked(
    connection,
    "SELECT @@global.gtid_executed AS executed, @@global.gtid_purged AS purged, CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS CHAR) AS now",
  )) as { executed: string; purged: string; now: string }[];
  const [row] = rows;
  if (!row) {
    throw new Error("the server does not say which transactions it has");
  }
  return { executed: GtidSet.parse(row.executed), purged: GtidSet.parse(row.purged), now: Math.round(Number(row.now)) };
}

function asked(connection: Connection, sql: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    connection.query(sql, (error, rows) => (error ? reject(error) : resolve(rows)));
  });
}

function touch(file: string): void {
  try {
    const now = new Date();
    fs.utimesSync(file, now, now);
  } catch {
    fs.writeFileSync(file, "");
  }
}

function sizeOf(folder: string): number {
  return fs.readdirSync(folder).reduce((sum, name) => {
    // Who sends takes them away meanwhile.
    const size = fs.statSync(path.join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
    return sum + size;
  }, 0);
}

function pause(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
