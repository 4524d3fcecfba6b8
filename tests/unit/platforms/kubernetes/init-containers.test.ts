import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as http from "node:http";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import { UserError } from "../../../../errors";
import { fetch, preparedContent, waitForServices } from "../../../../platforms/kubernetes/pods/init-containers";

const scripts = path.join(__dirname, "..", "..", "..", "..", "platforms/kubernetes/scripts");
const image = "busybox:1";

describe("init containers", () => {
  it("P2 wait for a name, a port, an answer, in the order given", () => {
    const container = waitForServices("wait", {
      image,
      limit: 20,
      services: [
        { host: "myservice" },
        { host: "mydb.press", port: 3306 },
        { host: "$(API)", port: 8080, path: "/ready" },
        { host: "api", path: "/" },
      ],
      env: [{ name: "API", value: "api" }],
    });
    expect(container.command).to.deep.equal([
      "sh",
      "/scripts/wait-for.sh",
      "dns://myservice",
      "tcp://mydb.press:3306",
      "http://$(API):8080/ready",
      "http://api/",
    ]);
    expect(container.env).to.deep.equal([
      { name: "API", value: "api" },
      { name: "WAIT_SECONDS", value: "20" },
    ]);
    expect(container.volumeMounts).to.deep.equal([{ name: "scripts", mountPath: "/scripts", readOnly: true }]);
  });

  it("P2 refuse what cannot be waited for, every mistake at once", () => {
    const attempt = () =>
      waitForServices("wait", {
        image,
        limit: 0,
        services: [{ host: "http://myservice" }, { host: "db", path: "ready" }],
      });
    expect(attempt)
      .to.throw(UserError)
      .with.property("message")
      .that.contains("the init container wait cannot wait")
      .and.contains('host: must be the name of a Service or a host, for example mydb.press (got "http://myservice")')
      .and.contains('path: must begin with / (got "ready")')
      .and.contains("limit: must be 1 second or more (got 0)");
  });

  it("P1 prepare content on a volume that the others can only read", () => {
    const { initContainer, mount, volume } = preparedContent("install", {
      image,
      command: fetch("http://example.com/", "index.html"),
      mountPath: "/usr/share/nginx/html",
    });
    expect(volume).to.deep.equal({ name: "install-content", emptyDir: { sizeLimit: "64Mi" } });
    expect(initContainer.command).to.deep.equal([
      "sh",
      "/scripts/fetch.sh",
      "http://example.com/",
      "/prepared/index.html",
    ]);
    expect(initContainer.volumeMounts).to.deep.include({ name: "install-content", mountPath: "/prepared" });
    expect(mount).to.deep.equal({ name: "install-content", mountPath: "/usr/share/nginx/html", readOnly: true });
  });
});

/** They run in busybox, and its programs differ from those of a distribution. */
describe("the scripts of init containers (these tests need busybox)", function () {
  this.timeout(20_000);
  let directory: string;
  let closed: () => void;

  before(function () {
    if (spawnSync("busybox", ["true"]).status !== 0) {
      this.skip();
    }
    directory = fs.mkdtempSync(path.join(os.tmpdir(), "ghost-platform-init-"));
    fs.mkdirSync(path.join(directory, "bin"));
    spawnSync("busybox", ["--install", "-s", path.join(directory, "bin")]);
  });
  after(() => directory && fs.rmSync(directory, { recursive: true }));
  beforeEach(() => (closed = () => undefined));
  afterEach(() => closed());

  /** Runs a script with busybox's programs alone. */
  async function run(script: string, args: string[], environment: Record<string, string> = {}) {
    const bin = path.join(directory, "bin");
    const child = spawn(path.join(bin, "sh"), [path.join(scripts, script), ...args], {
      env: { PATH: bin, ...environment },
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
    return { status, output };
  }

  async function listening(server: net.Server): Promise<number> {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closed = () => {
      if (server instanceof http.Server) {
        server.closeAllConnections();
      }
      server.close();
    };
    return (server.address() as net.AddressInfo).port;
  }

  it("P2 G1 goes on at once when the port accepts, though the server says nothing", async () => {
    const open: net.Socket[] = [];
    const port = await listening(net.createServer({ allowHalfOpen: true }, (socket) => open.push(socket)));
    const { output, status } = await run("wait-for.sh", [`tcp://127.0.0.1:${port}`]);
    open.forEach((socket) => socket.destroy());
    expect(output).to.match(/^127\.0\.0\.1:\d+ accepts connections after \d s\n$/);
    expect(status).to.equal(0);
  });

  it("P2 waits until the server answers with a success, and says what is in the way", async () => {
    let ready = false;
    const server = http.createServer((_, response) => {
      response.writeHead(ready ? 200 : 503).end();
      ready = true;
    });
    const port = await listening(server);
    const { output, status } = await run("wait-for.sh", [`http://127.0.0.1:${port}/ready`]);
    expect(output).to.match(/^waiting for http:\S+\/ready to answer \(.*503.*\) \(\d s of at most 300 s\)\n/);
    expect(output).to.match(/\/ready answers after \d s\n$/);
    expect(status).to.equal(0);
  });

  it("P2 gives up in time, and says for what it waited and that another try follows", async () => {
    for (const [target, what] of [
      ["tcp://127.0.0.1:1", "127.0.0.1 to accept connections on port 1"],
      ["tcp://nowhere.invalid:80", "the name nowhere.invalid to resolve"],
      ["dns://nowhere.invalid", "the name nowhere.invalid to resolve"],
      ["http://127.0.0.1:1/", "http://127.0.0.1:1/ to answer (wget: can't connect"],
    ] as const) {
      const { output, status } = await run("wait-for.sh", [target], { WAIT_SECONDS: "0" });
      expect(output, target).to.contain(`GIVING UP after`).and.contain(`still waiting for ${what}`);
      expect(status, target).to.equal(1);
    }
  });

  it("P2 refuses a target that it does not know before it waits for the others", async () => {
    const { output, status } = await run("wait-for.sh", ["dns://nowhere.invalid", "ftp://myservice"]);
    expect(output).to.contain("cannot wait for 'ftp://myservice'");
    expect(status).to.equal(2);
  });

  it("P1 puts a file in place when it is whole, and leaves it alone afterwards", async () => {
    let requests = 0;
    const server = http.createServer((_, response) => {
      requests += 1;
      if (requests === 1) {
        // Breaks off in the middle.
        response.writeHead(200, { "Content-Length": 100 });
        response.write("half");
        setImmediate(() => response.destroy());
      } else {
        response.end("whole");
      }
    });
    const file = path.join(directory, "index.html");
    const url = `http://127.0.0.1:${await listening(server)}/`;
    const { output, status } = await run("fetch.sh", [url, file]);
    expect(output).to.contain(`waiting for ${url}`).and.contain("5 bytes");
    expect(status).to.equal(0);
    expect(fs.readFileSync(file, "utf8")).to.equal("whole");
    expect(await run("fetch.sh", [url, file])).to.deep.equal({ status: 0, output: `${file} is there\n` });
    expect(requests).to.equal(2);
  });

  it("P1 gives up in time, and leaves nothing under the file's name", async () => {
    const file = path.join(directory, "never.html");
    const { output, status } = await run("fetch.sh", ["http://127.0.0.1:1/", file], { FETCH_SECONDS: "0" });
    expect(output).to.contain("GIVING UP after 0 s: http://127.0.0.1:1/ cannot be fetched (wget: can't connect");
    expect(status).to.equal(1);
    expect(fs.existsSync(file)).to.equal(false);
  });
});
