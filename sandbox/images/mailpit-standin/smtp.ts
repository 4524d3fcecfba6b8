import { SMTPServer, type SMTPServerDataStream } from "smtp-server";
import type { Logins } from "./logins";
import type { Mailbox } from "./mailbox";
import type { Statistics } from "./web";

/** Mailpit's default is 50 MB; the stand-in keeps messages in memory, in a container with little of it. */
const maxMessageSize = 10 * 1024 * 1024;

/**
 * The mail server: takes mail for anybody, from those who sign in, or without logins from anybody, as Mailpit does by default. It never
 * listens by itself.
 */
export function smtpServer(mailbox: Mailbox, statistics: Statistics, logins: Logins | undefined): SMTPServer {
  return new SMTPServer({
    banner: "stand-in for Mailpit",
    disabledCommands: logins ? ["STARTTLS"] : ["AUTH", "STARTTLS"],
    allowInsecureAuth: true,
    onAuth({ password, username }, _session, callback) {
      if (logins?.accepts(username ?? "", password ?? "")) {
        callback(null, { user: username });
      } else {
        callback(Object.assign(new Error("Authentication credentials invalid"), { responseCode: 535 }));
      }
    },
    // Looking up who connects takes seconds where there is no name server.
    disableReverseLookup: true,
    size: maxMessageSize,
    closeTimeout: 2000,
    onData(stream, session, callback) {
      receive(stream)
        .then((raw) => {
          const { mailFrom, rcptTo } = session.envelope;
          return mailbox.add({
            from: mailFrom === false ? "" : mailFrom.address,
            to: rcptTo.map(({ address }) => address),
            raw,
          });
        })
        .then((message) => {
          statistics.accepted += 1;
          statistics.acceptedSize += message.raw.length;
          console.log(`accepted ${message.id} from <${message.envelope.from}> for ${message.envelope.to.join(", ")}`);
          callback(null);
        })
        .catch((error: unknown) => {
          statistics.rejected += 1;
          const reason = error instanceof Error ? error : new Error(String(error));
          console.log(`rejected a message: ${reason.message}`);
          callback(reason);
        });
    },
  });
}

async function receive(stream: SMTPServerDataStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    // Read to the end, or the client would never hear the answer; keep what is allowed.
    if (!stream.sizeExceeded) {
      chunks.push(chunk);
    }
  }
  if (stream.sizeExceeded) {
    throw Object.assign(new Error(`a message has at most ${maxMessageSize / 1024 / 1024} MiB`), { responseCode: 552 });
  }
  return Buffer.concat(chunks);
}
