// @ts-check
"use strict";
/*
 * Prints LOG_FILE as it grows, across its rotation, and sends the same lines to FORWARD_URL, until it is stopped.
 *
 *   http://HOST:PORT/PATH       JSON lines in the body of a POST request
 *   loki+http://HOST:PORT       Loki's push API, with the labels LABELS (JSON)
 *   syslog+tcp://HOST:PORT      RFC 5424, a message a line, framed by its length (RFC 6587)
 *   syslog+udp://HOST:PORT      RFC 5424, a datagram a line
 *
 * Also https and loki+https. Printing and sending read the file each for themselves: a destination that is away, slow or broken is asked
 * again at growing intervals, while the log file keeps what it has not taken, and nothing else waits for it. Away for so long that the file
 * was turned over twice, it misses what stood between. How far each has come is noted in STATE_DIRECTORY, which outlives this container: started again, it
 * goes on there, in the file that was turned over meanwhile too. Without a note it begins with the last REPLAY lines.
 *
 * Each line arrives once, but for a destination that takes lines and does not say so in time: it gets them again. Syslog acknowledges nothing: what
 * is under way when a connection breaks is lost.
 *
 * Runs in Ghost's image: busybox has no program that speaks UDP.
 */
const dgram = require("node:dgram");
const fs = require("node:fs");
const http = require("node:http");
const https = require("node:https");
const net = require("node:net");
const os = require("node:os");
const path = require("node:path");
const timers = require("node:timers/promises");

/** Bytes that are read and sent at once, so that the memory stays small however late a destination is; a line has no more, either. */
const batchBytes = 256 * 1024;
const answerSeconds = 10;
const longestPause = 60;

/** @typedef {(lines: string[]) => Promise<void>} Send takes the lines, or rejects: then they are given again, but for those that `Untaken` counts */

/** Lines that a destination refuses for good. */
class Refused extends Error {
  /** @param {number} status */
  constructor(status) {
    super(`status ${status}`);
    this.status = status;
  }
}

/** A destination that has taken the first lines, and then no more. */
class Untaken extends Error {
  /** @param {number} taken @param {unknown} cause */
  constructor(taken, cause) {
    super(words(cause), { cause });
    this.taken = taken;
  }
}

/** @param {unknown} error */
function words(error) {
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
  return code ?? message;
}

/** @param {string} name */
function setting(name) {
  const value = process.env[name];
  if (!value) {
    say(`${name} is not set: this container was not made by the program it belongs to`);
    process.exit(2);
  }
  return value;
}
/** @param {string} message */
function say(message) {
  process.stderr.write(`log-forwarder: ${message}\n`);
}

const file = setting("LOG_FILE");
const address = new URL(setting("FORWARD_URL"));
const stateDirectory = setting("STATE_DIRECTORY");
const replay = Number(process.env["REPLAY"] ?? 1000);

const stopping = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"]) {
  process.on(signal, () => stopping.abort());
}
/** @param {number} seconds ends at once when the container is stopped */
function pause(seconds) {
  return timers.setTimeout(seconds * 1000, undefined, { signal: stopping.signal }).catch(() => undefined);
}

/** @param {string} name @returns {string | undefined} the number of a file's place on the disk, which stays when it is renamed; undefined where there is none */
function placeOf(name) {
  return fs.statSync(name, { bigint: true, throwIfNoEntry: false })?.ino.toString();
}

/** The lines of a file that grows, and of the one that takes its place. */
class Reader {
  handle = -1;
  /** Where to read on. */
  position = 0;
  /** A line that has no end yet. */
  rest = Buffer.alloc(0);
  /** Whether the line that comes was given already, as far as it may go. */
  cut = false;
  chunk = Buffer.alloc(batchBytes);

  /** @param {string} name of what reads, for its note */
  constructor(name) {
    this.note = path.join(stateDirectory, `${name}.json`);
  }

