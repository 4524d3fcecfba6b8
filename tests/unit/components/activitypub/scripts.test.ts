import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";
import { expect } from "chai";
import { temporaryDirectory } from "../../../support/temporary-directory";

const scripts = path.join(__dirname, "../../../../components/activitypub/scripts");

const running: ChildProcess[] = [];
const endAll = () => running.splice(0).forEach((child) => child.kill("SIGKILL"));

/** A process, and what it has printed; it ends with its test. */
class Started {
  output = "";
  readonly ended: Promise<number | null>;

  constructor(readonly child: ChildProcess) {
    running.push(child);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => (this.output += text));
    }
    this.ended = once(child, "close").then(([code]) => code as number | null);
  }

  async says(text: string): Promise<void> {
    while (!this.output.includes(text)) {
      const over = await Promise.race([
        this.ended.then(() => true),
        new Promise<false>((resolve) => setTimeout(() => resolve(false), 20)),
      ]);
      if (over && !this.output.includes(text)) {
        throw new Error(`it ended without "${text}":\n${this.output}`);
      }
    }
  }
}

describe("E4 what brings the ActivityPub server's database to its schema", function () {
  this.timeout(20_000);
  afterEach(endAll);

  /** @param up what the image's program does, as a script */
  function migrate(up: string, former?: string): Started {
    const folder = temporaryDirectory();
    const programs = path.join(folder, "bin");
    fs.mkdirSync(programs);
    fs.writeFileSync(path.join(programs, "migrate"), up.startsWith("#!") ? up : `#!/bin/sh\n${up}\n`, { mode: 0o755 });
    fs.writeFileSync(path.join(folder, "database-password"), "pre/sent");
    if (former !== undefined) {
      fs.writeFileSync(path.join(folder, "database-password-former-1"), former);
    }
    // The places of its files are the container's: here they are its own.
    const script = fs
      .readFileSync(path.join(scripts, "migrate.sh"), "utf8")
      .replace("ready=/tmp/", `ready=${folder}/`)
      .replace("output=/tmp/", `output=${folder}/`);
    return new Started(
      spawn("sh", ["-c", script], {
        env: {
          PATH: `${programs}:${process.env["PATH"]}`,
          DATABASE_HOST: "mysql",
          DATABASE_PORT: "3306",
          DATABASE_USER: "activitypub",
          DATABASE_NAME: "activitypub",
          DATABASE_PASSWORD_FILE: path.join(folder, "database-password"),
          DATABASE_CA_FILE: "/scripts/ca.pem",
          WAIT_SECONDS: "1",
        },
      }),
    );
  }
  const hex = (text: string) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join("");
  const address = (password: string) =>
    `mysql://activitypub:${hex(password)}@tcp(mysql:3306)/activitypub?tls=custom&x-tls-ca=${hex("/scripts/ca.pem")}`;

  it("logs in over TLS to an authenticated server, and stays once the schema is there, until it is stopped", async () => {
    const started = migrate(`[ "$4" = '${address("pre/sent")}' ] || { echo "got $*"; exit 1; }`);
    await started.says("the database is up to date");
    started.child.kill("SIGTERM");
    expect(await started.ended).to.equal(143);
  });

  it("takes the password before where the server does not know the present one", async () => {
    const started = migrate(
      `[ "$4" = '${address("for.mer")}' ] || { echo "error: Error 1045: Access denied"; exit 1; }`,
      "for.mer",
    );
    await started.says("the database is up to date");
    started.child.kill("SIGTERM");
    await started.ended;
  });

  it("waits for a server that is away, says for what, and gives up", async () => {
    const started = migrate('echo "error: dial tcp: connection refused"; exit 1');
    expect(await started.ended).to.equal(1);
    expect(started.output)
      .to.match(/waiting for mysql:3306 .*connection refused/)
      .and.match(/GIVING UP after \d+ s: error: dial tcp/);
  });

  it("says what to do where a migration was ended half-way", async () => {
    const started = migrate('echo "error: Dirty database version 7. Fix and force version."; exit 1');
    expect(await started.ended).to.equal(1);
    expect(started.output).to.contain("Restore the database from a backup made before");
  });

  it("told to stop, has the migration that runs come to its end", async () => {
    const program = `#!${process.execPath}\nprocess.once("SIGINT", () => setTimeout(() => process.exit(0), 300)); setInterval(() => {}, 1000);\n`;
    const started = migrate(program);
    // What the program prints is kept until it ends.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const since = Date.now();
    started.child.kill("SIGTERM");
    expect(await started.ended).to.equal(143);
    expect(Date.now() - since).to.be.greaterThan(250);
  });
});

