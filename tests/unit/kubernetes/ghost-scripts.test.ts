import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import { until } from "../../e2e/support/until";

const scripts = path.join(__dirname, "..", "..", "..", "components/ghost/scripts");
/** What the container has, where this machine has it: its `cat`, `tail`, `stat` and `wget` are not those of the distribution. */
const busybox = spawnSync("busybox", ["true"]).status === 0;

describe("the log forwarder's script", function () {
  // It looks once a second.
  this.timeout(30_000);
  let directory: string;
  let log: string;
  let forwarder: ChildProcess | undefined;
  let printed: string;

  const lines = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => `{"line":${from + index}}\n`).join("");
  const start = (environment: Record<string, string> = {}) => {
    const script = path.join(scripts, "forward-logs.sh");
    const child = spawn(busybox ? "busybox" : "sh", busybox ? ["sh", script] : [script], {
      env: { PATH: process.env["PATH"], LOG_FILE: log, BATCH_FILE: path.join(directory, "batch"), ...environment },
      stdio: ["ignore", "pipe", "ignore"],
      detached: true,
    });
    child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
    forwarder = child;
    return child;
  };
  const prints = (expected: string) =>
    until("the lines to be printed", 15, () => Promise.resolve(printed === expected));
  const stopped = (child: ChildProcess) => {
    const ended = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGTERM");
    return ended;
  };

  beforeEach(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), "ghost-platform-logs-"));
    log = path.join(directory, "access.log");
    printed = "";
  });
  afterEach(() => {
    // Its whole group, as the end of PID 1 ends a container.
    if (forwarder?.pid && forwarder.exitCode === null) {
      process.kill(-forwarder.pid, "SIGKILL");
    }
    fs.rmSync(directory, { recursive: true, force: true });
  });

  it("G3 waits for the file, then prints each line once", async () => {
    start();
    fs.writeFileSync(log, lines(1, 3));
    await prints(lines(1, 3));
    fs.appendFileSync(log, lines(4, 5));
    await prints(lines(1, 5));
  });

  it("G3 loses and repeats nothing when the file is turned over, not even what is written at the last moment", async () => {
    fs.writeFileSync(log, lines(1, 3));
    start();
    await prints(lines(1, 3));
    fs.appendFileSync(log, lines(4, 5));
    fs.renameSync(log, `${log}.0`);
    fs.writeFileSync(log, lines(7, 8));
    fs.appendFileSync(`${log}.0`, lines(6, 6));
    await prints(lines(1, 8));
    fs.appendFileSync(log, lines(9, 9));
    await prints(lines(1, 9));
  });

  it("G3 prints what is left when it is stopped, and ends at once", async () => {
    fs.writeFileSync(log, lines(1, 1));
    const child = start();
    await prints(lines(1, 1));
    fs.appendFileSync(log, lines(2, 4));
    await stopped(child);
    expect(printed).to.equal(lines(1, 4));
    expect(child.exitCode).to.equal(0);
  });

  it("G3 started again it repeats the last lines, not the whole file", async () => {
    fs.writeFileSync(log, lines(1, 50));
    start({ REPLAY: "10" });
    await prints(lines(41, 50));
  });

  it("G3 posts the lines to an address, again until it takes them, and prints them meanwhile", async () => {
    let refuse = true;
    let taken = "";
    const server = http.createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        taken += refuse ? "" : body;
        response.writeHead(refuse ? 503 : 204).end();
        refuse = false;
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      fs.writeFileSync(log, lines(1, 3));
      const child = start({ FORWARD_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/logs` });
      await prints(lines(1, 3));
      await until("the lines to arrive", 15, () => Promise.resolve(taken === lines(1, 3)));
      fs.appendFileSync(log, lines(4, 6));
      await stopped(child);
      expect(taken).to.equal(lines(1, 6));
    } finally {
      server.close();
    }
  });

  it("G3 ends in time when it is stopped while the address does not answer", async () => {
    fs.writeFileSync(log, lines(1, 3));
    const child = start({ FORWARD_URL: "http://127.0.0.1:1/" });
    await prints(lines(1, 3));
    await stopped(child);
    expect(child.exitCode).to.equal(0);
  });
});

describe("the script that announces start and stop", () => {
  let directory: string;
  const announce = (...args: string[]) =>
    spawnSync("sh", [path.join(scripts, "announce.sh"), ...args], {
      env: { PATH: process.env["PATH"], LOG_DIRECTORY: directory, TMPDIR: directory },
      encoding: "utf8",
    });

  beforeEach(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), "ghost-platform-hooks-"));
  });
  afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

  it("G4 G5 writes the message with the date", () => {
    expect(announce("starting").status).to.equal(0);
    expect(announce("stopping").status).to.equal(0);
    expect(fs.readFileSync(path.join(directory, "startup.log"), "utf8")).to.match(
      /^Ghost container starting at \w{3} .*\d{2}:\d{2}:\d{2}.*\n$/,
    );
    expect(fs.readFileSync(path.join(directory, "shutdown.log"), "utf8")).to.match(
      /^Ghost container stopping at .+\n$/,
    );
  });

  it("G4 a repeated call writes nothing", () => {
    announce("starting");
    const once = fs.readFileSync(path.join(directory, "startup.log"), "utf8");
    announce("starting");
    expect(fs.readFileSync(path.join(directory, "startup.log"), "utf8")).to.equal(once);
  });

  it("G4 G5 never fails: a full volume, none at all, a wrong word", () => {
    fs.symlinkSync("/dev/full", path.join(directory, "startup.log"));
    expect(announce("starting")).to.include({ status: 0, stderr: "" });
    expect(fs.existsSync(path.join(directory, "announced-starting")), "a line that was not written").to.equal(false);
    fs.rmSync(directory, { recursive: true });
    expect(announce("stopping")).to.include({ status: 0, stderr: "" });
    expect(announce("pausing").status).to.equal(0);
  });
});