  /** Opens the file where the last one who read for this purpose has stopped. Whether there is a file. */
  async open() {
    while (!this.opened(file)) {
      if (stopping.signal.aborted) {
        return false;
      }
      await pause(1);
    }
    const noted = this.noted();
    if (noted === undefined) {
      this.position = startOf(this.handle, replay);
    } else if (noted.place === this.place()) {
      this.position = noted.position;
    } else {
      // It was turned over: what is left of the former one comes first.
      const former = fs
        .readdirSync(path.dirname(file))
        .map((name) => path.join(path.dirname(file), name))
        .find((name) => placeOf(name) === noted.place);
      if (former !== undefined && this.opened(former)) {
        this.position = noted.position;
      }
    }
    return true;
  }

  /** @param {string} name @returns whether it is there, and open from its beginning now */
  opened(name) {
    try {
      const next = fs.openSync(name, "r");
      if (this.handle >= 0) {
        fs.closeSync(this.handle);
      }
      Object.assign(this, { handle: next, position: 0, rest: Buffer.alloc(0), cut: false });
      return true;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT") {
        return false;
      }
      throw error;
    }
  }

  place() {
    return fs.fstatSync(this.handle, { bigint: true }).ino.toString();
  }

  /** @returns {{ place: string, position: number } | undefined} */
  noted() {
    try {
      const { place, position } = JSON.parse(fs.readFileSync(this.note, "utf8"));
      return typeof place === "string" && Number.isSafeInteger(position) && position >= 0
        ? { place, position }
        : undefined;
    } catch {
      return undefined;
    }
  }

  /** Notes that all lines given so far have arrived. */
  arrived() {
    const text = JSON.stringify({ place: this.place(), position: this.position - this.rest.length });
    // Renamed, so that a note is whole or the one before.
    fs.writeFileSync(`${this.note}.new`, text);
    fs.renameSync(`${this.note}.new`, this.note);
  }

  /** Complete lines, as many as fit into a batch, and whether there was anything new. */
  read() {
    if (fs.fstatSync(this.handle).size < this.position) {
      say(`${file} was emptied; reading it from its beginning`);
      Object.assign(this, { position: 0, rest: Buffer.alloc(0), cut: false });
    }
    const length = fs.readSync(this.handle, this.chunk, 0, batchBytes, this.position);
    this.position += length;
    let text = Buffer.concat([this.rest, this.chunk.subarray(0, length)]);
    if (this.cut) {
      const begin = text.indexOf(0x0a) + 1;
      this.cut = begin === 0;
      text = this.cut ? Buffer.alloc(0) : text.subarray(begin);
    }
    const end = text.lastIndexOf(0x0a) + 1;
    const lines = text.subarray(0, end).toString("utf8").split("\n").slice(0, -1);
    this.rest = text.subarray(end);
    if (this.rest.length > batchBytes) {
      say(`a line is longer than ${batchBytes} bytes: the rest of it is left out`);
      lines.push(this.rest.toString("utf8", 0, batchBytes));
      this.rest = Buffer.alloc(0);
      this.cut = true;
    }
    return { lines, more: length > 0 };
  }

  /** Whether another file has taken the place of the open one. */
  wasReplaced() {
    const present = placeOf(file);
    return present !== undefined && present !== this.place();
  }
}

/** Where the last lines of a file begin. @param {number} handle @param {number} count */
function startOf(handle, count) {
  const chunk = Buffer.alloc(64 * 1024);
  let newlines = 0;
  for (let end = fs.fstatSync(handle).size; end > 0;) {
    const begin = Math.max(0, end - chunk.length);
    const length = fs.readSync(handle, chunk, 0, end - begin, begin);
    for (let index = length - 1; index >= 0; index -= 1) {
      if (chunk[index] === 0x0a && ++newlines > count) {
        return begin + index + 1;
      }
    }
    end = begin;
  }
  return 0;
}

/**
 * Gives a sink what is in the file, what is new in it each second, and the rest when it is stopped.
 *
 * @param {string} name of what the sink does
 * @param {(lines: string[]) => Promise<boolean>} sink whether the lines have arrived
 */
