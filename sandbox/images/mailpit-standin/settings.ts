import { parseArgs } from "node:util";

export const usage = `mailpit-standin: a stand-in for Mailpit, made for tests. It takes mail on one port and shows it on another.

usage: mailpit [--database FILE] [--max COUNT] [--smtp HOST:PORT] [--listen HOST:PORT]
       mailpit readyz    exits with 0 when the running one is ready

  flag            variable             default
  -d, --database  MP_DATABASE          none: mail is kept in memory only
  -m, --max       MP_MAX_MESSAGES      500; 0 keeps every message
  -s, --smtp      MP_SMTP_BIND_ADDR    0.0.0.0:1025
  -l, --listen    MP_UI_BIND_ADDR      0.0.0.0:8025
                  MP_UI_AUTH_FILE      none: whoever reaches the page sees the mail
                  MP_SMTP_AUTH_FILE    none: mail is taken from anybody; only with MP_SMTP_AUTH_ALLOW_INSECURE=true

Flags win over variables. Mailpit's other settings are not imitated.`;

/** Mailpit's settings as far as the stand-in has them, under Mailpit's names. */
export interface Settings {
  /** File that keeps the mail. Undefined: memory only. */
  database: string | undefined;
  /** Messages kept, the oldest go first; 0 for all. */
  maxMessages: number;
  smtp: Address;
  web: Address;
  /** Password file of the page and the API. Undefined: none is asked for. */
  webLogins: string | undefined;
  /** Password file of the mail server. Undefined: none is asked for. */
  smtpLogins: string | undefined;
}

export interface Address {
  host: string;
  port: number;
}

/** A setting that cannot be used; the message says which and why. */
export class SettingsError extends Error {}

/** Reads flags and environment. Throws SettingsError, also for settings whose absence would leave open what they are to close. */
export function readSettings(args: readonly string[], environment: NodeJS.ProcessEnv): Settings {
  const flags = parseFlags(args);
  for (const name of ["MP_UI_AUTH", "MP_SMTP_AUTH", "MP_UI_TLS_CERT", "MP_SMTP_TLS_CERT"]) {
    if (environment[name]) {
      throw new SettingsError(
        `${name} is set, and this stand-in for Mailpit has no TLS, and passwords from files only: it will not run without them`,
      );
    }
  }
  const smtpLogins = environment["MP_SMTP_AUTH_FILE"];
  if (smtpLogins && environment["MP_SMTP_AUTH_ALLOW_INSECURE"] !== "true") {
    throw new SettingsError(
      "MP_SMTP_AUTH_FILE: authentication requires TLS, or MP_SMTP_AUTH_ALLOW_INSECURE=true to do without",
    );
  }
  return {
    database: flags.database ?? environment["MP_DATABASE"],
    maxMessages: parseCount(flags.max ?? environment["MP_MAX_MESSAGES"] ?? "500"),
    smtp: parseAddress("MP_SMTP_BIND_ADDR", flags.smtp ?? environment["MP_SMTP_BIND_ADDR"] ?? "0.0.0.0:1025"),
    web: parseAddress("MP_UI_BIND_ADDR", flags.listen ?? environment["MP_UI_BIND_ADDR"] ?? "0.0.0.0:8025"),
    webLogins: environment["MP_UI_AUTH_FILE"] || undefined,
    smtpLogins: smtpLogins || undefined,
  };
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        database: { type: "string", short: "d" },
        max: { type: "string", short: "m" },
        smtp: { type: "string", short: "s" },
        listen: { type: "string", short: "l" },
      },
    }).values;
  } catch (error) {
    throw new SettingsError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
}

function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) {
    throw new SettingsError(`MP_MAX_MESSAGES must be a number of messages, 0 or more, not "${text}"`);
  }
  return Number(text);
}

function parseAddress(name: string, text: string): Address {
  const match = /^(?:\[(?<v6>[0-9a-f:]+)\]|(?<v4>[^:[\]]*)):(?<port>\d{1,5})$/i.exec(text);
  const port = Number(match?.groups?.["port"]);
  if (!match || port > 65535) {
    throw new SettingsError(
      `${name} must be an address and a port, for example 0.0.0.0:8025 or [::]:8025, not "${text}"`,
    );
  }
  // Mailpit takes ":8025" for every address.
  return { host: match.groups?.["v6"] ?? (match.groups?.["v4"] || "0.0.0.0"), port };
}
