/**
 * The library face on Kubernetes: components to use from your own Pulumi program.
 *
 * @example
 * import { GhostWithMySql, Mailpit } from "./components/kubernetes";
 */
export { Analytics, type AnalyticsArgs } from "./analytics/kubernetes";
export { Edge, type EdgeArgs, type SiteEdge } from "./edge/kubernetes";
export type { EdgeSite } from "./edge/settings";
export { Ghost, type GhostArgs } from "./ghost/kubernetes";
export { GhostWithMySql, type GhostSite, type GhostWithMySqlArgs } from "./ghost-with-mysql/kubernetes";
export { MailRelay, type MailRelayArgs } from "./mail-relay/kubernetes";
export { Mailpit, type MailpitArgs, type MailpitStorage } from "./mailpit/kubernetes";
export { Monitoring, type MonitoringArgs } from "./monitoring/kubernetes";
export type { DatabaseServer } from "./mysql/database-secrets";
export { ExternalMySql, type ExternalMySqlArgs } from "./mysql/external/kubernetes";
export type { ExternalDatabase, ExternalServer } from "./mysql/external/settings";
export { MySql, type MySqlArgs } from "./mysql/kubernetes";
export { ReplicatedMySql, type ReplicatedMySqlArgs } from "./mysql/replicated-kubernetes";
export type { Transform } from "../platforms/children";
export type { KubernetesTransforms } from "../platforms/kubernetes/children";
export { applyPodPresets, type PodPreset } from "../platforms/kubernetes/pods/pod-presets";
