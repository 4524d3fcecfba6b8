import type * as pulumi from "@pulumi/pulumi";

/**
 * What one app tells another about how to reach it. An app takes endpoints and does not know what is behind them; a credential is a
 * reference to where the platform keeps it, never the value.
 *
 * @typeParam SecretReference what names a secret on the platform: a Secret's key on Kubernetes, a Swarm secret on Swarm
 */
export interface DatabaseEndpoint<SecretReference> {
  /** DNS name of the server, resolvable from the app. */
  host: pulumi.Input<string>;
  port: number;
  /** Name of the schema. */
  database: string;
  username: string;
  password: SecretReference;
  /**
   * Passwords before the present one, newest first. The server may not know the present one yet: whoever logs in with a former one makes the
   * present one known, and leaves the former valid for tasks that still use it.
   */
  formerPasswords?: SecretReference[];
}

/** An SMTP server on a private network, spoken to without TLS. */
export interface MailEndpoint<SecretReference> {
  host: pulumi.Input<string>;
  port: number;
  /** With whose name mail is handed over. Absent: the server takes it from anybody. */
  login?: { username: string; password: SecretReference } | undefined;
}
