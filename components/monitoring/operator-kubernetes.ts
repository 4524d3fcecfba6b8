import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { defaults } from "../../config/defaults";
import { durationSeconds } from "../../config/values/duration";
import { contentHash } from "../../platforms/content-hash";
import type { KubernetesChildren } from "../../platforms/kubernetes/children";
import { configuration } from "../../platforms/kubernetes/files/configuration";
import type { SecretReference } from "../../platforms/kubernetes/files/secret-reference";
import { appLabels, type AppMetadata } from "../../platforms/kubernetes/labels";
import {
  networkPolicyArgs,
  toNames,
  toNeighbours,
  toServer,
  type Connections,
} from "../../platforms/kubernetes/network/network-policy";
import { operatorApi, type operatorKinds } from "../../platforms/kubernetes/prometheus-operator";
import { rollingDeployment } from "../../platforms/kubernetes/pods/deployment";
import { containerResources, podTemplate } from "../../platforms/kubernetes/pods/pod";
import { httpProbe } from "../../platforms/kubernetes/pods/probes";
import { restrictedContainer } from "../../platforms/kubernetes/pods/security";
import { serviceArgs } from "../../platforms/kubernetes/network/service";
import type { WatchedPage } from "../watched-pages";
import type { MetricsEndpoint } from "../endpoints";
import { proxyCommand, proxyConfigFolder, proxyConfigName, proxyUser } from "../mysql/group/proxy";
import { clusterNetwork } from "../network-policy";
import type { MonitoringArgs, OperatorArgs } from "./args-kubernetes";
import { backupReader, backupTeller } from "./backups-kubernetes";
import { toPages } from "./network-policy";
import { blackboxPart, mysqldExporterPart, ruleSettings } from "./parts";
import { fileTexts, fileVolumes, partContainer, secretFile } from "./pods-kubernetes";
import { alertRules } from "./rules";
import { scoped } from "./scope";
import { dashboards, datasource } from "./grafana";
import { databaseServers, moduleOf, type Watched } from "./prometheus";
import { metricsFile, nobody, ports } from "./settings";

/** Role of the objects of who asks the database server. */
const databaseRole = "mysql";

/**
 * A stack that the cluster's own Prometheus watches: what it asks through, and objects of the Prometheus operator that say what it asks, what is wrong then,
 * and what Grafana shows.
 *
 * Its Prometheus reaches two pods here, and nobody else does where the network carries policies out. Neither gives anything away to others: one fetches
 * pages; the other, which logs in to the database server, has a proxy before it that chooses the server.
 */
export function watchedByOperator(children: KubernetesChildren, args: MonitoringArgs, operator: OperatorArgs): void {
  const { archive, certificates = [], database, homePages, services, sites } = args;
  const watched: Watched = { sites, homePages, services, certificates, database, archive, hasClaimFigures: true };
  asking(children, args, operator, watched);
  for (const [job, pages] of [
    ["sites", sites],
    ["home-pages", homePages],
    ["services", services],
    ["certificates", certificates],
  ] as const) {
    for (const page of pages) {
      probe(children, args, operator, job, page);
    }
  }
  if (database) {
    askingDatabase(children, args, operator, database);
  }
  if (archive?.service) {
    const { labels, port } = archive.service;
    make(children, operator, "serviceMonitor", "archive", {
      kind: "ServiceMonitor",
      spec: {
        selector: { matchLabels: labels },
        endpoints: [{ port, ...how(args), relabelings: [constant("job", "archive")] }],
      },
    });
  }
  make(children, operator, "prometheusRule", "", {
    kind: "PrometheusRule",
    spec: pulumi
      .all([args.namespace, database?.end ?? ""])
      .apply(([namespace, end]) => scopedRules(watched, args, namespace, end)),
  });
  if (args.dashboards) {
    boards(children, args, operator, watched);
  }
}

/** The rules of the stack among those of others: each about its namespace, and labelled with it for who sorts alerts. */
function scopedRules(
  watched: Watched,
  args: MonitoringArgs,
  namespace: string,
  databaseCertificateEnd: string,
): object {
  const { groups } = alertRules(watched, ruleSettings(args, databaseCertificateEnd));
  return {
    groups: groups.map(({ name, rules }) => ({
      name,
      rules: rules.map((rule) => ({
        ...rule,
        expr: scoped(rule.expr, matcherOf(namespace)),
        labels: { ...rule.labels, namespace },
      })),
    })),
  };
}

function matcherOf(namespace: string): string {
  return `namespace="${namespace}"`;
}