async function follow(name, sink) {
  const reader = new Reader(name);
  if (!(await reader.open())) {
    return;
  }
  for (;;) {
    const last = stopping.signal.aborted;
    const replaced = reader.wasReplaced();
    if (replaced && !last) {
      // What the writer still held back for the old file is there a second later.
      await pause(1);
    }
    for (let { lines, more } = reader.read(); more; { lines, more } = reader.read()) {
      if (lines.length > 0 && !(await sink(lines))) {
        return;
      }
      reader.arrived();
    }
    if (replaced) {
      reader.opened(file);
    } else if (last) {
      return;
    } else {
      await pause(1);
    }
  }
}

/**
 * Tries as often as it takes, and once more when the container is stopped.
 *
 * @param {Send} send @returns {(lines: string[]) => Promise<boolean>} false where it was stopped with lines that have not arrived
 */
function insisting(send) {
  /** @param {string[]} lines */
  const deliver = async (lines) => {
    let left = lines;
    for (let delay = 1; ; delay = Math.min(longestPause, delay * 2)) {
      const last = stopping.signal.aborted;
      try {
        await send(left);
        return true;
      } catch (error) {
        if (error instanceof Refused) {
          return refused(left, error);
        }
        if (error instanceof Untaken && error.taken > 0) {
          left = left.slice(error.taken);
          delay = 1;
        }
        const what = `${left.length} lines (${words(error)})`;
        if (last) {
          say(`stopped with what ${address.href} has not taken: ${what} and all that came after`);
          return false;
        }
        say(`${address.href} does not take ${what}; next try in ${delay} s`);
        await pause(delay);
      }
    }
  };
  /** @param {string[]} lines @param {Refused} error @returns {Promise<boolean>} */
  const refused = async (lines, { message, status }) => {
    if (status === 413 && lines.length > 1) {
      const half = Math.ceil(lines.length / 2);
      return (await deliver(lines.slice(0, half))) && (await deliver(lines.slice(half)));
    }
    say(`${address.href} refuses ${lines.length} lines (${message}), and will not be asked again for those`);
    return true;
  };
  return deliver;
}

/** @param {string} path @param {string} type @param {(lines: string[]) => string} body @returns {Send} */
function posting(path, type, body) {
  const secure = address.protocol.endsWith("https:");
  return (lines) =>
    new Promise((resolve, reject) => {
      const content = Buffer.from(body(lines));
      const request = (secure ? https : http).request({
        method: "POST",
        host: address.hostname,
        port: address.port || (secure ? 443 : 80),
        path,
        headers: { "Content-Type": type, "Content-Length": content.length },
        timeout: answerSeconds * 1000,
      });
      // However busy the connection is: an answer that never ends would keep it for ever.
      const timer = setTimeout(() => request.destroy(new Error("took too long")), longestPause * 1000);
      request.on("response", (response) => {
        response.resume();
        const status = response.statusCode ?? 0;
        if (status >= 200 && status < 300) {
          resolve();
        } else {
          // What is wrong with these lines does not pass; what is wrong with the destination may.
          reject([400, 413, 422].includes(status) ? new Refused(status) : new Error(`status ${status}`));
        }
      });
      request.on("timeout", () => request.destroy(new Error(`no answer within ${answerSeconds} s`)));
      request.on("error", reject);
      request.on("close", () => clearTimeout(timer));
      request.end(content);
    });
}

/** What a line says of itself; Ghost writes JSON. @param {string} line @returns {{ time: Date | undefined, level: number }} */
function described(line) {
  try {
    const { level, time } = JSON.parse(line);
    const at = new Date(time);
    return { time: Number.isNaN(at.getTime()) ? undefined : at, level: Number(level) || 30 };
  } catch {
    return { time: undefined, level: 30 };
  }
}

/** @param {string[]} lines */
function lokiPush(lines) {
  const values = lines.map((line) => [`${(described(line).time ?? new Date()).getTime()}000000`, line]);
  return JSON.stringify({ streams: [{ stream: JSON.parse(process.env["LABELS"] ?? "{}"), values }] });
}

