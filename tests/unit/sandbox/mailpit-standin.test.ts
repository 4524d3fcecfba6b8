import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import { createTransport, type SendMailOptions } from "nodemailer";
import { Logins } from "../../../sandbox/images/mailpit-standin/logins";
import { readSettings, SettingsError } from "../../../sandbox/images/mailpit-standin/settings";

/** Mailpit's JSON, as far as these tests read it. */
interface Person {
  Name: string;
  Address: string;
}
interface Listing {
  total: number;
  unread: number;
  count: number;
  messages_count: number;
  messages: {
    ID: string;
    From: Person;
    To: Person[];
    Subject: string;
    Snippet: string;
    Read: boolean;
    Created: string;
  }[];
}

const program = path.join(__dirname, "../../../sandbox/images/mailpit-standin/main.ts");
const letter = {
  from: "Ghost <noreply@example.com>",
  to: "Ada <ada@example.com>",
  subject: "Hello",
  text: "Good morning",
};

/** The program with free ports of loopback, as a process of its own. */
class StandIn {
  private constructor(
    readonly process: ChildProcess,
    readonly smtpPort: number,
    readonly web: string,
  ) {}

  static async start(environment: Record<string, string>): Promise<StandIn> {
    const process = launch([], environment);
    let output = "";
    return new Promise((resolve, reject) => {
      const read = (text: Buffer) => {
        output += text.toString();
        const [, smtpPort, web] = /SMTP on 127\.0\.0\.1:(\d+), web and API on (\S+)/.exec(output) ?? [];
        if (smtpPort && web) {
          resolve(new StandIn(process, Number(smtpPort), web));
        }
      };
      process.stdout?.on("data", read);
      process.stderr?.on("data", read);
      process.on("exit", () => reject(new Error(`the stand-in did not start: ${output}`)));
    });
  }

  async send(mail: SendMailOptions): Promise<void> {
    const transport = createTransport({ host: "127.0.0.1", port: this.smtpPort, secure: false });
    await transport.sendMail(mail);
    transport.close();
  }

  async json<T>(route: string, options?: RequestInit): Promise<T> {
    const response = await fetch(`${this.web}/api/v1/${route}`, options);
    expect(response.status, route).to.equal(200);
    return (await response.json()) as T;
  }

  async end(signal: NodeJS.Signals): Promise<unknown> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) {
      return this.process.exitCode;
    }
    this.process.kill(signal);
    const [code] = (await once(this.process, "exit")) as [number | null];
    return code;
  }
}

function launch(args: string[], environment: Record<string, string>): ChildProcess {
  return spawn(process.execPath, ["--require", "./runtime/load-typescript.cjs", program, ...args], {
    env: childEnvironment(environment),
  });
}

function childEnvironment(environment: Record<string, string>): NodeJS.ProcessEnv {
  return { ...process.env, MP_SMTP_BIND_ADDR: "127.0.0.1:0", MP_UI_BIND_ADDR: "127.0.0.1:0", ...environment };
}

