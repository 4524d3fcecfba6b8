import * as fs from "node:fs";
import { SMTPServer } from "smtp-server";
import { certificateFor } from "./certificate";

/** A message that the relay took, and how it came. */
export interface Relayed {
  to: string[];
  encrypted: boolean;
  user: string | undefined;
}

/** A mail server outside the stack that takes mail over STARTTLS from one user, and shows a certificate that only who is told trusts. */
export class SmtpRelay {
  readonly messages: Relayed[] = [];
  /** Connections so far, also those that handed nothing over. */
  connections = 0;
  password = "";
  private server: SMTPServer | undefined;

  private constructor(
    /** Its certificate, as a file in PEM form. */
    readonly certificate: string,
    private readonly key: string,
  ) {}

  /**
   * Starts one that listens on an address of this machine.
   *
   * @param directory where its certificate is made
   */
  static async start(address: string, port: number, username: string, directory: string): Promise<SmtpRelay> {
    const { certificate, key } = await certificateFor(address, directory);
    const relay = new SmtpRelay(certificate, key);
    await relay.listen(address, port, username);
    return relay;
  }

  /** Who got mail so far. */
  get recipients(): string[] {
    return this.messages.flatMap(({ to }) => to);
  }

  stop(): Promise<void> {
    return new Promise((resolve) => (this.server ? this.server.close(resolve) : resolve()));
  }

  private listen(address: string, port: number, username: string): Promise<void> {
    const server = new SMTPServer({
      cert: fs.readFileSync(this.certificate),
      key: fs.readFileSync(this.key),
      onConnect: (_session, accept) => {
        this.connections += 1;
        accept();
      },
      onAuth: (given, _session, decide) =>
        given.username === username && given.password === this.password
          ? decide(null, { user: username })
          : decide(new Error("Invalid username or password")),
      onData: (stream, session, accept) => {
        stream.resume().on("end", () => {
          const to = session.envelope.rcptTo.map((recipient) => recipient.address);
          this.messages.push({ to, encrypted: session.secure, user: session.user as string | undefined });
          accept();
        });
      },
    });
    // A client that does not trust the certificate ends the connection: that is its business.
    server.on("error", () => undefined);
    this.server = server;
    return new Promise((resolve) => server.listen(port, address, resolve));
  }
}
