import type * as pulumi from "@pulumi/pulumi";
import { defaults } from "../../config/defaults";
import { quantityToBytes } from "../../config/values/quantity";
import { yamlText } from "../../files/yaml-text";
import { mapped } from "../../platforms/later";
import type { MetricsEndpoint } from "../endpoints";
import { metricsAuthorityFile } from "../mysql/users";
import type { AlertArgs, WatchingArgs } from "./args";
import { alertRules, type RuleSettings } from "./rules";
import { alertmanagerConfig, mailTemplate } from "./alertmanager";
import { dashboards, grafanaConfig, grafanaProvisioning } from "./grafana";
import { blackboxConfig, type PartNames, prometheusConfig, type ScrapeSettings, type Watched } from "./prometheus";
import {
  alertmanagerFile,
  blackboxFile,
  dashboardDirectory,
  grafanaFile,
  grafanaUser,
  mailTemplateFile,
  metricsFile,
  nobody,
  ports,
  prometheusFile,
  rulesFile,
} from "./settings";

/** The parts of a monitoring, by what objects and containers are called after them. */
export const programs = {
  prometheus: "prometheus",
  alertmanager: "alertmanager",
  blackboxExporter: "blackbox-exporter",
  mysqldExporter: "mysqld-exporter",
  nodeExporter: "node-exporter",
  grafana: "grafana",
} as const;
export type Part = keyof typeof programs;

/** What a part is, wherever it runs. */
export interface PartSettings {
  /** Absent: what its image says. */
  command?: string[];
  user: number;
  environment?: Record<string, string>;
  /** Limit, as a quantity. */
  memory: string;
  /** What it reads at its start, by path. */
  files: Record<string, pulumi.Input<string>>;
  /** Where it answers while it is well. */
  health: { port: number; page: string };
}

/** How a platform runs a part. */
interface Run {
  /** Address that alone it listens at, such as `127.0.0.1`. Default: every one of its container. */
  listensAt?: string | undefined;
}

/** @param directory where it keeps what it measured */
export function prometheusPart(
  args: WatchingArgs<unknown>,
  watched: Watched,
  parts: PartNames,
  {
    directory,
    listensAt,
    ...more
  }: Run & { directory: string } & Pick<ScrapeSettings, "backups" | "label" | "moreRules">,
): PartSettings {
  const { alerts, interval = defaults.monitoring.interval } = args;
  return {
    command: [
      "/bin/prometheus",
      `--config.file=${prometheusFile}`,
      `--storage.tsdb.path=${directory}`,
      `--storage.tsdb.retention.time=${args.retention ?? defaults.monitoring.retention}`,
      `--storage.tsdb.retention.size=${quantityToBytes(args.maxSize ?? defaults.monitoring.maxSize)}B`,
      ...listening(listensAt, ports.prometheus),
    ],
    user: nobody,
    memory: args.memory ?? defaults.monitoring.memory,
    files: {
      [prometheusFile]: yamlText(prometheusConfig(parts, watched, { ...more, alerts: alerts !== undefined, interval })),
      [rulesFile]: mapped(args.database?.end, "", (end) => yamlText(alertRules(watched, ruleSettings(args, end)))),
    },
    // It answers while it reads its log of the last hours, which may take minutes.
    health: { port: ports.prometheus, page: "/-/healthy" },
  };
}

/**
 * What the rules of a stack depend on.
 *
 * @param databaseCertificateEnd as RFC 3339 has it; empty where there is none
 */
export function ruleSettings(
  {
    alerts,
    backupOverdueAfter,
    commandName,
    renewedBefore,
    verificationOverdueAfter,
  }: Pick<
    WatchingArgs<unknown>,
    "alerts" | "backupOverdueAfter" | "commandName" | "renewedBefore" | "verificationOverdueAfter"
  >,
  databaseCertificateEnd: string,
): RuleSettings {
  return {
    stack: commandName,
    after: alerts?.after ?? defaults.monitoring.alerts.after,
    slow: alerts?.slow ?? defaults.monitoring.alerts.slow,
    backupOverdueAfter,
    verificationOverdueAfter,
    renewedBefore,
    databaseCertificateEnd: databaseCertificateEnd || undefined,
  };
}

export function blackboxPart(watched: Watched, { listensAt }: Run = {}): PartSettings {
  return {
    command: [
      "/bin/blackbox_exporter",
      `--config.file=${blackboxFile}`,
      ...listening(listensAt, ports.blackboxExporter),
    ],
    user: nobody,
    memory: "64Mi",
    files: { [blackboxFile]: yamlText(blackboxConfig(watched)) },
    health: { port: ports.blackboxExporter, page: "/-/healthy" },
  };
}

/** It logs in to whatever address it is asked about: nobody but who asks for figures may reach it. */
export function mysqldExporterPart(
  { authority }: Pick<MetricsEndpoint<unknown>, "authority">,
  { listensAt }: Run = {},
): PartSettings {
  return {
    command: ["/bin/mysqld_exporter", `--config.my-cnf=${metricsFile}`, ...listening(listensAt, ports.mysqldExporter)],
    user: nobody,
    memory: "64Mi",
    files: { [metricsAuthorityFile]: authority },
    health: { port: ports.mysqldExporter, page: "/" },
  };
}

/**
 * @param configuration see `alertmanagerText`
 * @param run.directory where it keeps silences, and what it has told
 */
export function alertmanagerPart(
  configuration: pulumi.Input<string>,
  { directory, listensAt }: Run & { directory: string },
): PartSettings {
  return {
    command: [
      "/bin/alertmanager",
      `--config.file=${alertmanagerFile}`,
      `--storage.path=${directory}`,
      // It is the only one, and talks to no other.
      "--cluster.listen-address=",
      ...listening(listensAt, ports.alertmanager),
    ],
    user: nobody,
    memory: "96Mi",
    files: { [alertmanagerFile]: configuration, [mailTemplateFile]: mailTemplate() },
    health: { port: ports.alertmanager, page: "/-/healthy" },
  };
}

/** @param host of the mail server */
export function alertmanagerText(alerts: AlertArgs<unknown>, host: string): string {
  const { encryption = "none", login, port } = alerts.mail;
  const { every = defaults.monitoring.alerts.every, from, repeat = defaults.monitoring.alerts.repeat, to } = alerts;
  return yamlText(alertmanagerConfig({ to, from, host, port, encryption, username: login?.username, every, repeat }));
}

/** @param prometheus host at which it asks */
export function grafanaPart(prometheus: string, watched: Watched): PartSettings {
  const provisioning = Object.entries(grafanaProvisioning(prometheus)).map(
    ([file, content]) => [file, yamlText(content)] as const,
  );
  const boards = Object.entries(dashboards(watched)).map(
    ([file, content]) => [`${dashboardDirectory}/${file}`, content] as const,
  );
  return {
    user: grafanaUser,
    environment: { GF_PATHS_CONFIG: grafanaFile },
    memory: "384Mi",
    files: Object.fromEntries([...provisioning, [grafanaFile, grafanaConfig()], ...boards]),
    health: { port: ports.grafana, page: "/api/health" },
  };
}

function listening(address: string | undefined, port: number): string[] {
  return address === undefined ? [] : [`--web.listen-address=${address}:${port}`];
}

/** A program that every image of these has, and that ends well where the part does. */
export function healthCommand({ page, port }: PartSettings["health"]): string[] {
  return ["wget", "-q", "-O", "/dev/null", `http://127.0.0.1:${port}${page}`];
}
