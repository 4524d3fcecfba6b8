import type { FiguresEndpoint, MetricsEndpoint } from "../endpoints";
import { replicaLogin } from "../mysql/users";
import type { WatchedPage, WatchedPages } from "../watched-pages";
import { ports, rulesFile } from "./settings";

/** What is watched. */
export interface Watched extends WatchedPages {
  /** The database server, as the MySQL exporter reaches it. */
  database?: Pick<MetricsEndpoint<unknown>, "source" | "replicas"> | undefined;
  /** The archive of its binary logs, which tells figures itself. */
  archive?: Pick<FiguresEndpoint, "host" | "port"> | undefined;
  /** DNS name that resolves to every node exporter. Absent: there are none. */
  machines?: string | undefined;
  /** Whether Prometheus has what kubelets tell of claims: a cluster's own. Default false. */
  hasClaimFigures?: boolean;
}

/** At which host each part is found. */
export interface PartNames {
  prometheus: string;
  alertmanager: string;
  blackboxExporter: string;
  mysqldExporter: string;
}

/** How Prometheus asks. */
export interface ScrapeSettings {
  /** Label `stack` of what it tells others. */
  label: string;
  /** How often everything is asked, for example `30s`. */
  interval: string;
  /** Whether there is an Alertmanager. */
  alerts: boolean;
  /** Files with rules that come later, as patterns. Default: none. */
  moreRules?: readonly string[];
  /** Who tells figures of backups, with its port. Absent: nobody that can be asked. */
  backups?: string | undefined;
}

const mysqlPort = 3306;

/** Of a page's module in the blackbox exporter's configuration. */
export function moduleOf({ name }: WatchedPage, job: string): string {
  return `${job}-${name}`;
}

/** The configuration of Prometheus, to be written as YAML. */
export function prometheusConfig(
  parts: PartNames,
  { archive, certificates = [], database, homePages, machines, services, sites }: Watched,
  { alerts, backups, interval, label, moreRules = [] }: ScrapeSettings,
): object {
  const own = (job: string, part: keyof PartNames) => ({
    job_name: job,
    static_configs: [{ targets: [`${parts[part]}:${ports[part]}`] }],
  });
  return {
    global: { scrape_interval: interval, evaluation_interval: interval, external_labels: { stack: label } },
    rule_files: [rulesFile, ...moreRules],
    ...(alerts
      ? {
          alerting: {
            alertmanagers: [{ static_configs: [{ targets: [`${parts.alertmanager}:${ports.alertmanager}`] }] }],
          },
        }
      : {}),
    scrape_configs: [
      { job_name: "prometheus", static_configs: [{ targets: [`localhost:${ports.prometheus}`] }] },
      ...(alerts ? [own("alertmanager", "alertmanager")] : []),
      pages("sites", sites, parts.blackboxExporter),
      pages("home-pages", homePages, parts.blackboxExporter),
      ...(services.length > 0 ? [pages("services", services, parts.blackboxExporter)] : []),
      ...(certificates.length > 0 ? [pages("certificates", certificates, parts.blackboxExporter)] : []),
      ...(database ? [servers(database, parts.mysqldExporter)] : []),
      ...(archive ? [{ job_name: "archive", static_configs: [{ targets: [`${archive.host}:${archive.port}`] }] }] : []),
      ...(backups === undefined ? [] : [{ job_name: "backups", static_configs: [{ targets: [backups] }] }]),
      ...(machines === undefined
        ? []
        : [{ job_name: "machines", dns_sd_configs: [addressesOf(machines, ports.nodeExporter)] }]),
    ],
  };
}

/** Pages, asked by the blackbox exporter; what it measures carries the page's name and app. */
function pages(job: string, watched: readonly WatchedPage[], exporter: string): object {
  return {
    job_name: job,
    metrics_path: "/probe",
    static_configs: watched.map((page) => ({
      targets: [page.target],
      labels: {
        name: page.name,
        app: page.app,
        address: page.address ?? page.target,
        __param_module: moduleOf(page, job),
      },
    })),
    relabel_configs: askedThrough(`${exporter}:${ports.blackboxExporter}`),
  };
}

