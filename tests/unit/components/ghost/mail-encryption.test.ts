import type { AddressInfo } from "node:net";
import { expect } from "chai";
import nodemailer from "nodemailer";
import { SMTPServer } from "smtp-server";
import { ghostEnvironment } from "../../../../components/ghost/settings";
import type { MailEncryption } from "../../../../components/endpoints";

/** What Ghost makes of its environment: `__` nests keys, and values are read as JSON where they can be. */
function mailOptions(environment: Record<string, unknown>): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(environment)) {
    const [, option] = /^mail__options__([^_]+)$/.exec(key) ?? [];
    if (option !== undefined) {
      const text = String(value);
      options[option] = /^(true|false|\d+)$/.test(text) ? JSON.parse(text) : text;
    }
  }
  return options;
}

/** A server that offers STARTTLS with a certificate that nobody trusts: that of the library. */
describe("H3 a mail server whose offer of encryption cannot be taken up", () => {
  let server: SMTPServer;
  const encrypted: boolean[] = [];
  before((done) => {
    server = new SMTPServer({
      authOptional: true,
      disableReverseLookup: true,
      onData: (stream, session, accept) => {
        stream.resume().on("end", () => {
          encrypted.push(session.secure);
          accept();
        });
      },
    });
    server.on("error", () => undefined);
    server.listen(0, "127.0.0.1", done);
  });
  after((done) => {
    server.close(done);
  });

  const send = (encryption: MailEncryption | undefined) => {
    const { port } = server.server.address() as AddressInfo;
    const endpoint = { host: "127.0.0.1", port, ...(encryption ? { encryption } : {}) };
    const database = { host: "mysql", port: 3306, database: "blog", username: "blog", authority: {} };
    const environment = ghostEnvironment({ url: "http://localhost:2368" }, database, endpoint);
    return nodemailer
      .createTransport(mailOptions(environment))
      .sendMail({ from: "a@example.com", to: "b@example.com", text: "x" });
  };

  it("gets the mail of a site that is to use none, or that hands it to an inbox, in plain text", async () => {
    await send("none");
    await send(undefined);
    expect(encrypted).to.deep.equal([false, false]);
  });

  it("gets nothing of a site that is to use STARTTLS", async () => {
    encrypted.length = 0;
    const failure = await send("starttls").then(() => "sent", String);
    expect(failure).to.match(/certificate/);
    expect(encrypted).to.deep.equal([]);
  });
});
