import type * as pulumi from "@pulumi/pulumi";
import type { SwarmComponentArgs } from "../../platforms/swarm/children";
import type { SwarmSecretReference } from "../../platforms/swarm/secrets";
import type { VolumeSettings } from "../../platforms/swarm/volume";
import type { WatchingArgs, WatchingImages } from "./args";

/** The networks of its stack must have `monitoring` and `metrics`. The host of the mail server must be a name, and no output. */
export interface MonitoringArgs extends SwarmComponentArgs, WatchingArgs<SwarmSecretReference> {
  /** What stands before the names of its services, by which they find each other. Default: the component's name and a hyphen. */
  servicePrefix?: string | undefined;
  images: WatchingImages & { nodeExporter: pulumi.Input<string> };
  /** Driver of the volumes of Prometheus and Alertmanager. Default: `local`. */
  storage?: VolumeSettings;
  /** Placement constraints of everything but the node exporter, which runs on every machine. Default: the stack's. */
  placement?: string[] | undefined;
  /** Grafana, on a published port or, without one, on the stack's `monitoring` network alone. Absent: none. */
  dashboards?: { port?: number | undefined } | undefined;
}
