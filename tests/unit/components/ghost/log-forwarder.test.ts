import { spawn, type ChildProcess } from "node:child_process";
import * as dgram from "node:dgram";
import * as fs from "node:fs";
import * as http from "node:http";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import { until } from "../../../e2e/support/until";

const fastClock = path.join(__dirname, "..", "..", "..", "support", "fast-clock.cjs");
const script = path.join(__dirname, "..", "..", "..", "..", "components/ghost/scripts/forward-logs.js");

describe("the log forwarder's program for destinations", function () {
  // It looks once a second, of which ten pass in one of ours.
  this.timeout(30_000);
  let directory: string;
  let log: string;
  let printed: string;
  let said: string;
  let child: ChildProcess;
  let close: () => void;

  const lines = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => line(from + index)).join("");
  const line = (number: number) => `{"line":${number},"level":30,"time":"2026-11-21T16:44:36.261Z"}\n`;
  const start = (url: string, environment: Record<string, string> = {}) => {
    child = spawn(process.execPath, ["--require", fastClock, script], {
      env: { LOG_FILE: log, FORWARD_URL: url, STATE_DIRECTORY: directory, FAST_CLOCK: "10", ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout?.on("data", (chunk: Buffer) => (printed += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  };
  const holds = (what: string, condition: () => boolean) => until(what, 15, () => Promise.resolve(condition()));
  const stopped = async () => {
    const ended = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGTERM");
    await ended;
    return child.exitCode;
  };
  const killed = async () => {
    const ended = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGKILL");
    await ended;
  };
  const portOf = (server: net.Server) => (server.address() as net.AddressInfo).port;
  /** A collector that answers as it is told, in the end always well. */
  const collector = async (...statuses: number[]) => answering(() => statuses.shift() ?? 204);
  /** A collector that answers as the body tells; not at all without a status. */
  const answering = async (statusOf: (body: string) => number | undefined, onPort = 0) => {
    const requests: { url: string; body: string; status: number | undefined }[] = [];
    const server = http.createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        const status = statusOf(body);
        requests.push({ url: request.url ?? "", body, status });
        if (status !== undefined) {
          response.writeHead(status).end();
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(onPort, "127.0.0.1", resolve));
    close = () => (server.closeAllConnections(), server.close());
    const taken = () =>
      requests
        .filter(({ status }) => status === 204)
        .map(({ body }) => body)
        .join("");
    return { requests, taken, port: portOf(server) };
  };

  beforeEach(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), "ghost-platform-logs-"));
    log = path.join(directory, "access.log");
    [printed, said, close] = ["", "", () => undefined];
  });
  afterEach(() => {
    child.kill("SIGKILL");
    close();
    fs.rmSync(directory, { recursive: true, force: true });
  });

  it("G3 posts the lines to an address, again until it takes them, and prints them meanwhile", async () => {
    const { port, taken } = await collector(503);
    start(`http://127.0.0.1:${port}/logs`);
    fs.writeFileSync(log, lines(1, 3));
    await holds("the lines to be printed", () => printed === lines(1, 3));
    await holds("the lines to arrive", () => taken() === lines(1, 3));
    expect(said).to.contain("does not take 3 lines (status 503); next try in 1 s");
    fs.renameSync(log, `${log}.0`);
    fs.writeFileSync(log, lines(5, 5));
    fs.appendFileSync(`${log}.0`, lines(4, 4));
    await holds("both files to arrive", () => taken() === lines(1, 5));
    fs.appendFileSync(log, lines(6, 9));
    expect(await stopped()).to.equal(0);
    expect([printed, taken()]).to.deep.equal([lines(1, 9), lines(1, 9)]);
  });

  it("G3 leaves out what is refused for good, and goes on", async () => {
    const { port, taken } = await collector(400);
    fs.writeFileSync(log, lines(1, 50));
    start(`http://127.0.0.1:${port}/`, { REPLAY: "2" });
    await holds("the refusal", () => said.includes("refuses 2 lines (status 400)"));
    fs.appendFileSync(log, lines(51, 51));
    await holds("the next line", () => taken() === lines(51, 51));
    expect(printed).to.equal(lines(49, 51));
  });

  it("G3 pushes to Loki, each line with its own time and the stream's labels", async () => {
    const { port, requests } = await collector();
    fs.writeFileSync(log, `${line(1)}not JSON "at" all\n`);
    start(`loki+http://127.0.0.1:${port}`, { LABELS: '{"app":"ghost"}' });
    await holds("a push", () => requests.length === 1);
    expect(requests[0]?.url).to.equal("/loki/api/v1/push");
    const { streams } = JSON.parse(requests[0]?.body ?? "") as {
      streams: { stream: object; values: [string, string][] }[];
    };
    expect(streams).to.have.length(1);
    expect(streams[0]?.stream).to.deep.equal({ app: "ghost" });
    expect(streams[0]?.values[0]).to.deep.equal([`${Date.parse("2026-11-21T16:44:36.261Z")}000000`, line(1).trim()]);
    expect(streams[0]?.values[1]?.[0]).to.match(/^\d{19}$/);
    expect(streams[0]?.values[1]?.[1]).to.equal('not JSON "at" all');
  });

  it("G3 sends syslog over TCP, framed by length, and connects again", async () => {
    let received = "";
    const sockets: net.Socket[] = [];
    const server = net.createServer((socket) => {
      sockets.push(socket);
      socket.on("data", (chunk: Buffer) => (received += chunk.toString()));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    close = () => (sockets.forEach((socket) => socket.destroy()), server.close());
    fs.writeFileSync(log, lines(1, 1));
    start(`syslog+tcp://127.0.0.1:${portOf(server)}`);
    const message = `<134>1 2026-11-21T16:44:36.261Z ${os.hostname()} ghost - access - ${line(1).trim()}`;
    await holds("a message", () => received === `${message.length} ${message}`);
    // Closed by both ends: what is sent before the other one knows is lost.
    await new Promise((resolve) => sockets[0]?.once("close", resolve).end());
    fs.appendFileSync(log, `{"level":50,"err":"ü"}\n`);
    await holds("another", () => received.includes("<131>1 - "));
    expect(
      received.endsWith(
        `${Buffer.byteLength(`<131>1 - ${os.hostname()} ghost - access - {"level":50,"err":"ü"}`)} <131>1 - ${os.hostname()} ghost - access - {"level":50,"err":"ü"}`,
      ),
    ).to.equal(true);
    expect(sockets).to.have.length(2);
  });

  it("G3 sends syslog over UDP, a datagram a line", async () => {
    const received: string[] = [];
    const socket = dgram.createSocket("udp4").on("message", (message) => received.push(message.toString()));
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    close = () => socket.close();
    fs.writeFileSync(log, lines(1, 2));
    start(`syslog+udp://127.0.0.1:${socket.address().port}`);
    await holds("both", () => received.length === 2);
    expect(received[1]).to.match(/^<134>1 2026-11-21T16:44:36.261Z \S+ ghost - access - \{"line":2,/);
  });

  it("G3 ends in time when it is stopped while the address does not answer", async () => {
    fs.writeFileSync(log, lines(1, 3));
    start("syslog+tcp://127.0.0.1:1");
    await holds("the lines to be printed", () => printed === lines(1, 3));
    await holds("a try", () => said.includes("ECONNREFUSED"));
    fs.appendFileSync(log, lines(4, 4));
    expect(await stopped()).to.equal(0);
    expect(printed).to.equal(lines(1, 4));
    expect(said).to.contain("stopped with what syslog+tcp://127.0.0.1:1 has not taken: 3 lines");
  });

  it("G3 grows by nothing in hours: no listener is left of a pause, and each line arrives once, whatever the collector does", async () => {
    // Away, then without an answer, then in trouble, then well; time and again.
    const states = ["silent", 503, 204, 204, 204] as const;
    let asked = 0;
    const turn = () => {
      const state = states[asked++ % states.length];
      return state === "silent" ? undefined : state;
    };
    const { port, taken } = await answering(turn);
    fs.writeFileSync(log, "");
    start(`http://127.0.0.1:${port}/`, { FAST_CLOCK: "500" });
    const batches = 12;
    for (let batch = 0; batch < batches; batch += 1) {
      const [from, to] = [batch * 100 + 1, batch * 100 + 100];
      if (batch % 4 === 3) {
        fs.renameSync(log, `${log}.0`);
        fs.writeFileSync(log, "");
      }
      fs.appendFileSync(log, lines(from, to));
      await holds(`lines ${from} to ${to}`, () => taken().endsWith(line(to)));
    }
    expect(taken()).to.equal(lines(1, batches * 100));
    await holds("the same to be printed", () => printed === taken());
    expect(await stopped()).to.equal(0);
    const [, pauses, listeners] = /clock: (\d+) pauses, (\d+) listeners/.exec(said) ?? [];
    expect(Number(pauses)).to.be.above(200);
    // Of the two that read the file, and a try that waits.
    expect(Number(listeners)).to.be.below(4);
    expect(said).to.not.contain("Warning");
  });

  it("G3 goes on where it was when it is started again, in a file that was turned over meanwhile, too", async () => {
    const { port, taken } = await collector();
    fs.writeFileSync(log, lines(1, 5));
    start(`http://127.0.0.1:${port}/`);
    await holds("the lines", () => taken() === lines(1, 5) && printed === lines(1, 5));
    await holds("both notes", () =>
      ["printed", "sent"].every((name) => fs.existsSync(path.join(directory, `${name}.json`))),
    );
    await killed();
    fs.appendFileSync(log, lines(6, 7));
    fs.renameSync(log, `${log}.0`);
    fs.writeFileSync(log, lines(8, 9));
    start(`http://127.0.0.1:${port}/`);
    await holds("the rest", () => taken().endsWith(line(9)) && printed.endsWith(line(9)));
    expect([taken(), printed]).to.deep.equal([lines(1, 9), lines(1, 9)]);
  });

  it("G3 reads a file from its beginning that was emptied in its place", async () => {
    const { port, taken } = await collector();
    fs.writeFileSync(log, lines(1, 5));
    start(`http://127.0.0.1:${port}/`);
    await holds("the lines", () => taken() === lines(1, 5));
    fs.truncateSync(log);
    fs.appendFileSync(log, lines(6, 6));
    await holds("the new one", () => taken() === lines(1, 6));
  });

  it("G3 cuts a line without an end, says so, and takes the next", async () => {
    const { port, taken } = await collector();
    fs.writeFileSync(log, `${"x".repeat(3_000_000)}\n${line(2)}`);
    start(`http://127.0.0.1:${port}/`);
    await holds("the next line", () => taken().endsWith(`\n${line(2)}`));
    expect(taken()).to.equal(`${"x".repeat(256 * 1024)}\n${line(2)}`);
    expect(said).to.contain("a line is longer than 262144 bytes");
  });

  it("G3 gives a collector that takes less at once what it takes", async () => {
    const { port, taken, requests } = await answering((body) => (body.length > 1000 ? 413 : 204));
    fs.writeFileSync(log, `${lines(1, 40)}${"x".repeat(2000)}\n${lines(41, 41)}`);
    start(`http://127.0.0.1:${port}/`);
    await holds("the lines", () => taken().endsWith(line(41)));
    expect(taken()).to.equal(lines(1, 41));
    expect(requests.length).to.be.above(2);
    expect(said).to.contain("refuses 1 lines (status 413)");
  });

  it("G3 sends no message of syslog again that was taken before the connection broke", async () => {
    const texts: string[] = [];
    const sockets: net.Socket[] = [];
    const server = net.createServer((socket) => {
      const connection = texts.push("") - 1;
      socket.on("error", () => undefined);
      socket.on("data", (chunk: Buffer) => (texts[connection] = `${texts[connection] ?? ""}${chunk.toString()}`));
      // The first hangs, and reads what has reached it once the second is there.
      if (sockets.push(socket) === 1) {
        socket.pause();
      } else {
        sockets[0]?.resume();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    close = () => (sockets.forEach((socket) => socket.destroy()), server.close());
    const count = 8000;
    const long = `,"pad":"${"x".repeat(2000)}"}\n`;
    fs.writeFileSync(log, Array.from({ length: count }, (_, index) => `{"line":${index + 1}${long}`).join(""));
    start(`syslog+tcp://127.0.0.1:${portOf(server)}`, { REPLAY: String(count) });
    await holds("the last", () => texts.at(-1)?.includes(`"line":${count},`) === true);
    expect(sockets.length).to.be.above(1);
    expect(said).to.contain("slower than 10 s");
    const whole = texts.flatMap((text) =>
      [...text.matchAll(/"line":(\d+),"pad":"x{2000}"/g)].map(([, number]) => number),
    );
    expect(whole.length).to.be.above(100);
    expect(new Set(whole).size).to.equal(whole.length);
  });
});
