import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { defaults } from "../../config/defaults";
import { quantityToBytes } from "../../config/values/quantity";
import { yamlText } from "../../files/yaml-text";
import { mapped } from "../../platforms/later";
import type { SwarmChildren } from "../../platforms/swarm/children";
import { configFiles, type ConfigFile } from "../../platforms/swarm/configs";
import { versionedSecret } from "../../platforms/swarm/secrets";
import {
  machineMount,
  memoryMount,
  serviceArgs,
  volumeMount,
  type Healthcheck,
  type ServiceSettings,
} from "../../platforms/swarm/service";
import { backupLabel, objectName } from "../../platforms/swarm/stack";
import { namedVolume, type VolumeMount } from "../../platforms/swarm/volume";
import type { MetricsEndpoint } from "../mysql/database-secrets-swarm";
import { metricsAuthorityFile } from "../mysql/users";
import { backupRulesFiles } from "./backups";
import { alertRules } from "./rules";
import {
  adminPasswordFile,
  alertmanagerConfig,
  alertmanagerDirectory,
  alertmanagerFile,
  blackboxConfig,
  blackboxFile,
  dashboardDirectory,
  dashboards,
  grafanaConfig,
  grafanaDirectory,
  grafanaFile,
  grafanaProvisioning,
  grafanaUser,
  machineDirectory,
  mailPasswordFile,
  mailTemplate,
  mailTemplateFile,
  metricsFile,
  nobody,
  ports,
  prometheusConfig,
  prometheusDirectory,
  prometheusFile,
  rulesFile,
  type PartNames,
  type Watched,
} from "./settings";
import type { AlertArgs, MonitoringArgs } from "./args-swarm";

/** Figures of the past, and what was to be told of them: a stack that is made again begins without. */
const unsaved = { [backupLabel]: "excluded" };

export type Part = keyof PartNames | "grafana";

/** What the services are called behind their prefix, and to the engine. */
const programs = {
  prometheus: "prometheus",
  alertmanager: "alertmanager",
  blackboxExporter: "blackbox-exporter",
  mysqldExporter: "mysqld-exporter",
  nodeExporter: "node-exporter",
  grafana: "grafana",
} as const satisfies Record<Part, string>;

function partOf(children: SwarmChildren, { servicePrefix }: MonitoringArgs, part: Part): SwarmChildren {
  return children.part(programs[part], `${servicePrefix ?? `${children.objectName}-`}${programs[part]}`);
}

function namesOf(children: SwarmChildren, args: MonitoringArgs): PartNames {
  const name = (part: Part) => partOf(children, args, part).objectName;
  return {
    prometheus: name("prometheus"),
    alertmanager: name("alertmanager"),
    blackboxExporter: name("blackboxExporter"),
    mysqldExporter: name("mysqldExporter"),
    nodeExporter: name("nodeExporter"),
  };
}

function watchedBy(children: SwarmChildren, args: MonitoringArgs): Watched {
  const { database, homePages, services, sites, stack } = args;
  const machines = `tasks.${objectName(stack, namesOf(children, args).nodeExporter)}`;
  return { sites, homePages, services, database, machines };
}

function service(part: SwarmChildren, { stack }: MonitoringArgs, settings: ServiceSettings): docker.Service {
  return part.make("service", "", serviceArgs(stack, part.objectName, settings));
}

function dataVolume(part: SwarmChildren, { retainData = true, stack, storage = {} }: MonitoringArgs): VolumeMount {
  return namedVolume(stack, part, "data", storage, retainData);
}

function yamlFiles(part: SwarmChildren, files: Record<string, pulumi.Input<object>>): ConfigFile[] {
  const texts = Object.entries(files).map(([file, content]) => [file, mapped(content, {}, yamlText)] as const);
  return configFiles(part, Object.fromEntries(texts));
}

export function prometheus(children: SwarmChildren, args: MonitoringArgs): docker.Service {
  const { alerts, database, images, interval = defaults.monitoring.interval, placement, stack } = args;
  const part = partOf(children, args, "prometheus");
  const watched = watchedBy(children, args);
  const names = namesOf(children, args);
  return service(part, args, {
    image: images.prometheus,
    command: [
      "/bin/prometheus",
      `--config.file=${prometheusFile}`,
      `--storage.tsdb.path=${prometheusDirectory}`,
      `--storage.tsdb.retention.time=${args.retention ?? defaults.monitoring.retention}`,
      `--storage.tsdb.retention.size=${quantityToBytes(args.maxSize ?? defaults.monitoring.maxSize)}B`,
    ],
    user: nobody,
    memory: args.memory ?? defaults.monitoring.memory,
    networks: ["monitoring", ...(database ? (["metrics"] as const) : [])],
    labels: unsaved,
    configs: yamlFiles(part, {
      [prometheusFile]: prometheusConfig(stack.name, names, watched, {
        alerts: alerts !== undefined,
        interval,
        moreRules: args.backupOverdueAfter === undefined ? [] : [backupRulesFiles],
      }),
      [rulesFile]: mapped(database?.end, "", (databaseCertificateEnd) =>
        alertRules(watched, {
          stack: args.commandName,
          after: alerts?.after ?? defaults.monitoring.alerts.after,
          slow: alerts?.slow ?? defaults.monitoring.alerts.slow,
          backupOverdueAfter: args.backupOverdueAfter,
          renewedBefore: args.renewedBefore,
          databaseCertificateEnd: databaseCertificateEnd || undefined,
        }),
      ),
    }),
    mounts: [volumeMount(dataVolume(part, args), prometheusDirectory)],
    placement,
    // It answers while it reads its log of the last hours, which may take minutes.
    healthcheck: answers(ports.prometheus, "/-/healthy"),
  });
}