describe("E4 what starts the makers' ActivityPub server", function () {
  this.timeout(20_000);
  afterEach(endAll);
  const picture = "images/0123/a.png";

  /** A server that logs in as knex does, and answers at one address, with a database that knows these passwords. */
  async function serve(known: readonly string[], former?: string) {
    const folder = temporaryDirectory();
    const put = (file: string, text: string) => {
      const at = path.join(folder, file);
      fs.mkdirSync(path.dirname(at), { recursive: true });
      fs.writeFileSync(at, text);
      return at;
    };
    const port = await freePort();
    put("install/package.json", '{"type":"module"}');
    put("install/node_modules/mysql2/package.json", '{"main":"index.js"}');
    put(
      "install/node_modules/mysql2/index.js",
      "exports.createConnection = ({ password, ssl }) => console.log('connects', password, JSON.stringify(ssl));",
    );
    put(
      "install/node_modules/mysql2/promise.js",
      `exports.createConnection = async ({ password, ssl }) => {
  if (!ssl.rejectUnauthorized || ssl.ca !== "the root") throw new Error("not authenticated");
  if (!${JSON.stringify(known)}.includes(password)) throw Object.assign(new Error("denied"), { code: "ER_ACCESS_DENIED_ERROR" });
  return { query: async (sql, values) => console.log(sql, values.join()), end: async () => {} };
};`,
    );
    put(
      "install/dist/app.js",
      `import mysql from "mysql2";
import { createServer } from "node:http";
const options = Object.defineProperty({}, "password", { value: process.env.MYSQL_PASSWORD, enumerable: false });
mysql.createConnection(options);
createServer({}, (request, response) => response.end("the makers' answer")).listen(${port}, "127.0.0.1", () => console.log("listening"));`,
    );
    put(`data/${picture}`, "a picture");
    put("data/secret.txt", "no picture");
    const password = put("database-password", "present\n");
    if (former !== undefined) {
      put("database-password-former-1", former);
    }
    const started = new Started(
      spawn(process.execPath, [path.join(scripts, "serve.js")], {
        env: {
          ACTIVITYPUB_INSTALL: path.join(folder, "install"),
          DATABASE_PASSWORD_FILE: password,
          DATABASE_CA_FILE: put("ca.pem", "the root"),
          MYSQL_HOST: "mysql",
          MYSQL_PORT: "3306",
          MYSQL_USER: "activitypub",
          MYSQL_DATABASE: "activitypub",
          LOCAL_STORAGE_PATH: path.join(folder, "data"),
          LOCAL_STORAGE_HOSTING_URL: "https://blog.example.com/pictures",
          WAIT_SECONDS: "1",
        },
      }),
    );
    return { started, at: `http://127.0.0.1:${port}` };
  }

  it("hands over the password of a file, which the environment that the kernel shows has not, and encrypts its connections", async () => {
    const { started } = await serve(["present"]);
    await started.says("listening");
    expect(started.output).to.match(
      /connects present .*"rejectUnauthorized":true.*"verifyIdentity":true.*"ca":"the root"/,
    );
    expect(fs.readFileSync(`/proc/${started.child.pid}/environ`, "utf8")).to.not.contain("present");
  });

  it("makes the present password known where the database knows the one before", async () => {
    const { started } = await serve(["former"], "former");
    await started.says("listening");
    expect(started.output).to.contain("ALTER USER USER() IDENTIFIED BY ? RETAIN CURRENT PASSWORD present");
  });

  it("waits for the database, says for what, and gives up", async () => {
    const { started } = await serve([]);
    expect(await started.ended).to.equal(1);
    expect(started.output).to.match(/GIVING UP .*mysql:3306 to accept a login of activitypub: denied/);
  });

  it("shows the pictures that it has stored, and nothing else of the volume; the rest is the server's", async () => {
    const { at, started } = await serve(["present"]);
    await started.says("listening");
    const shown = await fetch(`${at}/pictures/${picture}`);
    expect([shown.status, shown.headers.get("content-type"), await shown.text()]).to.deep.equal([
      200,
      "image/png",
      "a picture",
    ]);
    for (const none of ["secret.txt", "absent.png", "..%2finstall%2fa.png", "%2e%2e%2fx.png", "images"]) {
      expect((await fetch(`${at}/pictures/${none}`)).status, none).to.equal(404);
    }
    expect(await (await fetch(`${at}/alive`)).text()).to.equal("ok");
    expect(await (await fetch(`${at}/.well-known/webfinger`)).text()).to.equal("the makers' answer");
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
