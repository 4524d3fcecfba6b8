import { randomUUID } from "node:crypto";
import fs from "node:fs";
import { parseMessage, type Message } from "./message";

/** What a message is made of, before it is parsed. */
export interface Delivery {
  /** Envelope sender; empty for bounces. */
  from: string;
  /** Envelope recipients. */
  to: string[];
  raw: Buffer;
}

/** One line of the file. What happened is appended and never rewritten in place, so that a kill at any moment loses no acknowledged mail. */
type Entry =
  | { add: { id: string; created: string; from: string; to: string[]; raw: string } }
  | { remove: string[] }
  | { read: boolean; ids: string[] };

const header = JSON.stringify({ format: "mailpit-standin", version: 1 });
/** Bytes of removed messages the file may hold before it is written anew. */
const garbageLimit = 16 * 1024 * 1024;

/** The messages, newest first, kept in memory and in a file of JSON lines. */
export class Mailbox {
  private messages: Message[] = [];
  private file: fs.promises.FileHandle | undefined;
  private fileSize = 0;
  /** Writes happen one after the other: each waits for this. */
  private lastWrite: Promise<unknown> = Promise.resolve();
  private removed = 0;

  private constructor(
    readonly path: string | undefined,
    private readonly maxMessages: number,
  ) {}

  /** Opens the mailbox of a file, which is made when it is not there. Rejects when it is somebody else's file. */
  static async open(path: string | undefined, maxMessages: number): Promise<Mailbox> {
    const mailbox = new Mailbox(path, maxMessages);
    if (path !== undefined) {
      await mailbox.load(path);
      await mailbox.rewrite(path);
    }
    return mailbox;
  }

  /** Newest first. */
  list(): readonly Message[] {
    return this.messages;
  }

  /** The message of an id, or the newest for the id `latest`. */
  find(id: string): Message | undefined {
    return id === "latest" ? this.messages[0] : this.messages.find((message) => message.id === id);
  }

  /** Messages removed since the start. */
  get removedCount(): number {
    return this.removed;
  }

  /** Bytes of the file; 0 without one. */
  get size(): number {
    return this.fileSize;
  }

  /** Resolves when the message is on disk: only then may its sender hear that it was accepted. */
  async add(delivery: Delivery): Promise<Message> {
    const entry = {
      id: randomUUID().replaceAll("-", ""),
      created: new Date().toISOString(),
      from: delivery.from,
      to: delivery.to,
    };
    const message = await parseMessage({ ...entry, raw: delivery.raw });
    await this.append({ add: { ...entry, raw: delivery.raw.toString("base64") } });
    this.messages.unshift(message);
    if (this.maxMessages > 0 && this.messages.length > this.maxMessages) {
      await this.remove(this.messages.slice(this.maxMessages).map(({ id }) => id));
    }
    return message;
  }

  async remove(ids: readonly string[]): Promise<void> {
    const gone = new Set(ids.filter((id) => this.find(id)));
    if (gone.size === 0) {
      return;
    }
    await this.append({ remove: [...gone] });
    this.messages = this.messages.filter(({ id }) => !gone.has(id));
    this.removed += gone.size;
    const kept = this.messages.reduce((sum, message) => sum + message.raw.length * (4 / 3), 0);
    if (this.path !== undefined && this.fileSize - kept > garbageLimit) {
      await this.rewrite(this.path);
    }
  }

  async markRead(ids: readonly string[], read: boolean): Promise<void> {
    const changed = this.messages.filter((message) => ids.includes(message.id) && message.read !== read);
    if (changed.length > 0) {
      await this.append({ read, ids: changed.map(({ id }) => id) });
      changed.forEach((message) => (message.read = read));
    }
  }

  /** Resolves when everything is on disk and the file is closed. */
  async close(): Promise<void> {
    await this.lastWrite;
    await this.file?.close();
    this.file = undefined;
  }

  private async load(path: string): Promise<void> {
    const text = fs.existsSync(path) ? fs.readFileSync(path, "utf8") : "";
    if (text === "") {
      return;
    }
    const [first, ...lines] = text.split("\n");
    if (first !== header) {
      throw new Error(
        `${path} was not written by this stand-in (a database of Mailpit itself?): give it a file of its own`,
      );
    }
    // After the last line break stands nothing, or what a kill cut off: its sender never heard that it was accepted.
    lines.pop();
    const byId = new Map<string, Message>();
    for (const line of lines) {
      const entry = JSON.parse(line) as Entry;
      if ("add" in entry) {
        const raw = Buffer.from(entry.add.raw, "base64");
        byId.set(entry.add.id, await parseMessage({ ...entry.add, raw }));
      } else if ("remove" in entry) {
        entry.remove.forEach((id) => byId.delete(id));
      } else {
        for (const id of entry.ids) {
          const message = byId.get(id);
          if (message) {
            message.read = entry.read;
          }
        }
      }
    }
    this.messages = [...byId.values()].reverse();
  }

  /** Writes the file anew with what is left, beside it first: it is whole at any moment. */
  private rewrite(path: string): Promise<void> {
    return this.afterLastWrite(async () => {
      await this.file?.close();
      const fresh = await fs.promises.open(`${path}.new`, "w", 0o600);
      await fresh.write(`${header}\n`);
      for (const message of [...this.messages].reverse()) {
        const { created, from, id, to } = message.envelope;
        await fresh.write(line({ add: { id, created, from, to, raw: message.raw.toString("base64") } }));
        if (message.read) {
          await fresh.write(line({ read: true, ids: [id] }));
        }
      }
      await fresh.sync();
      await fs.promises.rename(`${path}.new`, path);
      this.file = fresh;
      this.fileSize = (await fresh.stat()).size;
    });
  }

  private append(entry: Entry): Promise<void> {
    return this.afterLastWrite(async () => {
      if (this.file) {
        const text = line(entry);
        await this.file.write(text);
        await this.file.datasync();
        this.fileSize += Buffer.byteLength(text);
      }
    });
  }

  private afterLastWrite(write: () => Promise<void>): Promise<void> {
    const done = this.lastWrite.then(write);
    // A write that failed is reported to who asked for it, and does not stop the next.
    this.lastWrite = done.catch(() => undefined);
    return done;
  }
}

function line(entry: Entry): string {
  return `${JSON.stringify(entry)}\n`;
}