export function blackboxExporter(children: SwarmChildren, args: MonitoringArgs): docker.Service {
  const part = partOf(children, args, "blackboxExporter");
  return service(part, args, {
    image: args.images.blackboxExporter,
    command: ["/bin/blackbox_exporter", `--config.file=${blackboxFile}`],
    user: nobody,
    memory: "64Mi",
    networks: ["monitoring", "frontend"],
    configs: yamlFiles(part, { [blackboxFile]: blackboxConfig(watchedBy(children, args)) }),
    mounts: [],
    placement: args.placement,
    healthcheck: answers(ports.blackboxExporter, "/-/healthy"),
  });
}

export function mysqldExporter(
  children: SwarmChildren,
  args: MonitoringArgs,
  database: MetricsEndpoint,
): docker.Service {
  const part = partOf(children, args, "mysqldExporter");
  return service(part, args, {
    image: args.images.mysqldExporter,
    command: ["/bin/mysqld_exporter", `--config.my-cnf=${metricsFile}`],
    user: nobody,
    memory: "64Mi",
    // It logs in to whatever address it is asked about. So nobody but Prometheus reaches it, and it reaches nobody but the database servers.
    networks: ["metrics"],
    secrets: [{ secret: database.optionFile, target: metricsFile }],
    configs: configFiles(part, { [metricsAuthorityFile]: database.authority }),
    mounts: [],
    placement: args.placement,
    healthcheck: answers(ports.mysqldExporter, "/"),
  });
}

export function nodeExporter(children: SwarmChildren, args: MonitoringArgs): docker.Service {
  const collectors = ["cpu", "diskstats", "filesystem", "loadavg", "meminfo", "stat", "uname", "vmstat"];
  return service(partOf(children, args, "nodeExporter"), args, {
    image: args.images.nodeExporter,
    replicas: "every-node",
    // It tells figures under this name.
    hostname: "{{.Node.Hostname}}",
    command: [
      "/bin/node_exporter",
      `--path.rootfs=${machineDirectory}`,
      `--path.procfs=${machineDirectory}/proc`,
      `--path.sysfs=${machineDirectory}/sys`,
      "--collector.disable-defaults",
      ...collectors.map((collector) => `--collector.${collector}`),
    ],
    user: nobody,
    memory: "64Mi",
    networks: ["monitoring"],
    mounts: [machineMount(machineDirectory)],
    placement: [],
    healthcheck: answers(ports.nodeExporter, "/"),
  });
}

export function alertmanager(children: SwarmChildren, args: MonitoringArgs, alerts: AlertArgs): docker.Service {
  const { mail } = alerts;
  const part = partOf(children, args, "alertmanager");
  return service(part, args, {
    image: args.images.alertmanager,
    command: [
      "/bin/alertmanager",
      `--config.file=${alertmanagerFile}`,
      `--storage.path=${alertmanagerDirectory}`,
      // It is the only one, and talks to no other.
      "--cluster.listen-address=",
    ],
    user: nobody,
    memory: "96Mi",
    networks: ["monitoring"],
    labels: unsaved,
    secrets: mail.login ? [{ secret: mail.login.password, target: mailPasswordFile }] : [],
    configs: [
      ...yamlFiles(part, {
        [alertmanagerFile]: alertmanagerConfig({
          to: alerts.to,
          from: alerts.from,
          host: plain(mail.host),
          port: mail.port,
          encryption: mail.encryption ?? "none",
          username: mail.login?.username,
          every: alerts.every ?? defaults.monitoring.alerts.every,
          repeat: alerts.repeat ?? defaults.monitoring.alerts.repeat,
        }),
      }),
      ...configFiles(part, { [mailTemplateFile]: mailTemplate() }),
    ],
    mounts: [volumeMount(dataVolume(part, args), alertmanagerDirectory)],
    placement: args.placement,
    healthcheck: answers(ports.alertmanager, "/-/healthy"),
  });
}

export function grafana(
  children: SwarmChildren,
  args: MonitoringArgs,
  port: number | undefined,
  password: pulumi.Output<string>,
): docker.Service {
  const part = partOf(children, args, "grafana");
  const boards = Object.entries(dashboards()).map(([file, content]) => [`${dashboardDirectory}/${file}`, content]);
  return service(part, args, {
    image: args.images.grafana,
    user: grafanaUser,
    environment: { GF_PATHS_CONFIG: grafanaFile },
    memory: "384Mi",
    networks: ["monitoring"],
    secrets: [
      {
        secret: versionedSecret(part, "admin", { content: password, template: "password" }),
        target: adminPasswordFile,
      },
    ],
    configs: [
      ...yamlFiles(part, grafanaProvisioning(namesOf(children, args).prometheus)),
      ...configFiles(part, {
        [grafanaFile]: grafanaConfig(),
        ...(Object.fromEntries(boards) as Record<string, string>),
      }),
    ],
    // Everything in it comes from files, at each start: so a password is what the secret says, whatever it was before.
    mounts: [memoryMount(grafanaDirectory, "64Mi"), memoryMount("/tmp", "16Mi")],
    placement: args.placement,
    healthcheck: answers(ports.grafana, "/api/health"),
    ...(port === undefined ? {} : { ports: { [port]: ports.grafana } }),
  });
}

function plain(host: pulumi.Input<string>): string {
  if (typeof host !== "string") {
    throw new Error("the host of a mail endpoint must be a name for Monitoring, not an output");
  }
  return host;
}

/** Every image of these has wget. */
function answers(port: number, page: string): Healthcheck {
  return {
    command: ["wget", "-q", "-O", "/dev/null", `http://127.0.0.1:${port}${page}`],
    interval: "5s",
    timeout: "10s",
    retries: 6,
    startPeriod: "5m",
  };
}
