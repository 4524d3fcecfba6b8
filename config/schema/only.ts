import { z } from "zod";

/**
 * On what a key depends to mean anything. A key that is given where it means nothing is a mistake: `checks/effect.ts` says when that is. The
 * words end the key's documentation.
 */
export const dependencies = {
  kubernetes: "Kubernetes only.",
  swarm: "Swarm only.",
  database: "Only with a site.",
  inbox: "Only with the inbox.",
  mail: "Only with the inbox or `mailRelay`.",
  mailUser: "Only with a site or `monitoring.alerts`.",
  replicated: "Only with `mysql.topology` replicated.",
  members: "Only with `mysql.topology` replicated or group.",
  group: "Only with `mysql.topology` group.",
  ownClaim: "Not with `existingClaim`.",
  ownServer: "Not with `mysql.external`.",
  external: "Only with `mysql.external`.",
  dashboards: "Only with `monitoring.dashboards`.",
  ownPrometheus: "Not with `monitoring.operator`.",
  networkPolicies: "Only with `kubernetes.networkPolicies`.",
  logForwarder: "Only where the sidecar runs.",
  edge: "Only with `edge`.",
  edgeOfSwarm: "Swarm only.",
  analytics: "Only with `analytics`.",
  selfServed: "Only with `sites.<name>.activityPub` self.",
  noEdge: "Only without `edge`.",
  edgeOrIngress: "On Swarm only with `edge`.",
  frontDoor: "Only with `edge`, `ingress` or `route`.",
  redirects: "On Swarm only with `edge`, on Kubernetes only with `route`, or `edge` and `ingress`.",
  schedule: "Only with `backup.schedule`.",
  ownBackups: "On Kubernetes only with `backup.schedule`, on Swarm only with `backup.pointInTime`.",
  recipient: "Only with `backup.recipient`.",
  pointInTime: "Only with `backup.pointInTime`.",
  acme: "Only with `edge.certificates` acme.",
} as const;
export type Dependency = keyof typeof dependencies;

const registry = z.registry<{ only: readonly Dependency[] }>();

/** A key that means something under one condition only; its documentation says so. Goes around everything else that is said of the key. */
export function only<Schema extends z.ZodType>(dependency: Dependency, schema: Schema): Schema {
  const described = schema.describe([descriptionOf(schema), dependencies[dependency]].filter(Boolean).join(" "));
  registry.add(described, { only: [...dependenciesOf(schema), dependency] });
  return described;
}

/** The same for several keys. */
export function onlyEach<Shape extends Record<string, z.ZodType>>(dependency: Dependency, shape: Shape): Shape {
  return Object.fromEntries(Object.entries(shape).map(([key, schema]) => [key, only(dependency, schema)])) as Shape;
}

/** What a key depends on; empty for most. */
export function dependenciesOf(schema: z.core.$ZodType): readonly Dependency[] {
  return inner(schema).flatMap((layer) => registry.get(layer)?.only ?? []);
}

/** The documentation of a key, wherever among `optional` and `default` it was said. */
function descriptionOf(schema: z.ZodType): string | undefined {
  return inner(schema)
    .map((layer) => (layer as z.ZodType).description)
    .find((text) => text !== undefined);
}

/** A schema and what it wraps: `optional`, `default`, `prefault`. */
export function inner(schema: z.core.$ZodType): z.core.$ZodType[] {
  const { innerType } = schema._zod.def as { innerType?: z.core.$ZodType };
  return innerType ? [schema, ...inner(innerType)] : [schema];
}