describe("the stand-in for Mailpit", () => {
  let folder: string;
  let database: string;
  let standIn: StandIn;

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "standin-"));
    database = path.join(folder, "mailpit.db");
    standIn = await StandIn.start({ MP_DATABASE: database, MP_MAX_MESSAGES: "3" });
  });
  after(async () => {
    await standIn.end("SIGKILL");
    fs.rmSync(folder, { recursive: true });
  });

  describe("that runs", () => {
    afterEach(() => fetch(`${standIn.web}/api/v1/messages`, { method: "DELETE", body: "{}" }));

    it("shows a mail it received, in Mailpit's shape", async () => {
      await standIn.send({ ...letter, bcc: "hidden@example.com", html: "<p>Good <b>morning</b></p>" });

      const list = await standIn.json<Listing>("messages");
      expect(list).to.include({ total: 1, unread: 1, count: 1, messages_count: 1 });
      const [first] = list.messages;
      expect(first).to.deep.include({
        From: { Name: "Ghost", Address: "noreply@example.com" },
        To: [{ Name: "Ada", Address: "ada@example.com" }],
        Subject: "Hello",
        Snippet: "Good morning",
        Read: false,
      });

      const message = await standIn.json<{ Text: string; HTML: string; Bcc: Person[] }>(`message/${first?.ID ?? ""}`);
      expect(message.Text.trim()).to.equal("Good morning");
      expect(message.HTML).to.contain("<b>morning</b>");
      expect(message.Bcc).to.deep.equal([{ Name: "", Address: "hidden@example.com" }]);
      expect((await standIn.json<Listing>("messages")).unread).to.equal(0);
    });

    it("finds mail by words and by fields", async () => {
      await standIn.send(letter);
      await standIn.send({ ...letter, to: "bob@example.com", subject: "Your sign-in code" });
      const subjects = async (query: string) =>
        (await standIn.json<Listing>(`search?query=${encodeURIComponent(query)}`)).messages.map(
          ({ Subject }) => Subject,
        );

      expect(await subjects("to:bob@example.com")).to.deep.equal(["Your sign-in code"]);
      expect(await subjects('subject:"sign-in code"')).to.deep.equal(["Your sign-in code"]);
      expect(await subjects("MORNING")).to.deep.equal(["Your sign-in code", "Hello"]);
      expect(await subjects("morning -to:bob")).to.deep.equal(["Hello"]);
      expect(await subjects("evening")).to.deep.equal([]);
      expect((await fetch(`${standIn.web}/api/v1/search`)).status).to.equal(400);
    });

    it("keeps the newest MP_MAX_MESSAGES, and deletes what it is asked to", async () => {
      for (const subject of ["one", "two", "three", "four"]) {
        await standIn.send({ ...letter, subject });
      }
      const { messages } = await standIn.json<Listing>("messages");
      expect(messages.map(({ Subject }) => Subject)).to.deep.equal(["four", "three", "two"]);

      const remove = (body: unknown) =>
        fetch(`${standIn.web}/api/v1/messages`, { method: "DELETE", body: JSON.stringify(body) });
      await remove({ IDs: [messages[1]?.ID] });
      const left = await standIn.json<Listing>("messages");
      expect(left.messages.map(({ Subject }) => Subject)).to.deep.equal(["four", "two"]);
      await remove({});
      expect((await standIn.json<Listing>("messages")).total).to.equal(0);
    });

    it("says that it is a stand-in, and runs nothing that a mail brings", async () => {
      const attack = "<script>alert(1)</script>";
      await standIn.send({ ...letter, subject: attack, text: attack, html: attack });
      const inbox = await (await fetch(standIn.web)).text();
      expect(inbox).to.contain("stand-in").and.not.to.contain("<script>");

      const [message] = (await standIn.json<Listing>("messages")).messages;
      const view = await fetch(`${standIn.web}/view/${message?.ID ?? ""}.html`);
      expect(view.headers.get("Content-Security-Policy")).to.contain("sandbox;").and.to.contain("default-src 'none'");
    });
  });

  describe("that ends, and starts again", () => {
    it("L4 keeps every acknowledged mail when it is killed", async () => {
      await standIn.send(letter);
      await standIn.send({ ...letter, subject: "Second" });
      await standIn.end("SIGKILL");
      // What a kill in the middle of a write leaves.
      fs.appendFileSync(database, '{"add":{"id":"torn');

      standIn = await StandIn.start({ MP_DATABASE: database });
      const { messages } = await standIn.json<Listing>("messages");
      expect(messages.map(({ Subject }) => Subject)).to.deep.equal(["Second", "Hello"]);
      await standIn.send({ ...letter, subject: "Third" });
      expect((await standIn.json<Listing>("messages")).total).to.equal(3);
    });

    it("tells its health, also as a command, and stops on SIGTERM", async () => {
      expect((await fetch(`${standIn.web}/livez`)).status).to.equal(200);
      expect((await fetch(`${standIn.web}/readyz`)).status).to.equal(200);
      const readyz = async () => {
        const [status] = (await once(launch(["readyz"], { MP_UI_BIND_ADDR: new URL(standIn.web).host }), "exit")) as [
          number,
        ];
        return status;
      };
      expect(await readyz()).to.equal(0);
      expect(await standIn.end("SIGTERM")).to.equal(0);
      expect(await readyz()).to.equal(1);
    });

    it("L1 asks for the passwords of its files, and leaves its health to everybody", async () => {
      await standIn.end("SIGTERM");
      const file = (name: string, content: string) => {
        const location = path.join(folder, name);
        fs.writeFileSync(location, content);
        return location;
      };
      standIn = await StandIn.start({
        MP_UI_AUTH_FILE: file("ui", "inbox:open-sesame\nada:{SSHA}0c0blFTXXNuAMHECS4uxrj3ZieMoWImr\n"),
        MP_SMTP_AUTH_FILE: file("smtp", "ghost:{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=\n"),
        MP_SMTP_AUTH_ALLOW_INSECURE: "true",
      });
      const status = async (route: string, login?: string) => {
        const headers = login ? { Authorization: `Basic ${Buffer.from(login).toString("base64")}` } : undefined;
        return (await fetch(`${standIn.web}/${route}`, headers ? { headers } : {})).status;
      };
      expect(await status("readyz")).to.equal(200);
      expect(await status("api/v1/messages")).to.equal(401);
      expect(await status("api/v1/messages", "inbox:open")).to.equal(401);
      expect(await status("api/v1/messages", "inbox:open-sesame")).to.equal(200);
      expect(await status("", "ada:testing123")).to.equal(200);

      const sent = (auth?: { user: string; pass: string }) =>
        createTransport({ host: "127.0.0.1", port: standIn.smtpPort, secure: false, ...(auth ? { auth } : {}) })
          .sendMail(letter)
          .then(
            () => "taken",
            (error: unknown) => (error as { responseCode?: number }).responseCode,
          );
      expect(await sent()).to.equal(530);
      expect(await sent({ user: "ghost", pass: "tes" })).to.equal(535);
      expect(await sent({ user: "ghost", pass: "test" })).to.equal("taken");
    });

    it("refuses a database that is not its own, and settings it cannot honour", () => {
      const foreign = path.join(folder, "foreign.db");
      fs.writeFileSync(foreign, "SQLite format 3\0");
      const ended = (environment: Record<string, string>) => {
        const { status, stderr } = spawnSync(
          process.execPath,
          ["--require", "./runtime/load-typescript.cjs", program],
          {
            env: childEnvironment(environment),
            encoding: "utf8",
          },
        );
        expect(status).to.equal(1);
        return stderr;
      };
      expect(ended({ MP_DATABASE: foreign })).to.contain(foreign);
      expect(fs.readFileSync(foreign, "utf8")).to.equal("SQLite format 3\0");
      expect(ended({ MP_UI_AUTH: "ada:secret" })).to.contain("MP_UI_AUTH");
      const logins = path.join(folder, "logins");
      fs.writeFileSync(logins, "ada:$2y$05$abcdefghijklmnopqrstuv\n");
      expect(ended({ MP_UI_AUTH_FILE: logins })).to.contain("a hash for ada that this stand-in cannot check");
      expect(() => Logins.read(path.join(folder, "none"))).to.throw("ENOENT");
      const refusal = (environment: Record<string, string>) => () => readSettings([], childEnvironment(environment));
      expect(refusal({ MP_SMTP_AUTH_FILE: logins })).to.throw(SettingsError, "MP_SMTP_AUTH_ALLOW_INSECURE");
      expect(refusal({ MP_UI_BIND_ADDR: "nowhere" })).to.throw(SettingsError, "MP_UI_BIND_ADDR");
    });
  });
});
