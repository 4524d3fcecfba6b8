import type * as pulumi from "@pulumi/pulumi";
import type { SwarmComponentArgs } from "../../platforms/swarm/children";
import type { SwarmSecretReference } from "../../platforms/swarm/secrets";
import type { VolumeSettings } from "../../platforms/swarm/volume";
import type { WatchedPage } from "../app";
import type { MailEndpoint } from "../endpoints";
import type { MetricsEndpoint } from "../mysql/database-secrets-swarm";

/** The networks of its stack must have `monitoring` and `metrics`. */
export interface MonitoringArgs extends SwarmComponentArgs {
  /** What stands before the names of its services, by which they find each other. Default: the component's name and a hyphen. */
  servicePrefix?: string | undefined;
  /** How commands call the stack: `npm run ops -- diagnose --stack <name>`. */
  commandName: string;
  images: {
    prometheus: pulumi.Input<string>;
    alertmanager: pulumi.Input<string>;
    blackboxExporter: pulumi.Input<string>;
    mysqldExporter: pulumi.Input<string>;
    nodeExporter: pulumi.Input<string>;
    grafana: pulumi.Input<string>;
  };
  /** What is asked over HTTP: whether each site serves, how long its home page takes, and what else answers. */
  sites: WatchedPage[];
  homePages: WatchedPage[];
  services: WatchedPage[];
  /** The database server. Absent: there is none. */
  database?: MetricsEndpoint | undefined;
  /** How often everything is asked. Default `30s`. */
  interval?: string;
  /** How long what was measured is kept, and in how much space. Default `15d`, `4Gi`. */
  retention?: string;
  maxSize?: string;
  /** Memory limit of Prometheus as a quantity. Default `512Mi`. */
  memory?: string;
  /** Driver of the volumes of Prometheus and Alertmanager. Default: `local`. */
  storage?: VolumeSettings;
  /** Placement constraints of everything but the node exporter, which runs on every machine. Default: the stack's. */
  placement?: string[] | undefined;
  /** Who is told, and how; see `monitoring.alerts` in config/schema/monitoring.ts. Absent: nobody. */
  alerts?: AlertArgs | undefined;
  /** Grafana, on a published port or, without one, on the stack's `monitoring` network alone. Absent: none. */
  dashboards?: { port?: number | undefined } | undefined;
  /** Seconds after which the newest good backup of the stack is too old. Absent: none is promised, and nothing told. */
  backupOverdueAfter?: number | undefined;
  /** Seconds before the end of a site's certificate from which on it should have been renewed. Absent: nobody looks. */
  renewedBefore?: number | undefined;
  /** Keep what was measured when the component is destroyed. Default true. */
  retainData?: boolean;
}

export interface AlertArgs {
  to: readonly string[];
  from: string;
  /** Where the mail goes. Its host must be a name and no output: it is part of what a config is named after. */
  mail: MailEndpoint<SwarmSecretReference>;
  /** Default `2m`. */
  after?: string;
  /** Default 2 seconds. */
  slow?: number;
  /** Default `5m`. */
  every?: string;
  /** Default `12h`. */
  repeat?: string;
}
