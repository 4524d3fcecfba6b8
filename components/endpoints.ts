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
  /** Whose certificates are believed: that of the server has to be from there, and of `host`, before anything is said to it. */
  authority: ServerAuthority;
  /** Whether something in front of the server drops connections that are idle. Default false. */
  dropsIdle?: boolean | undefined;
  /** Labels without which a pod is not let in, on Kubernetes, where the server takes connections of its clients alone. */
  clientLabels?: Record<string, string> | undefined;
}

/** Whose certificates are believed. */
export interface ServerAuthority {
  /** Root of the authority in PEM form. Absent: the public authorities that the app's runtime knows. */
  ca?: pulumi.Input<string> | undefined;
}

/** How the connection to an SMTP server is encrypted: after a greeting in plain text, from the first byte, or not. */
export type MailEncryption = "starttls" | "tls" | "none";

/** An SMTP server that takes an app's mail. */
export interface MailEndpoint<SecretReference> {
  host: pulumi.Input<string>;
  port: number;
  /**
   * `starttls` and `tls` hand nothing over unless the connection is encrypted and the certificate holds. Default `none`, for a server
   * on a private network.
   */
  encryption?: MailEncryption | undefined;
  /** With whose name mail is handed over. Absent: the server takes it from anybody. */
  login?: { username: string; password: SecretReference } | undefined;
  /** Labels without which a pod is not let in, on Kubernetes, where the server takes connections of its clients alone. */
  clientLabels?: Record<string, string> | undefined;
}

/** Where figures of a database server come from, and as whom one asks. */
export interface MetricsEndpoint<SecretReference> {
  /** Option file of the one who asks; see `metricsOptionFile`. */
  optionFile: SecretReference;
  /** Root of the authority that its certificate is from, in PEM form: what `metricsAuthorityFile` is to hold. */
  authority: pulumi.Input<string>;
  /** When that certificate ends, as RFC 3339 has it. */
  end: pulumi.Input<string>;
  /** DNS name of the server that takes the writes, as the one who asks resolves it. */
  source: string;
  /** Those that follow it. Absent: none. */
  replicas?: {
    /** The DNS name of each; or one that resolves to each of them that is well. */
    hosts: readonly string[] | { resolvedBy: string };
    count: number;
    /** Seconds after which one is too late to be read. */
    maxLag: number;
  };
  /** Labels without which a pod is not let in, on Kubernetes. */
  clientLabels?: Record<string, string> | undefined;
}

/** Where something of the stack tells figures of its own, to whom Prometheus is. */
export interface FiguresEndpoint {
  host: string;
  port: number;
  /** Labels of its Service, on Kubernetes, and the name of the port there. */
  service?: { labels: Record<string, string>; port: string };
  /** Labels without which a pod is not let in, on Kubernetes. */
  clientLabels?: Record<string, string>;
}

/** Where the binary log of a database server is followed, and as whom. */
export interface BinaryLogEndpoint<SecretReference> {
  /** DNS name of the server that takes the writes. */
  host: pulumi.Input<string>;
  user: string;
  password: SecretReference;
  /** Root of the authority that its certificate is from, in PEM form. */
  authority: pulumi.Input<string>;
}
