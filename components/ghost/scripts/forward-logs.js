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
 * was turned over twice, it misses what stood between. Each line arrives at least once, but with syslog, which nobody acknowledges: what
 * is under way when a connection breaks is lost. After a restart of this container the last REPLAY lines are repeated.
 *
 * Runs in Ghost's image: busybox has no program that speaks UDP.
 */
const dgram = require("node:dgram");
const fs = require("node:fs");
const http = require("node:http");
const https = require("node:https");
const net = require("node:net");
const os = require("node:os");

/** Bytes that are sent at once, so that the memory stays small however late a destination is. */
const batchBytes = 256 * 1024;
const answerSeconds = 10;
const longestPause = 60;

/** @typedef {(lines: string[]) => Promise<void>} Send takes the lines, or rejects: then they are given again */

/** Lines that a destination refuses for good. */
class Refused extends Error {}

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
const replay = Number(process.env["REPLAY"] ?? 1000);

const stopping = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"]) {
  process.on(signal, () => stopping.abort());
}
/** @param {number} seconds ends at once when the container is stopped */
function pause(seconds) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    stopping.signal.addEventListener("abort", () => (clearTimeout(timer), resolve(undefined)), { once: true });
    if (stopping.signal.aborted) {
      resolve(undefined);
    }
  });
}

/** The lines of a file that grows, and of the one that takes its place. */
class Reader {
  handle = -1;
  position = 0;
  rest = Buffer.alloc(0);

  async open() {
    while (!fs.existsSync(file) && !stopping.signal.aborted) {
      await pause(1);
    }
    if (fs.existsSync(file)) {
      this.handle = fs.openSync(file, "r");
      this.position = startOf(this.handle, replay);
    }
    return this.handle >= 0;
  }

  /** Complete lines, as many as fit into a batch; none where there is nothing new. */
  lines() {
    const chunk = Buffer.alloc(batchBytes);
    const length = fs.readSync(this.handle, chunk, 0, batchBytes, this.position);
    this.position += length;
    const text = Buffer.concat([this.rest, chunk.subarray(0, length)]);
    const end = text.lastIndexOf(0x0a) + 1;
    this.rest = text.subarray(end);
    return text.subarray(0, end).toString("utf8").split("\n").slice(0, -1);
  }

  /** Whether another file has taken the place of the open one. */
  wasReplaced() {
    try {
      return fs.statSync(file).ino !== fs.fstatSync(this.handle).ino;
    } catch {
      return false;
    }
  }

  reopen() {
    const next = fs.openSync(file, "r");
    fs.closeSync(this.handle);
    Object.assign(this, { handle: next, position: 0, rest: Buffer.alloc(0) });
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

/** Gives a sink what is in the file, what is new in it each second, and the rest when it is stopped. @param {Send} sink */
async function follow(sink) {
  const reader = new Reader();
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
    for (let lines = reader.lines(); lines.length > 0; lines = reader.lines()) {
      await sink(lines);
    }
    if (replaced) {
      reader.reopen();
    } else if (last) {
      return;
    } else {
      await pause(1);
    }
  }
}

/** Tries as often as it takes, and once more when the container is stopped. @param {Send} send @returns {Send} */
function insisting(send) {
  let gaveUp = false;
  return async (lines) => {
    for (let delay = 1; !gaveUp; delay = Math.min(longestPause, delay * 2)) {
      const last = stopping.signal.aborted;
      try {
        await send(lines);
        return;
      } catch (error) {
        const { message, code } = /** @type {NodeJS.ErrnoException} */ (error);
        const what = `${lines.length} lines (${code ?? message})`;
        if (error instanceof Refused) {
          say(`${address.href} refuses ${what}, and will not be asked again for those`);
          return;
        }
        if (last) {
          say(`stopped with what ${address.href} has not taken: ${what} and all that came after`);
          gaveUp = true;
          return;
        }
        say(`${address.href} does not take ${what}; next try in ${delay} s`);
        await pause(delay);
      }
    }
  };
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
      request.on("response", (response) => {
        response.resume();
        const status = response.statusCode ?? 0;
        if (status >= 200 && status < 300) {
          resolve();
        } else {
          // What is wrong with these lines does not pass; what is wrong with the destination may.
          reject(new ([400, 413, 422].includes(status) ? Refused : Error)(`status ${status}`));
        }
      });
      request.on("timeout", () => request.destroy(new Error(`no answer within ${answerSeconds} s`)));
      request.on("error", reject);
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

/** @returns {Send} */
function syslogOverTcp() {
  /** @type {net.Socket | undefined} */
  let socket;
  const connected = () =>
    new Promise((resolve, reject) => {
      const fresh = net.connect({ host: address.hostname, port: Number(address.port || 514) });
      const timer = setTimeout(
        () => fresh.destroy(new Error(`no answer within ${answerSeconds} s`)),
        answerSeconds * 1000,
      );
      fresh.once("connect", () => (clearTimeout(timer), resolve(fresh)));
      fresh.once("close", () => (clearTimeout(timer), (socket = socket === fresh ? undefined : socket)));
      // It says nothing; what it sends is thrown away, so that its end is noticed.
      fresh.resume().on("error", reject);
    });
  return async (lines) => {
    const current = (socket ??= await connected());
    const frames = lines.map(syslogMessage).flatMap((message) => [Buffer.from(`${message.length} `), message]);
    await new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => current.destroy(new Error(`slower than ${answerSeconds} s`)),
        answerSeconds * 1000,
      );
      const broken = () => reject(new Error("the connection was closed"));
      current.once("close", broken);
      current.write(Buffer.concat(frames), (error) => {
        clearTimeout(timer);
        current.off("close", broken);
        error ? reject(error) : resolve(undefined);
      });
    });
  };
}

/** @returns {Send} */
function syslogOverUdp() {
  // More does not fit into a datagram.
  const longest = 65_000;
  return async (lines) => {
    const socket = dgram.createSocket(net.isIPv6(address.hostname) ? "udp6" : "udp4");
    try {
      for (const line of lines) {
        const message = syslogMessage(line).subarray(0, longest);
        await new Promise((resolve, reject) => {
          socket.send(message, Number(address.port || 514), address.hostname, (error) =>
            error ? reject(error) : resolve(undefined),
          );
        });
      }
    } finally {
      socket.close();
    }
  };
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

/** @type {Send} */
const print = (lines) =>
  new Promise((resolve) => process.stdout.write(lines.map((line) => `${line}\n`).join(""), () => resolve()));

Promise.all([follow(print), follow(insisting(destination()))]).then(
  () => process.exit(0),
  (error) => {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exit(1);
  },
);
