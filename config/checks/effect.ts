import { selfServedSites } from "../own-activitypub";
import { hasDatabaseServer, hasInbox } from "../apps";
import { stackSchema, type ParsedStack } from "../schema";
import { dependenciesOf, type Dependency } from "../schema/only";
import { below } from "../schema/walk";
import { isMap } from "../files/machine";

interface Condition {
  /** Keys that decide it. */
  decidedBy: readonly string[];
  holds(stack: ParsedStack, path: readonly string[]): boolean;
  /** What is the case where it does not hold, and what to do. */
  otherwise(stack: ParsedStack, path: readonly string[]): string;
}

const platform = (name: "kubernetes" | "swarm"): Condition => ({
  decidedBy: ["platform"],
  holds: (stack) => stack.platform === name,
  otherwise: (stack) => `only for platform ${name}; this stack has platform ${stack.platform}. Remove the key`,
});

const httpsInFront =
  "https ends in front of the edge: at an Ingress, with sites.<name>.ingress.issuer or .tlsSecret, or at the Gateway of sites.<name>.route";

/** What there is in place of keys of an edge that ends https itself. */
const edgeOnKubernetes: Readonly<Record<string, string>> = {
  httpPort: "the Ingress controller or the Gateway has the ports",
  httpsPort: "the Ingress controller or the Gateway has the ports",
  storage: "the edge keeps nothing",
};

/** When a key means something, by what it depends on. */
const withoutEdge = "without effect: the stack has no edge. Remove the key, or add edge";

const conditions: Record<Dependency, Condition> = {
  kubernetes: platform("kubernetes"),
  swarm: platform("swarm"),
  database: {
    decidedBy: ["sites", "wordpress", "apps"],
    holds: hasDatabaseServer,
    otherwise: () => "without effect: the stack has no site. Remove the key, or add a site",
  },
  inbox: {
    decidedBy: ["mailpit.enabled", "sites", "wordpress", "apps"],
    holds: (stack) => hasInbox(stack) || !hasDatabaseServer(stack),
    otherwise: () => "without effect: mailpit.enabled is false. Remove the key, or set mailpit.enabled to true",
  },
  mail: {
    decidedBy: ["mailpit.enabled", "mailRelay"],
    holds: (stack) => stack.mailpit.enabled || stack.mailRelay !== undefined,
    otherwise: () =>
      "without effect: nothing takes the site's mail. Remove the key, or add mailRelay, or set mailpit.enabled to true",
  },
  mailUser: {
    decidedBy: ["sites", "wordpress", "monitoring.alerts"],
    holds: (stack) => hasDatabaseServer(stack) || stack.monitoring?.alerts !== undefined,
    otherwise: () => "without effect: the stack has no site and no alerts. Remove the key",
  },
  replicated: {
    decidedBy: ["mysql.topology"],
    holds: (stack) => stack.mysql.topology === "replicated",
    otherwise: ({ mysql }) =>
      mysql.topology === "group"
        ? "without effect: mysql.topology is group, whose members decide that themselves. Remove the key"
        : "without effect: mysql.topology is single, one server without replicas. Remove the key, or set mysql.topology to replicated",
  },
  members: {
    decidedBy: ["mysql.topology"],
    holds: (stack) => stack.mysql.topology !== "single",
    otherwise: () =>
      "without effect: mysql.topology is single, one server. Remove the key, or set mysql.topology to group or replicated",
  },
  group: {
    decidedBy: ["mysql.topology"],
    holds: (stack) => stack.mysql.topology === "group",
    otherwise: ({ mysql }) =>
      `without effect: mysql.topology is ${mysql.topology}. Remove the key, or set mysql.topology to group`,
  },
  ownServer: {
    decidedBy: ["mysql.external"],
    holds: (stack) => stack.mysql.external === undefined,
    otherwise: () =>
      "without effect: the server is somebody else's, mysql.external. Remove the key, or set it there where the server is looked after",
  },
  ownClaim: {
    decidedBy: [],
    holds: (stack, path) => storageAt(stack, path).existingClaim === undefined,
    otherwise: (stack, path) =>
      `without effect: ${path.slice(0, -1).join(".")}.existingClaim names a claim that is there (${storageAt(stack, path).existingClaim}). Remove one of the two`,
  },
  external: {
    decidedBy: ["mysql.external"],
    holds: (stack) => stack.mysql.external !== undefined,
    otherwise: () =>
      "without effect: the stack's own server has a database for each site. Remove the key, or name another server in mysql.external",
  },
  dashboards: {
    decidedBy: ["monitoring.dashboards"],
    holds: (stack) => stack.monitoring?.dashboards ?? true,
    otherwise: () =>
      "without effect: monitoring.dashboards is false. Remove the key, or set monitoring.dashboards to true",
  },
  ownPrometheus: {
    decidedBy: ["monitoring.operator"],
    holds: (stack) => stack.monitoring?.operator === undefined,
    otherwise: () =>
      "without effect: the cluster's own Prometheus, Alertmanager and Grafana do that, monitoring.operator. Remove the key, or set it there",
  },
  networkPolicies: {
    decidedBy: ["kubernetes.networkPolicies"],
    holds: (stack) => stack.kubernetes?.networkPolicies ?? true,
    otherwise: () =>
      "without effect: kubernetes.networkPolicies is false. Remove the key, or set kubernetes.networkPolicies to true",
  },
  edge: {
    decidedBy: ["edge"],
    holds: (stack) => stack.edge !== undefined,
    otherwise: () => withoutEdge,
  },
  analytics: {
    decidedBy: ["analytics"],
    holds: (stack) => stack.analytics !== undefined,
    otherwise: () => "without effect: the stack has no analytics. Remove the key, or add analytics",
  },
  selfServed: {
    decidedBy: ["sites"],
    holds: (stack) => selfServedSites(stack).length > 0,
    otherwise: () =>
      "without effect: no site of the stack is served by its own ActivityPub server. Remove the key, or set sites.<name>.activityPub to self",
  },
  edgeOfSwarm: {
    decidedBy: ["platform"],
    holds: ({ platform: name }) => name === "swarm",
    otherwise: (_stack, [, key = ""]) =>
      `only for platform swarm. On Kubernetes ${edgeOnKubernetes[key] ?? httpsInFront}. Remove the key`,
  },
  noEdge: {
    decidedBy: ["edge"],
    holds: (stack) => stack.edge === undefined,
    otherwise: () => "without effect: the edge has the ports of the stack. Remove the key",
  },
  edgeOrIngress: {
    decidedBy: ["platform", "edge"],
    holds: (stack) => stack.platform === "kubernetes" || stack.edge !== undefined,
    otherwise: () => withoutEdge,
  },
  frontDoor: {
    decidedBy: ["platform", "edge"],
    holds: (stack, [, name = ""]) => hasFrontDoor(stack, name) || stack.sites[name]?.ingress !== undefined,
    otherwise: ({ platform }, [, name = ""]) =>
      platform === "swarm"
        ? withoutEdge
        : `without effect: sites.${name} is published by nothing. Remove the key, or add sites.${name}.ingress or sites.${name}.route`,
  },
  redirects: {
    decidedBy: ["platform", "edge"],
    holds: (stack, [, name = ""]) => hasFrontDoor(stack, name),
    otherwise: ({ platform }, [, name = ""]) =>
      platform === "swarm"
        ? withoutEdge
        : `without effect: only sites.${name}.route, or an edge behind sites.${name}.ingress, leads readers from one host to another; an Ingress has no standard way. Remove the key, or add edge, or publish the site by a route`,
  },
  schedule: {
    decidedBy: ["backup.schedule"],
    holds: (stack) => stack.backup?.schedule !== undefined,
    otherwise: () =>
      "without effect: without backup.schedule no backup is promised. Remove the key, or add backup.schedule",
  },
  ownBackups: {
    decidedBy: ["platform", "backup.schedule", "backup.pointInTime"],
    holds: ({ backup, platform }) =>
      platform === "kubernetes" ? backup?.schedule !== undefined : backup?.pointInTime === true,
    otherwise: ({ platform }) =>
      platform === "kubernetes"
        ? "without effect: without backup.schedule no backup is promised. Remove the key, or add backup.schedule"
        : "without effect: on Swarm a machine outside makes the full backups, and what the stack seals itself is the archive of binary logs. Remove the key, or set backup.pointInTime to true",
  },
  recipient: {
    decidedBy: ["backup.recipient"],
    holds: (stack) => stack.backup?.recipient !== undefined,
    otherwise: () =>
      "without effect: without backup.recipient the stack saves nothing by itself. Remove the key, or add backup.recipient: npm run backup -- key",
  },
  pointInTime: {
    decidedBy: ["backup.pointInTime"],
    holds: (stack) => stack.backup?.pointInTime === true,
    otherwise: () =>
      "without effect: without backup.pointInTime no binary logs are archived. Remove the key, or set backup.pointInTime to true",
  },
  acme: {
    decidedBy: ["edge.certificates"],
    holds: (stack) => stack.edge?.certificates !== "internal",
    otherwise: () => "without effect: edge.certificates is internal. Remove the key, or set edge.certificates to acme",
  },
  logForwarder: {
    decidedBy: [],
    holds: (stack, [, name = ""]) => stack.sites[name]?.logForwarder?.enabled ?? true,
    otherwise: (_stack, [, name = ""]) =>
      `without effect: sites.${name}.logForwarder.enabled is false. Remove the key, or set it to true`,
  },
};

