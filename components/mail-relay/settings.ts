import type { MailEncryption } from "../endpoints";

/** An SMTP server somewhere else that delivers mail. */
export interface MailRelaySettings {
  /** Host name or address. */
  host: string;
  port: number;
  /** Default `starttls`. */
  encryption?: MailEncryption;
  /** Absent: the server takes mail from anybody. */
  login?: { username: string; password: string } | undefined;
}
