import * as path from "node:path";
import { readPasswordFile } from "./files/secret-text";
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
