import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as net from "node:net";
import * as path from "node:path";
import { expect } from "chai";

const project = path.join(__dirname, "..", "..", "..", "..");
const initThen = path.join(project, "platforms/swarm/scripts/init-then.sh");
const handOnStop = path.join(project, "components/ghost/scripts/on-stop.sh");
const healthy = path.join(project, "components/ghost/scripts/healthy.sh");

interface Ended {
  status: number | null;
  output: string;
}

function ended(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve, reject) => {
    let output = "";
    child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, output }));
  });
}

describe("init-then.sh, which stands in for init containers", () => {
  const run = (...args: string[]) => ended(spawn("bash", [initThen, ...args]));

  it("G2 S5 runs the next program once the first has succeeded", async () => {
    const { output, status } = await run("echo", "migrated", "--", "bash", "-c", "echo serving; exit 7");
    expect(output).to.equal("migrated\nserving\n");
    expect(status).to.equal(7);
  });

  it("G2 S5 ends with the first program's status when that fails, and runs nothing after it", async () => {
    const { output, status } = await run("bash", "-c", "exit 3", "--", "echo", "serving");
    expect(output).to.equal("");
    expect(status).to.equal(3);
  });

  it("S5 hands a stop to the first program, waits for it, and runs nothing after it", async () => {
    const first = 'trap "echo stopped; exit 0" TERM; echo started; for _ in {1..300}; do sleep 0.1; done';
    const child = spawn("bash", [initThen, "bash", "-c", first, "--", "echo", "serving"]);
    child.stdout.once("data", () => child.kill("SIGTERM"));
    const { output, status } = await ended(child);
    expect(output).to.equal("started\nstopped\n");
    expect(status).to.equal(143);
  });

  for (const signal of ["SIGTERM", "SIGINT", "SIGQUIT", "SIGWINCH"] as const) {
    it(`S5 S6 hands ${signal} on to the next program, for an image that is stopped by it`, async () => {
      const next = 'trap "echo stopped; exit 5" TERM; echo started; for _ in {1..300}; do sleep 0.1; done';
      const child = spawn("bash", [initThen, "true", "--", "bash", "-c", next]);
      child.stdout.once("data", () => child.kill(signal));
      expect(await ended(child)).to.deep.equal({ output: "started\nstopped\n", status: 5 });
    });
  }

  it("A3 S5 says how it is called when something is missing", async () => {
    for (const args of [[], ["echo"], ["echo", "--"], ["--", "echo"]]) {
      const { output, status } = await run(...args);
      expect(output).to.contain("usage: init-then.sh FIRST");
      expect(status).to.equal(2);
    }
  });
});

describe("on-stop.sh, which runs Ghost", () => {
  // It says that it is there once it would hear the stop.
  const program = 'trap "echo stopped; exit 0" TERM; echo started; for _ in {1..300}; do sleep 0.1; done';
  const stopped = async (check: string[], command: string) => {
    const child = spawn("bash", [handOnStop, ...check, "--", "bash", "-c", command]);
    child.stdout.once("data", () => child.kill("SIGTERM"));
    return ended(child);
  };

  it("S5 ends as the program ends", async () => {
    const { output, status } = await ended(
      spawn("bash", [handOnStop, "true", "--", "bash", "-c", "echo serving; exit 7"]),
    );
    expect({ output, status }).to.deep.equal({ output: "serving\n", status: 7 });
  });

  it("G5 S5 hands a stop on, and waits for the program, whatever that answers", async () => {
    for (const check of ["true", "false"]) {
      expect(await stopped([check], program)).to.deep.equal({ output: "started\nstopped\n", status: 0 });
    }
  });

  it("E4 kills a program that does not answer: it would not hear the stop", async () => {
    const deaf = 'trap "" TERM; echo started; for _ in {1..300}; do sleep 0.1; done';
    const { output, status } = await stopped(["bash", "-c", "exit 3"], deaf);
    expect(output).to.contain("bash has not answered for 3 s: it hangs, and is killed");
    expect(status).to.equal(137);
  });

  it("A3 says how it is called when something is missing", async () => {
    for (const args of [[], ["true"], ["true", "--"], ["--", "true"]]) {
      const { output, status } = await ended(spawn("bash", [handOnStop, ...args]));
      expect(output).to.contain("usage: on-stop.sh CHECK");
      expect(status).to.equal(2);
    }
  });
});

describe("healthy.sh, which asks Ghost how it is", () => {
  let server: http.Server;
  let answer = 200;
  let asked: http.IncomingMessage | undefined;
  before((done) => {
    server = http
      .createServer((request, response) => {
        asked = request;
        response.writeHead(answer).end();
      })
      .listen(0, "127.0.0.1", done);
  });
  after((done) => void server.close(done));

  const ask = (...headers: string[]) => {
    const { port } = server.address() as AddressInfo;
    return ended(spawn("bash", [healthy, "200", `http://127.0.0.1:${port}/ghost/`, "Host: blog.test", ...headers]));
  };

  it("G6 S5 sends the headers it is given", async () => {
    answer = 200;
    expect(await ask("X-Probe: alive", "X-Forwarded-Proto: https")).to.include({ status: 0 });
    expect(asked?.url).to.equal("/ghost/");
    expect(asked?.headers).to.include({ "x-probe": "alive", "x-forwarded-proto": "https" });
  });

  it("G6 S5 tells a Ghost that boots from one that is up", async () => {
    answer = 503;
    const booting = await ask();
    expect(booting.status).to.equal(1);
    expect(booting.output).to.contain("status 503");
  });

  it("G6 S5 says why there is no answer", async () => {
    const rude = net.createServer((connection) => connection.end()).listen(0, "127.0.0.1");
    await once(rude, "listening");
    const { port } = rude.address() as AddressInfo;
    const cut = await ended(spawn("bash", [healthy, "200", `http://127.0.0.1:${port}/`]));
    rude.close();
    expect(cut).to.include({ status: 1 });
    expect(cut.output).to.contain("ended without an answer");
    const { output, status } = await ended(spawn("bash", [healthy, "200", "http://127.0.0.1:1/"]));
    expect(status).to.equal(1);
    expect(output).to.contain("127.0.0.1:1/: Connection refused");
  });
});