/** What fetches pages, and tells when backups were made where some are promised. */
function asking(children: KubernetesChildren, args: MonitoringArgs, operator: OperatorArgs, watched: Watched): void {
  const { images } = args;
  const probing = blackboxPart(watched);
  const backups = args.backupOverdueAfter === undefined ? undefined : backupTeller(args, "everybody");
  const files = [probing, ...(backups ? [backups] : [])];
  const { hash, name: configMap } = configuration(children, "configuration", fileTexts(files));
  const metadata = children.metadata("");
  const named = { pages: ports.blackboxExporter, ...(backups ? { backups: ports.backups } : {}) };
  const template = podTemplate(
    { ...children.labels, ...args.clientLabels },
    nobody,
    hash(),
    {
      ...(backups ? { serviceAccountName: backupReader(children, args) } : {}),
      containers: [
        partContainer("blackboxExporter", probing, {
          image: images.blackboxExporter,
          port: { name: "pages", number: ports.blackboxExporter },
        }),
        ...(backups ? [backups.container] : []),
      ],
      volumes: [...fileVolumes(configMap, files), ...(backups ? [backups.volume] : [])],
    },
    backups ? { ...args.pod, serviceAccountName: undefined, resources: undefined } : args.pod,
  );
  children.make("deployment", "", rollingDeployment(metadata, children.labels, 1, template));
  children.make("service", "", serviceArgs(metadata, children.labels, named));
  policy(children, args, "", metadata, {
    takes: Object.values(named).map((port) => ({ port, namespace: operator.namespace })),
    opens: [...toPages(args), ...(backups ? toServer("kubernetes.default.svc", [443, 6443]) : [])],
  });
  if (backups) {
    const endpoint = { port: "backups", ...how(args), relabelings: [constant("job", "backups")] };
    make(children, operator, "serviceMonitor", "backups", {
      kind: "ServiceMonitor",
      spec: { selector: { matchLabels: children.labels }, endpoints: [endpoint] },
    });
  }
}

/** What asks the database server: the exporter for its own pod alone, and a proxy that has it ask servers of the stack and no others. */
function askingDatabase(
  children: KubernetesChildren,
  args: MonitoringArgs,
  operator: OperatorArgs,
  database: MetricsEndpoint<SecretReference>,
): void {
  const { images } = args;
  const labels = appLabels("mysqld-exporter", children.objectOf(databaseRole));
  const metadata = { ...children.metadata(databaseRole), labels };
  const servers = databaseServers(database);
  const login = secretFile("metrics", database.optionFile, metricsFile);
  const counting = mysqldExporterPart(database, { listensAt: "127.0.0.1" });
  const { hash, name: configMap } = configuration(children, databaseRole, {
    ...fileTexts([counting]),
    [proxyConfigName]: chooser(servers),
  });
  const proxy = { name: "proxy", mountPath: proxyConfigFolder, readOnly: true };
  const template = podTemplate(
    { ...labels, ...database.clientLabels },
    nobody,
    hash(),
    {
      containers: [
        partContainer("mysqldExporter", counting, {
          image: images.mysqldExporter,
          mounts: [login.mount],
        }),
        {
          name: "chooser",
          image: images.haproxy,
          command: proxyCommand,
          securityContext: { ...restrictedContainer, runAsUser: proxyUser },
          ports: [{ name: "figures", containerPort: chooserPort }],
          readinessProbe: httpProbe({ path: "/", port: chooserPort }),
          livenessProbe: httpProbe({ path: "/", port: chooserPort }, { period: 20 }),
          resources: containerResources({ cpu: "10m", memory: "32Mi" }, "64Mi"),
          volumeMounts: [proxy],
        },
      ],
      volumes: [
        login.volume,
        ...fileVolumes(configMap, [counting]),
        { name: proxy.name, configMap: { name: configMap, items: [{ key: proxyConfigName, path: proxyConfigName }] } },
      ],
    },
    { ...args.pod, resources: undefined },
  );
  children.make("deployment", databaseRole, rollingDeployment(metadata, labels, 1, template));
  children.make("service", databaseRole, serviceArgs(metadata, labels, { figures: chooserPort }));
  policy(children, args, databaseRole, metadata, {
    takes: [{ port: chooserPort, namespace: operator.namespace }],
    opens: [toNeighbours],
  });
  make(children, operator, "serviceMonitor", databaseRole, {
    kind: "ServiceMonitor",
    spec: {
      selector: { matchLabels: labels },
      endpoints: servers.map(({ path, role, target }) => ({
        port: "figures",
        path,
        ...how(args),
        relabelings: [constant("job", "mysql"), constant("role", role), constant("instance", target)],
      })),
    },
  });
}

