import { z } from "zod";
import { dnsLabel } from "../values/names";
import { activityPub } from "./activitypub";
import { analytics } from "./analytics";
import { backup } from "./backup";
import { behindEdge, edge } from "./edge";
import { site } from "./ghost";
import { images } from "./images";
import { kubernetesSchema } from "./kubernetes";
import { mailRelay } from "./mail-relay";
import { mailpit } from "./mailpit";
import { monitoring } from "./monitoring";
import { mysql } from "./mysql";
import { only } from "./only";
import { ownApp } from "./own-app";
import { secrets } from "./secrets";
import { shop } from "./shop";
import { swarmSchema, type swarmNode } from "./swarm";
import { wordpress } from "./wordpress";

export type { AppFilesConfig } from "./app-files";

/**
 * Every key of a stack, with its default and its documentation. The reference page, the JSON Schema for editors and the type
 * `StackConfig` all come from here; checks that concern several keys stand in `checks/`.
 */

export const stackSchema = z.strictObject({
  platform: z.enum(["kubernetes", "swarm"]).describe("Where the stack runs."),
  retainData: z
    .boolean()
    .default(true)
    .describe(
      "Whether databases, content and mail outlive `pulumi destroy`. `npm run destroy -- --data` removes what was kept.",
    ),
  backup: backup.optional(),
  images,
  kubernetes: only("kubernetes", kubernetesSchema.optional().describe("The cluster. Required there.")),
  swarm: only("swarm", swarmSchema.optional().describe("The swarm. Every key has a default.")),
  edge: only("database", edge.optional()),
  mysql: only("database", mysql),
  mailpit: only("database", mailpit),
  mailRelay: only("mailUser", mailRelay.optional()),
  sites: z
    .record(dnsLabel(24), site)
    .default({})
    .describe("Ghost sites by name; each has its own database, user, password and content."),
  wordpress: only(
    "swarm",
    z.record(dnsLabel(24), wordpress).default({}).describe("WordPress sites by name, on the same database server."),
  ),
  shop: only("swarm", shop.optional()),
  analytics: only("database", behindEdge(analytics.optional())),
  activityPub: only("selfServed", activityPub),
  monitoring: monitoring.optional(),
  apps: z
    .record(dnsLabel(24), ownApp)
    .default({})
    .describe("Apps that are no part of this program, by name (docs/adding-an-app.md)."),
  secrets,
});

/** A stack as the schema alone leaves it; `parseStackConfig` makes a `StackConfig` of it. */
export type ParsedStack = z.output<typeof stackSchema>;
type SharedConfig = Omit<ParsedStack, "platform" | "kubernetes" | "swarm">;
/** The cluster, with the name of the namespace filled in. */
export type KubernetesConfig = z.output<typeof kubernetesSchema> & { namespace: string };
/** The swarm, with what its nodes say filled in. */
export type SwarmConfig = z.output<typeof swarmSchema> & { host: string; singleNode: boolean };
export type SwarmNodeConfig = z.output<typeof swarmNode>;
export type KubernetesStackConfig = SharedConfig & { platform: "kubernetes"; kubernetes: KubernetesConfig };
export type SwarmStackConfig = SharedConfig & { platform: "swarm"; swarm: SwarmConfig };
/** A stack's checked configuration, with every default filled in. */
export type StackConfig = KubernetesStackConfig | SwarmStackConfig;
export type SiteConfig = ParsedStack["sites"][string];
export type WordPressConfig = ParsedStack["wordpress"][string];
/** See `pod.ts`. */
export type PodConfig = NonNullable<SiteConfig["pod"]>;
export type EdgeConfig = z.output<typeof edge>;
export type AnalyticsConfig = z.output<typeof analytics>;
export type MailRelayConfig = z.output<typeof mailRelay>;
