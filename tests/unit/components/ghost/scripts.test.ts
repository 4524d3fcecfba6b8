import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import { until } from "../../../e2e/support/until";

const scripts = path.join(__dirname, "..", "..", "..", "..", "components/ghost/scripts");
/** What the container has, where this machine has it: its `cat`, `tail`, `stat` and `wget` are not those of the distribution. */
const busybox = spawnSync("busybox", ["true"]).status === 0;

describe("the log forwarder's script", function () {
  // It looks once a second.
  this.timeout(30_000);
  let directory: string;
  let log: string;
  let state: string;
  let forwarder: ChildProcess | undefined;
  let printed: string;

  const lines = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => `{"line":${from + index}}\n`).join("");
  const start = (environment: Record<string, string> = {}) => {
    const script = path.join(scripts, "forward-logs.sh");
    const child = spawn(busybox ? "busybox" : "sh", busybox ? ["sh", script] : [script], {
      env: { PATH: process.env["PATH"], LOG_FILE: log, STATE_DIRECTORY: state, ...environment },
      stdio: ["ignore", "pipe", "ignore"],
      detached: true,
    });
    child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
    forwarder = child;
    return child;
  };
  const prints = (expected: string) =>
    until("the lines to be printed", 15, () => Promise.resolve(printed === expected));
  const ended = (child: ChildProcess, end: () => void) =>
    new Promise((resolve) => {
      child.once("close", resolve);
      end();
    });
  const stopped = (child: ChildProcess) => ended(child, () => child.kill("SIGTERM"));
  /** Its whole group, as the end of PID 1 ends a container. */
  const killed = (child: ChildProcess) => ended(child, () => process.kill(-(child.pid ?? 0), "SIGKILL"));
  const noted = (bytes: number) =>
    until("the note", 15, () =>
      Promise.resolve(fs.readFileSync(path.join(state, "printed"), "utf8").endsWith(` ${bytes}\n`)),
    );

  beforeEach(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), "ghost-platform-logs-"));
    log = path.join(directory, "access.log");
    state = path.join(directory, "state");
    fs.mkdirSync(state);
    printed = "";
  });
  afterEach(() => {
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

  it("G3 begins with the last lines, not the whole file, where it does not know how far it has come", async () => {
    fs.writeFileSync(log, lines(1, 50));
    fs.writeFileSync(path.join(state, "printed"), "damaged\n");
    start({ REPLAY: "10" });
    await prints(lines(41, 50));
  });

  it("G3 goes on where it was when it is started again, in a file that was turned over meanwhile, too", async () => {
    fs.writeFileSync(log, lines(1, 3));
    const first = start();
    await prints(lines(1, 3));
    await noted(lines(1, 3).length);
    await killed(first);
    fs.appendFileSync(log, lines(4, 5));
    const second = start();
    await prints(lines(1, 5));
    await stopped(second);
    fs.appendFileSync(log, lines(6, 7));
    fs.renameSync(log, `${log}.0`);
    fs.writeFileSync(log, lines(8, 9));
    start();
    await prints(lines(1, 9));
  });

  it("G3 stopped as the file is turned over, it prints what is in the new one, too", async () => {
    fs.writeFileSync(log, lines(1, 1));
    const child = start();
    await prints(lines(1, 1));
    fs.appendFileSync(log, lines(2, 2));
    fs.renameSync(log, `${log}.0`);
    fs.writeFileSync(log, lines(3, 3));
    await stopped(child);
    expect(printed).to.equal(lines(1, 3));
  });

  it("G3 reads a file from its beginning that was emptied in its place, while it runs and before it starts", async () => {
    fs.writeFileSync(log, lines(1, 5));
    const child = start();
    await prints(lines(1, 5));
    await noted(lines(1, 5).length);
    fs.writeFileSync(log, lines(6, 6));
    await prints(lines(1, 6));
    await stopped(child);
    fs.writeFileSync(log, "");
    fs.appendFileSync(log, lines(7, 7).slice(0, -2));
    start();
    await prints(`${lines(1, 6)}${lines(7, 7).slice(0, -2)}`);
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

describe("the script that lets one Ghost of a site run at a time", () => {
  let directory: string;
  const children: ChildProcess[] = [];
  const start = (program: string, environment: Record<string, string> = {}) => {
    const child = spawn(
      "sh",
      [path.join(scripts, "one-at-a-time.sh"), path.join(directory, "lock"), "sh", "-c", program],
      {
        env: { PATH: process.env["PATH"], ...environment },
        stdio: ["ignore", "pipe", "ignore"],
      },
    );
    children.push(child);
    const said = { text: "", status: undefined as number | null | undefined };
    child.stdout.on("data", (chunk: Buffer) => (said.text += chunk.toString()));
    child.on("close", (status) => (said.status = status));
    return { child, said };
  };
  const says = (said: { text: string }, text: string) =>
    until(`"${text}"`, 10, () => Promise.resolve(said.text.includes(text)));

  beforeEach(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), "ghost-platform-lock-"));
  });
  afterEach(() => {
    children.splice(0).forEach((child) => child.kill("SIGKILL"));
    fs.rmSync(directory, { recursive: true, force: true });
  });

  it("G1 the second waits, says so, and runs when the first has been killed", async () => {
    const first = start("echo first; exec sleep 60");
    await says(first.said, "first");
    const second = start("echo second; exec sleep 60");
    await says(second.said, "waiting for the earlier one of this site to stop (0 s of at most 120 s)");
    expect(second.said.text).to.not.contain("second");
    first.child.kill("SIGKILL");
    await says(second.said, "second");
  });

  it("G1 it gives up in the end, and stops at once when it is told to", async () => {
    await says(start("echo first; exec sleep 60").said, "first");
    const impatient = start("echo second", { WAIT_SECONDS: "0" });
    // A second may turn in between.
    await says(impatient.said, "GIVING UP after");
    const patient = start("echo third");
    await says(patient.said, "waiting");
    patient.child.kill("SIGTERM");
    await until("its end", 5, () => Promise.resolve(patient.said.status === 143));
    expect(patient.said.text).to.contain("stopped while waiting");
  });
});
