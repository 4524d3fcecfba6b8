import type * as pulumi from "@pulumi/pulumi";
import type { WatchedPages } from "../watched-pages";
import type { FiguresEndpoint, MailEndpoint, MetricsEndpoint } from "../endpoints";

/**
 * What watches a stack, on either platform.
 *
 * @typeParam SecretReference what names a secret there
 */
export interface WatchingArgs<SecretReference> extends WatchedPages {
  /** How commands call the stack: `npm run ops -- diagnose --stack <name>`. */
  commandName: string;
  /** The database server. Absent: there is none. */
  database?: MetricsEndpoint<SecretReference> | undefined;
  /** The archive of the server's binary logs. Absent: there is none. */
  archive?: FiguresEndpoint | undefined;
  /** How often everything is asked. Default `30s`. */
  interval?: string;
  /** How long what was measured is kept, and in how much space. Default `15d`, `4Gi`. */
  retention?: string;
  maxSize?: string;
  /** Memory limit of Prometheus as a quantity. Default `512Mi`. */
  memory?: string;
  /** Who is told, and how; see `monitoring.alerts` in config/schema/monitoring.ts. Absent: nobody. */
  alerts?: AlertArgs<SecretReference> | undefined;
  /** Seconds after which the newest good backup of the stack is too old. Absent: none is promised, and nothing told. */
  backupOverdueAfter?: number | undefined;
  /** The same of the newest time that one was read back and loaded. Only with `backupOverdueAfter`. */
  verificationOverdueAfter?: number | undefined;
  /** Seconds before the end of a site's certificate from which on it should have been renewed. Absent: nobody looks. */
  renewedBefore?: number | undefined;
  /** Keep what was measured when the component is destroyed. Default true. */
  retainData?: boolean;
}

export interface AlertArgs<SecretReference> {
  to: readonly string[];
  from: string;
  /** Where the mail goes. */
  mail: MailEndpoint<SecretReference>;
  /** Default `2m`. */
  after?: string;
  /** Default 2 seconds. */
  slow?: number;
  /** Default `5m`. */
  every?: string;
  /** Default `12h`. */
  repeat?: string;
}

/** The images of what both platforms run. */
export interface WatchingImages {
  prometheus: pulumi.Input<string>;
  alertmanager: pulumi.Input<string>;
  blackboxExporter: pulumi.Input<string>;
  mysqldExporter: pulumi.Input<string>;
  grafana: pulumi.Input<string>;
}

/** How somebody signs in to the dashboards. */
export interface DashboardLogin {
  username: string;
  /** A secret to the engine. */
  password: pulumi.Output<string>;
}