/** A message of RFC 5424 in facility local0. @param {string} line */
function syslogMessage(line) {
  const { level, time } = described(line);
  const severity = level >= 50 ? 3 : level >= 40 ? 4 : 6;
  const text = `<${16 * 8 + severity}>1 ${time?.toISOString() ?? "-"} ${os.hostname()} ghost - access - ${line}`;
  return Buffer.from(text);
}

/**
 * @template Connection
 * @param {() => Promise<Connection>} connection @param {(connection: Connection, message: Buffer) => Promise<void>} write
 * @returns {Send} counts the messages, so that after a trouble none is sent again
 */
function oneByOne(connection, write) {
  return async (lines) => {
    let taken = 0;
    try {
      const current = await connection();
      for (const line of lines) {
        await write(current, syslogMessage(line));
        taken += 1;
      }
    } catch (error) {
      throw new Untaken(taken, error);
    }
  };
}

/** @returns {Send} */
function syslogOverTcp() {
  /** @type {net.Socket | undefined} */
  let socket;
  /** @returns {Promise<net.Socket>} */
  const connect = () =>
    new Promise((resolve, reject) => {
      const fresh = net.connect({ host: address.hostname, port: Number(address.port || 514) });
      const timer = setTimeout(
        () => fresh.destroy(new Error(`no answer within ${answerSeconds} s`)),
        answerSeconds * 1000,
      );
      // A destination without power says nothing: it is asked whether it is there.
      fresh.setKeepAlive(true, answerSeconds * 1000);
      fresh.once("connect", () => (clearTimeout(timer), resolve(fresh)));
      fresh.once("close", () => (clearTimeout(timer), (socket = socket === fresh ? undefined : socket)));
      // It says nothing; what it sends is thrown away, so that its end is noticed.
      fresh.resume().on("error", reject);
    });
  return oneByOne(
    async () => (socket ??= await connect()),
    (current, message) =>
      new Promise((resolve, reject) => {
        const broken = () => settled(new Error("the connection was closed"));
        const timer = setTimeout(() => {
          settled(new Error(`slower than ${answerSeconds} s`));
          current.destroy();
        }, answerSeconds * 1000);
        /** @param {Error | null | undefined} error */
        const settled = (error) => {
          clearTimeout(timer);
          current.off("close", broken);
          error ? reject(error) : resolve();
        };
        current.once("close", broken);
        current.write(Buffer.concat([Buffer.from(`${message.length} `), message]), settled);
      }),
  );
}

/** @returns {Send} */
function syslogOverUdp() {
  // More does not fit into a datagram.
  const longest = 65_000;
  const socket = dgram.createSocket(net.isIPv6(address.hostname) ? "udp6" : "udp4");
  socket.on("error", (error) => say(`${address.href}: ${words(error)}`)).unref();
  return oneByOne(
    async () => socket,
    (current, message) =>
      new Promise((resolve, reject) => {
        current.send(message.subarray(0, longest), Number(address.port || 514), address.hostname, (error) =>
          error ? reject(error) : resolve(),
        );
      }),
  );
}

/** @returns {Send} */
function destination() {
  const path = `${address.pathname || "/"}${address.search}`;
  switch (address.protocol) {
    case "http:":
    case "https:":
      return posting(path, "application/x-ndjson", (lines) => lines.map((line) => `${line}\n`).join(""));
    case "loki+http:":
    case "loki+https:":
      return posting(path === "/" ? "/loki/api/v1/push" : path, "application/json", lokiPush);
    case "syslog+tcp:":
      return syslogOverTcp();
    case "syslog+udp:":
      return syslogOverUdp();
    default:
      say(`FORWARD_URL ${address.href} is of no kind that is known here`);
      process.exit(2);
  }
}

/** @param {string[]} lines @returns {Promise<boolean>} */
const print = (lines) =>
  new Promise((resolve) => process.stdout.write(lines.map((line) => `${line}\n`).join(""), () => resolve(true)));

Promise.all([follow("printed", print), follow("sent", insisting(destination()))]).then(
  () => process.exit(0),
  (error) => {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exit(1);
  },
);
