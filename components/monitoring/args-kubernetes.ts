import type * as pulumi from "@pulumi/pulumi";
import type { KubernetesComponentArgs } from "../../platforms/kubernetes/children";
import type { SecretReference } from "../../platforms/kubernetes/files/secret-reference";
import type { PublishedPage } from "../../platforms/kubernetes/network/publish";
import type { PodPlacement } from "../../platforms/kubernetes/pods/pod";
import type { ClaimSettings } from "../../platforms/kubernetes/storage/claim";
import type { NetworkPolicyChoice } from "../network-policy";
import type { WatchingArgs, WatchingImages } from "./args";

export interface MonitoringArgs extends KubernetesComponentArgs, NetworkPolicyChoice, WatchingArgs<SecretReference> {
  images: WatchingImages & {
    /** Gives a volume that ignores fsGroup to the user of Prometheus. */
    busybox: pulumi.Input<string>;
    /** Stands before the MySQL exporter, with `operator`. */
    haproxy: pulumi.Input<string>;
    /** Its Node.js asks the cluster when backups were made. */
    ghost: pulumi.Input<string>;
  };
  /** Size and class of the volume of Prometheus and Alertmanager. Default 10Gi of the cluster's default class. */
  storage?: ClaimSettings;
  /** What else is said of its pods: where they run, labels, pull secrets. */
  pod?: PodPlacement | undefined;
  /** Labels without which a pod does not reach the pages that are watched. Default: none. */
  clientLabels?: Record<string, string> | undefined;
  /** The CronJob with which the cluster makes backups itself. Absent: they are made from outside alone. */
  backupCronJob?: pulumi.Input<string> | undefined;
  /** Grafana, published on a host or, without one, to be reached by port-forward. Absent: none. */
  dashboards?: { published?: PublishedPage | undefined } | undefined;
  /** The cluster's own Prometheus watches the stack, by the Prometheus operator. Absent: the stack has a Prometheus of its own. */
  operator?: OperatorArgs | undefined;
}

export interface OperatorArgs {
  /** Namespace of the Prometheus that asks. */
  namespace: string;
  /** Labels by which it takes its objects. */
  labels: Record<string, string>;
  /** Labels by which Grafana takes ConfigMaps with dashboards. */
  dashboardLabels: Record<string, string>;
  /** Uid of that Prometheus among Grafana's data sources. */
  datasource: string;
}
