import type * as pulumi from "@pulumi/pulumi";
import { randomPassword, type PasswordMaker } from "../../platforms/password";

/** Where Mailpit takes mail, inside its container. */
export const smtpPort = 1025;
/** Where Mailpit shows it: web page, API and health. */
export const webPort = 8025;
/** The image names no user; this one owns the mail. */
export const mailpitUser = 1000;

/** Who reads the mail, over the page and the API, where a login is asked for. */
export const inboxUser = "inbox";
/** Who hands mail over, where a login is asked for: another password, so that an app that sends mail cannot read that of others. */
export const senderUser = "sender";
/** Where the container finds its password files. */
export const loginDirectory = "/run/secrets/mailpit";
export const inboxLoginFile = `${loginDirectory}/inbox`;
export const senderLoginFile = `${loginDirectory}/sender`;

/** What is told to whoever may read the mail. */
export interface InboxLogin {
  username: string;
  /** A secret to the engine. */
  password: pulumi.Output<string>;
}

/** The passwords of an inbox. */
export interface MailpitPasswords {
  inbox: pulumi.Output<string>;
  sender: pulumi.Output<string>;
}

/** Makes the passwords of an inbox: one for who reads, one for who sends. */
export function mailpitPasswords(children: PasswordMaker): MailpitPasswords {
  const password = (user: string) => randomPassword(children, `${user}-password`);
  return { inbox: password("inbox"), sender: password("sender") };
}

/** A password file of Mailpit's with one user. */
export function loginFile(user: string, password: string): string {
  return `${user}:${password}\n`;
}

/**
 * The environment of a Mailpit container that keeps its mail in a directory.
 *
 * @param asks whether it asks for a login, as its password files say: who reads the mail, and who hands it over
 */
export function mailpitEnvironment(
  directory: string,
  maxMessages: number,
  asks: { readers: boolean; senders: boolean },
): Record<string, string> {
  return {
    MP_DATABASE: `${directory}/mailpit.db`,
    MP_MAX_MESSAGES: String(maxMessages),
    MP_SMTP_BIND_ADDR: `0.0.0.0:${smtpPort}`,
    MP_UI_BIND_ADDR: `0.0.0.0:${webPort}`,
    MP_DISABLE_VERSION_CHECK: "true",
    // It asks nobody for the names of those who hand mail over: it reaches nobody.
    MP_SMTP_DISABLE_RDNS: "true",
    ...(asks.readers ? { MP_UI_AUTH_FILE: inboxLoginFile } : {}),
    ...(asks.senders
      ? {
          MP_SMTP_AUTH_FILE: senderLoginFile,
          // Its port is on a private network, where the mail itself is not encrypted either.
          MP_SMTP_AUTH_ALLOW_INSECURE: "true",
        }
      : {}),
  };
}