/** What the rules and dashboards use of a database server; each further one takes more rights. */
const collectors = ["global_status", "global_variables", "slave_status"];

/** Database servers, asked by the MySQL exporter; what it measures carries the server's role. */
function servers(database: NonNullable<Watched["database"]>, exporter: string): object {
  const { hosts = [] } = database.replicas ?? {};
  const found = "resolvedBy" in hosts ? hosts.resolvedBy : undefined;
  return {
    job_name: "mysql",
    metrics_path: "/probe",
    params: { "collect[]": collectors },
    static_configs: databaseServers(database).map(({ role, target }) => ({ targets: [target], labels: { role } })),
    ...(found === undefined ? {} : { dns_sd_configs: [addressesOf(found, mysqlPort)] }),
    relabel_configs: [
      ...(found === undefined
        ? []
        : [
            { source_labels: ["role"], regex: "", target_label: "role", replacement: "replica" },
            {
              source_labels: ["role"],
              regex: "replica",
              target_label: "__param_auth_module",
              replacement: replicaLogin,
            },
          ]),
      ...askedThrough(`${exporter}:${ports.mysqldExporter}`),
    ],
  };
}

/** The servers that are known by name, and how the exporter is asked about each: by what query, and by what path where somebody chooses that. */
export function databaseServers({ replicas, source }: NonNullable<Watched["database"]>) {
  const { hosts = [] } = replicas ?? {};
  const listed = "resolvedBy" in hosts ? [] : hosts;
  return [
    { role: "source", host: source, path: "/source" },
    ...listed.map((host, index) => ({ role: "replica", host, path: `/replica-${index + 1}` })),
  ].map(({ host, path: asked, role }) => {
    const target = `${host}:${mysqlPort}`;
    return {
      role,
      target,
      path: asked,
      query: [`target=${target}`, ...collectors.map((one) => `collect[]=${one}`)].join("&"),
    };
  });
}

/** Has one exporter ask for what the target names. */
function askedThrough(exporter: string): object[] {
  return [
    { source_labels: ["__address__"], target_label: "__param_target" },
    { source_labels: ["__param_target"], target_label: "instance" },
    { target_label: "__address__", replacement: exporter },
  ];
}

/** Every healthy task of a service: the swarm's name server is the list of what there is. */
function addressesOf(name: string, port: number): object {
  return { names: [name], type: "A", port, refresh_interval: "15s" };
}

/** The configuration of the blackbox exporter: how each page is asked for, and what it has to answer. */
export function blackboxConfig({
  certificates = [],
  homePages,
  services,
  sites,
}: Pick<Watched, "certificates" | "homePages" | "services" | "sites">): object {
  const module = ({ headers, serverName, statuses = [200] }: WatchedPage) => ({
    prober: "http",
    timeout: "10s",
    http: {
      valid_status_codes: statuses,
      ...(headers ? { headers } : {}),
      ...(serverName === undefined ? {} : { tls_config: { server_name: serverName, insecure_skip_verify: true } }),
      // It leads to the address that readers use, which is not to be had in here.
      follow_redirects: false,
      preferred_ip_protocol: "ip4",
      ip_protocol_fallback: false,
    },
  });
  return {
    modules: Object.fromEntries([
      ...sites.map((page) => [moduleOf(page, "sites"), module(page)] as const),
      ...homePages.map((page) => [moduleOf(page, "home-pages"), module(page)] as const),
      ...services.map((page) => [moduleOf(page, "services"), module(page)] as const),
      ...certificates.map((page) => [moduleOf(page, "certificates"), handshake(page)] as const),
    ]),
  };
}

/** A look at a certificate: whose it is, and whether it holds now, is not asked. */
function handshake({ serverName }: WatchedPage): object {
  const tls = { server_name: serverName, insecure_skip_verify: true };
  return { prober: "tcp", timeout: "10s", tcp: { tls: true, tls_config: tls, preferred_ip_protocol: "ip4" } };
}
