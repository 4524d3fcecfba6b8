import { isUtf8 } from "node:buffer";
import * as fs from "node:fs";
import * as path from "node:path";
import type { MailRelayConfig } from "./schema";

/** The password of a mail relay, or what is wrong with the relay, by key. */
export interface ReadMailRelay {
  password?: string | undefined;
  mistakes: string[];
}

/**
 * Checks a mail relay and reads its password; what ends the file's only line does not belong to it.
 *
 * @param directory folder that a relative path is read from
 */
export function readMailRelay(relay: MailRelayConfig, directory: string): ReadMailRelay {
  const { encryption, passwordFile, username } = relay;
  if (passwordFile === undefined) {
    return { mistakes: username === undefined ? [] : ["mailRelay.passwordFile: missing. A login has a password"] };
  }
  const mistakes: string[] = [];
  if (username === undefined) {
    mistakes.push("mailRelay.username: missing. A password needs the name of its user");
  }
  if (encryption === "none") {
    mistakes.push(
      "mailRelay.encryption: must be starttls or tls with a password, which anybody on the way could read otherwise",
    );
  }
  const { password, trouble } = readPasswordFile(path.resolve(directory, passwordFile));
  if (trouble !== undefined) {
    mistakes.push(`mailRelay.passwordFile: ${passwordFile} ${trouble}`);
  }
  return { password, mistakes };
}

/**
 * A relay as the component takes it.
 *
 * @throws Error where `readMailRelay` has something to say
 */
export function mailRelaySettings(relay: MailRelayConfig, directory: string) {
  const { encryption, host, port, username } = relay;
  const { mistakes, password } = readMailRelay(relay, directory);
  if (mistakes.length > 0) {
    throw new Error(`the checks let a mail relay through: ${mistakes.join("; ")}`);
  }
  return {
    host,
    port,
    encryption,
    ...(username !== undefined && password !== undefined ? { login: { username, password } } : {}),
  };
}

/**
 * Reads a file that holds one password and nothing else; what ends its only line does not belong to it.
 *
 * @returns the password, or what is wrong with the file, words that follow its name
 */
export function readPasswordFile(file: string): { password?: string; trouble?: string } {
  let content: Buffer;
  try {
    content = fs.readFileSync(file);
  } catch (error) {
    return { trouble: `cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown"})` };
  }
  if (!isUtf8(content) || content.includes(0)) {
    return { trouble: "is not text in UTF-8 without NUL characters" };
  }
  const password = content.toString("utf8").replace(/\r?\n$/, "");
  if (password === "") {
    return { trouble: "is empty" };
  }
  return /[\r\n]/.test(password) ? { trouble: "has several lines; it must hold the password alone" } : { password };
}