/** Where the proxy listens: the exporter's own port is its pod's. */
const chooserPort = 9105;

/** Configuration of a proxy that has the exporter ask the servers that it knows, each by a path. */
function chooser(servers: ReturnType<typeof databaseServers>): string {
  return `global
  log stdout format raw local0 notice
  maxconn 50
defaults
  mode http
  log global
  timeout connect 2s
  timeout client 30s
  timeout server 30s
frontend figures
  bind :${chooserPort}
  http-request return status 200 if { path / }
  http-request return status 404 unless { path ${servers.map(({ path }) => path).join(" ")} }
${servers.map(({ path, query }) => `  http-request set-query "${query}" if { path ${path} }`).join("\n")}
  http-request set-path /probe
  default_backend exporter
backend exporter
  server exporter 127.0.0.1:${ports.mysqldExporter}
`;
}

/** How one page is asked for. */
function probe(
  children: KubernetesChildren,
  args: MonitoringArgs,
  operator: OperatorArgs,
  job: string,
  page: WatchedPage,
): void {
  const { address = page.target, app, name, target } = page;
  make(children, operator, "probe", `${job}-${name}`, {
    kind: "Probe",
    spec: {
      jobName: job,
      ...how(args),
      module: moduleOf(page, job),
      prober: { url: pulumi.interpolate`${children.objectName}.${args.namespace}.svc:${ports.blackboxExporter}` },
      targets: { staticConfig: { static: [target], labels: { name, app, address } } },
    },
  });
}

function how({ interval = defaults.monitoring.interval }: MonitoringArgs) {
  // Prometheus refuses a time limit above the interval.
  return { interval, scrapeTimeout: durationSeconds(interval) < 10 ? interval : "10s" };
}

/** A label that says the same of everything that is asked. */
function constant(targetLabel: string, replacement: string): object {
  return { targetLabel, replacement };
}

/** The dashboards, each about the stack's namespace, under names that no other stack's have: Grafana has them all in one folder. */
function boards(
  children: KubernetesChildren,
  { commandName, namespace }: MonitoringArgs,
  operator: OperatorArgs,
  watched: Watched,
): void {
  for (const [file, text] of Object.entries(dashboards(watched))) {
    const role = `dashboard-${file.replace(/\.json$/, "")}`;
    const metadata = children.metadata(role);
    children.make("configMap", role, {
      metadata: { ...metadata, labels: { ...metadata.labels, ...operator.dashboardLabels } },
      data: pulumi
        .output(namespace)
        .apply((own) => ({ [`${own}-${file}`]: scopedDashboard(text, commandName, own, operator.datasource) })),
    });
  }
}

/** @param source uid of Prometheus among the data sources of Grafana */
function scopedDashboard(text: string, stack: string, namespace: string, source: string): string {
  return JSON.stringify(
    JSON.parse(text, (key, value: unknown) =>
      key === "expr" && typeof value === "string" ? scoped(value, matcherOf(namespace)) : value,
    ),
    (key, value: unknown) => {
      const isWhole = typeof value === "object" && value !== null && "panels" in value;
      if (key === "uid" && value === datasource) {
        return source;
      }
      return isWhole
        ? {
            ...value,
            uid: `${String((value as { uid?: string }).uid)}-${contentHash(namespace)}`,
            title: `${String((value as { title?: string }).title)} (${stack})`,
          }
        : value;
    },
    2,
  );
}

/** An object of the operator's, with the labels by which its Prometheus takes it. */
function make(
  children: KubernetesChildren,
  { labels }: OperatorArgs,
  kind: "probe" | "prometheusRule" | "serviceMonitor",
  role: string,
  object: { kind: (typeof operatorKinds)[number]; spec: pulumi.Input<object> },
): k8s.apiextensions.CustomResource {
  const metadata = children.metadata(role);
  return children.make(kind, role, {
    apiVersion: operatorApi,
    ...object,
    metadata: { ...metadata, labels: { ...metadata.labels, ...labels } },
  });
}

function policy(
  children: KubernetesChildren,
  { networkPolicy }: MonitoringArgs,
  role: string,
  metadata: AppMetadata,
  { opens, takes }: Connections,
): void {
  if (networkPolicy !== false) {
    const names = toNames(clusterNetwork(networkPolicy).nameService);
    const args = networkPolicyArgs(metadata, metadata.labels, { takes, opens: [...names, ...opens] });
    children.make("networkPolicy", role, args);
  }
}
