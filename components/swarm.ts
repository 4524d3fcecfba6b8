/**
 * The library face on Docker Swarm: components to use from your own Pulumi program, and the networks they run on.
 *
 * @example
 * const networks = stackNetworks({ name: "blog" }, { encryptBackend: false }, { provider });
 * new GhostWithMySql("ghost", { stack: { name: "blog", networks }, … }, { provider });
 */
export type { Transform } from "../platforms/children";
export type { SwarmTransforms } from "../platforms/swarm/children";
export { stackNetworks } from "../platforms/swarm/networks";
export type { SwarmStack } from "../platforms/swarm/stack";
export { ActivityPub, type ActivityPubArgs } from "./activitypub/swarm";
export { Analytics, type AnalyticsArgs } from "./analytics/swarm";
export { Edge, type EdgeArgs } from "./edge/swarm";
export type { EdgeSite } from "./edge/settings";
export type { DatabaseEndpoint, MailEndpoint, MetricsEndpoint } from "./endpoints";
export { Ghost, type GhostArgs } from "./ghost/swarm";
export { GhostWithMySql, type GhostSite, type GhostWithMySqlArgs } from "./ghost-with-mysql/swarm";
export { MailRelay, type MailRelayArgs } from "./mail-relay/swarm";
export { Mailpit, type MailpitArgs } from "./mailpit/swarm";
export { Monitoring, type MonitoringArgs } from "./monitoring/swarm";
export type { DatabaseServer } from "./mysql/database-secrets-swarm";
export { ExternalMySql, type ExternalMySqlArgs } from "./mysql/external/swarm";
export type { ExternalDatabase, ExternalServer } from "./mysql/external/settings";
export { MySql, type MySqlArgs } from "./mysql/swarm";
export { ReplicatedMySql, type ReplicatedMySqlArgs } from "./mysql/replicated-swarm";
export { Shop, type ShopArgs } from "./shop/swarm";
export { WordPress, type WordPressArgs } from "./wordpress/swarm";

// Parts of which the component of an app of your own can be made (docs/adding-an-app.md).
export { SwarmChildren } from "../platforms/swarm/children";
export { configFiles } from "../platforms/swarm/configs";
export type { SecretFile, SwarmSecretReference } from "../platforms/swarm/secrets";
export { initThen, initThenScript, memoryMount, serviceArgs, volumeMount } from "../platforms/swarm/service";
export { namedVolume } from "../platforms/swarm/volume";
export type { OwnAppOnSwarm } from "./own-app/swarm";
