import type * as pulumi from "@pulumi/pulumi";
import { defaults } from "../../config/defaults";
import type { MailEncryption, MailEndpoint } from "../endpoints";

/** An SMTP server somewhere else that delivers mail. */
export interface MailRelaySettings {
  /** Host name or address. */
  host: string;
  port: number;
  /** Default `starttls`. */
  encryption?: MailEncryption;
  /** Absent: the server takes mail from anybody. */
  login?: { username: string; password: pulumi.Input<string> } | undefined;
}

/**
 * Where apps send their mail.
 *
 * @param kept hands the password to the platform, and returns what names it there
 */
export function relayEndpoint<SecretReference>(
  { encryption = defaults.mailRelay.encryption, host, login, port }: MailRelaySettings,
  kept: (password: pulumi.Input<string>) => SecretReference,
): MailEndpoint<SecretReference> {
  return {
    host,
    port,
    encryption,
    ...(login ? { login: { username: login.username, password: kept(login.password) } } : {}),
  };
}
