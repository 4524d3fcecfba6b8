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

// Parts of which the component of an app of your own can be made (docs/adding-an-app.md).
export { KubernetesChildren } from "../platforms/kubernetes/children";
export { databasePasswordVolume, passwordVolume } from "../platforms/kubernetes/files/password-volume";
export { toNames } from "../platforms/kubernetes/network/network-policy";
export { serviceArgs } from "../platforms/kubernetes/network/service";
export { besideItself, rollingDeployment } from "../platforms/kubernetes/pods/deployment";
export { environmentOf } from "../platforms/kubernetes/pods/environment";
export { execHandler, lifecycleHooks, sleepHandler } from "../platforms/kubernetes/pods/lifecycle";
export { containerResources, podTemplate } from "../platforms/kubernetes/pods/pod";
export { podScripts, scriptMount } from "../platforms/kubernetes/pods/pod-scripts";
export { execProbe, httpProbe } from "../platforms/kubernetes/pods/probes";
export { restrictedContainer } from "../platforms/kubernetes/pods/security";
export { dataClaim } from "../platforms/kubernetes/storage/claim";
export type { DatabaseEndpoint, MailEndpoint } from "./endpoints";
export type { KeptClaim } from "./kept-claim";
export { clusterNetwork, networkPolicy, toEndpoint } from "./network-policy";
export type { OwnAppOnKubernetes } from "./own-app/kubernetes";
