import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";

const script = path.join(__dirname, "..", "..", "..", "..", "components/shop/scripts/logins.sh");

/** The shop's logins, before a Redis that answers only what it is told to. */
describe("logins.sh before a server that does not answer whole", () => {
  let folder: string;
  let server: net.Server;
  /** What is left of an answer of one line for each command. */
  let cut: ((answer: string) => string) | undefined;
  before((done) => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "shop-logins-"));
    server = net
      .createServer((socket) => {
        socket.on("error", () => undefined);
        socket.once("data", (asked) => {
          if (cut) {
            socket.end(cut(asked.toString().replace(/.*\r\n/g, "+OK\r\n")));
          }
        });
      })
      .listen(0, "127.0.0.1", () => {
        const { port } = server.address() as net.AddressInfo;
        fs.writeFileSync(path.join(folder, "redis-url"), `redis://shop_a:secret@localhost:${port}/`);
        fs.writeFileSync(path.join(folder, "redis-operator"), "operator");
        const sooner = `#!/bin/bash\nexec "$(PATH=\${PATH#*:} command -v timeout)" --kill-after=0.2 0.5 "\${@:3}"\n`;
        fs.writeFileSync(path.join(folder, "timeout"), sooner, { mode: 0o755 });
        done();
      });
  });
  after(() => {
    server.close();
    fs.rmSync(folder, { recursive: true });
  });

  const discard = (): Promise<{ status: number | null; output: string }> =>
    new Promise((resolve) => {
      const child = spawn("bash", [script, "discard", "redis", "shop_b"], {
        env: { PATH: `${folder}:${process.env["PATH"] ?? ""}`, SECRETS: folder },
        stdio: ["ignore", "pipe", "pipe"],
      });
      let output = "";
      child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
      child.on("close", (status) => resolve({ status, output }));
    });

  it("S11 L ends a former login only once the server has said in full that it knows the present one", async () => {
    cut = (answer) => answer;
    expect(await discard()).to.deep.equal({ status: 0, output: "logins: shop_b logs in to redis no more\n" });
    const ways: Record<string, ((answer: string) => string) | undefined> = {
      "half a line": (answer) => answer.slice(0, -3),
      "the first line": () => "+OK\r\n",
      nothing: () => "",
      silence: undefined,
    };
    for (const [what, way] of Object.entries(ways)) {
      cut = way;
      const { output, status } = await discard();
      expect(status, what).to.equal(1);
      expect(output, what).to.contain("redis does not know shop_a, so shop_b is not ended");
    }
  });
});