/** What stands beside a key of a storage. */
function storageAt(stack: ParsedStack, path: readonly string[]): { existingClaim?: string } {
  const at = (value: unknown, key: string): unknown => (isMap(value) ? value[key] : undefined);
  const storage = path.slice(0, -1).reduce<unknown>(at, stack);
  return isMap(storage) ? storage : {};
}

/** Whether something in front of a site can lead readers from one host to another. */
function hasFrontDoor({ edge, platform, sites }: ParsedStack, name: string): boolean {
  const { ingress, route } = sites[name] ?? {};
  return platform === "swarm" ? edge !== undefined : (route ?? (edge && ingress)) !== undefined;
}

/**
 * Keys that mean nothing in this stack: of the other platform, or switched off by another key.
 *
 * @param raw the configuration as it was written, which tells what was said from what is a default
 * @param isUnknown whether a key has a mistake of its own, so that nobody knows what it decides
 */
export function effectMistakes(raw: unknown, stack: ParsedStack, isUnknown: (key: string) => boolean): string[] {
  const visit = (
    value: unknown,
    schema: typeof stackSchema | ReturnType<typeof below>,
    path: readonly string[],
  ): string[] => {
    if (value === undefined || schema === undefined) {
      return [];
    }
    const idle = dependenciesOf(schema)
      .map((dependency) => conditions[dependency])
      .find((condition) => !condition.decidedBy.some(isUnknown) && !condition.holds(stack, path));
    if (idle) {
      return [`${path.join(".")}: ${idle.otherwise(stack, path)}`];
    }
    const entries = Array.isArray(value) ? [...value.entries()] : isMap(value) ? Object.entries(value) : [];
    return entries.flatMap(([key, entry]) => visit(entry, below(schema, key), [...path, String(key)]));
  };
  return visit(raw, stackSchema, []);
}
