import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { expect } from "chai";
import { notifyingHooks } from "../../../../platforms/kubernetes/pods/notification";
import { until } from "../../../e2e/support/until";
import { temporaryDirectory } from "../../../support/temporary-directory";

const script = path.join(__dirname, "..", "..", "..", "..", "platforms/kubernetes/pods/scripts/notify.sh");

describe("hooks that notify", () => {
  it("P5 tell an address of the start and of the stop, which waits", () => {
    const { env, lifecycle } = notifyingHooks({ started: "http://a/up", stopping: "http://a/down", pause: 7 });
    expect(lifecycle).to.deep.equal({
      postStart: { exec: { command: ["sh", "/scripts/notify.sh", "started", "http://a/up", "0"] } },
      preStop: { exec: { command: ["sh", "/scripts/notify.sh", "stopping", "http://a/down", "7"] } },
    });
    expect(env.map(({ name }) => name)).to.deep.equal(["POD_NAMESPACE", "POD_NAME", "POD_UID"]);
  });

  it("P5 without an address only wait, which takes no shell", () => {
    expect(notifyingHooks({}).lifecycle).to.deep.equal({ preStop: { sleep: { seconds: 5 } } });
  });

  it("P5 refuse a grace period that is too short for them", () => {
    expect(() => notifyingHooks({ pause: 30 })).to.throw("needs a grace period above 30 s");
    expect(() => notifyingHooks({ stopping: "http://a/", pause: 1, gracePeriod: 8 })).to.throw("above 8 s");
  });
});

describe("the script that notifies", function () {
  this.timeout(20_000);
  let directory: string;
  let server: http.Server;
  let url: string;
  let received: { url?: string; key?: string; body: unknown }[];
  let refusals: number;

  beforeEach(async () => {
    directory = temporaryDirectory();
    received = [];
    refusals = 0;
    server = http.createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        if (refusals > 0) {
          refusals -= 1;
          response.writeHead(503).end();
          return;
        }
        received.push({ url: request.url, key: String(request.headers["idempotency-key"]), body: JSON.parse(body) });
        response.writeHead(204).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/prestop`;
  });
  afterEach(() => server.close());

  /** What `/proc/1/stat` says of a container's program that started at this tick. */
  function startedAt(tick: number): string {
    const proc = fs.mkdtempSync(path.join(directory, "proc-"));
    fs.mkdirSync(path.join(proc, "1"));
    fs.writeFileSync(path.join(proc, "1", "stat"), `1 (nginx: a) b) S 0 1 1 0 ${"7 ".repeat(14)}${tick} 1 2 3\n`);
    return proc;
  }

  const log = () => fs.readFileSync(path.join(directory, "log"), "utf8");
  /** Runs the script with these programs alone to send with, beside what every image has. */
  async function notify(args: string[], senders: string[] = ["curl"], environment: Record<string, string> = {}) {
    const bin = path.join(directory, "bin");
    fs.mkdirSync(bin, { recursive: true });
    for (const program of ["sh", "date", "sleep", "timeout", ...senders]) {
      const found = spawnSync("sh", ["-c", `command -v ${program}`], { encoding: "utf8" }).stdout.trim();
      fs.symlinkSync(found, path.join(bin, program));
    }
    const child = spawn(path.join(bin, "sh"), [script, ...args], {
      env: {
        PATH: bin,
        LOG: path.join(directory, "log"),
        POD_NAMESPACE: "press",
        POD_NAME: "web-1",
        POD_UID: "5a1c",
        PROC: startedAt(640),
        ...environment,
      },
      stdio: "ignore",
    });
    return new Promise<number | null>((resolve) => child.on("close", resolve));
  }

  for (const sender of ["curl", "wget", "bash"]) {
    it(`P5 tells with ${sender} which pod it is, under a key that a repeated call has, too`, async function () {
      if (spawnSync("sh", ["-c", `command -v ${sender}`]).status !== 0) {
        this.skip();
      }
      expect(await notify(["stopping", url], [sender])).to.equal(0);
      const body = { event: "stopping", namespace: "press", pod: "web-1", uid: "5a1c" };
      expect(received).to.deep.equal([{ url: "/prestop", key: "5a1c-640-stopping", body }]);
      expect(log()).to.contain(`notify: told ${url} 'stopping'`);
    });
  }

  it("P5 has another key when the container is started again in its pod, and the same for the same", async () => {
    const first = startedAt(1);
    for (const PROC of [first, first, startedAt(2)]) {
      await notify(["stopping", url], ["bash"], { PROC });
      fs.rmSync(path.join(directory, "bin"), { recursive: true });
    }
    expect(received.map(({ key }) => key)).to.deep.equal(["5a1c-1-stopping", "5a1c-1-stopping", "5a1c-2-stopping"]);
  });

  it("P5 tries again until the receiver takes it", async () => {
    refusals = 1;
    await notify(["stopping", url], ["bash"]);
    expect(received).to.have.length(1);
  });

  it("P5 does not hold up a start", async () => {
    refusals = 1;
    expect(await notify(["started", url], ["bash"])).to.equal(0);
    expect(received).to.deep.equal([]);
    await until("the notification", 10, () => Promise.resolve(received.length === 1));
    expect(received[0]?.key).to.equal("5a1c-640-started");
  });

  it("P5 never fails: a receiver that is away, nothing to send with, no log, a wrong word", async () => {
    expect(await notify(["stopping", "http://127.0.0.1:1/"], ["bash"], { NOTIFY_SECONDS: "0" })).to.equal(0);
    expect(log()).to.contain("http://127.0.0.1:1/ was not told 'stopping': it took no request for 0 s");
    fs.rmSync(path.join(directory, "bin"), { recursive: true });
    expect(await notify(["stopping", url], [])).to.equal(0);
    expect(log()).to.contain(`${url} is not told 'stopping': the image has none of curl, wget and bash`);
    fs.rmSync(path.join(directory, "bin"), { recursive: true });
    expect(await notify(["pausing", url], [], { LOG: "/nowhere/log" })).to.equal(0);
  });
});
