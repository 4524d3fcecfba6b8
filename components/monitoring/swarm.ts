import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { quantityToBytes } from "../../config/quantity";
import { yamlText } from "../../files/yaml-text";
import { configFiles } from "../../platforms/swarm/configs";
import { versionedSecret, type SwarmSecretReference } from "../../platforms/swarm/secrets";
import {
  machineMount,
  memoryMount,
  serviceArgs,
  volumeMount,
  type Healthcheck,
  type ServiceSettings,
} from "../../platforms/swarm/service";
import { backupLabel, objectName, type SwarmStack } from "../../platforms/swarm/stack";
import { namedVolume, type VolumeSettings } from "../../platforms/swarm/volume";
import type { MailEndpoint } from "../endpoints";
import type { MetricsEndpoint } from "../mysql/database-secrets-swarm";
import { randomPassword } from "../password";
import { transformed, type Transform } from "../transform";
import { alertRules } from "./rules";
import {
  adminPasswordFile,
  adminUser,
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
  type WatchedPage,
} from "./settings";

export interface MonitoringArgs {
  /** The stack it belongs to. Its networks must have `monitoring` and `metrics`. */
  stack: SwarmStack;
  /** How commands call the stack: `npm run ops -- diagnose --stack <name>`. */
  commandName: string;
  images: {
    prometheus: string;
    alertmanager: string;
    blackboxExporter: string;
    mysqldExporter: string;
    nodeExporter: string;
    grafana: string;
  };
  /** What is asked over HTTP: whether each site serves, how long its home page takes, and what else answers. */
  sites: WatchedPage[];
  homePages: WatchedPage[];
  services: WatchedPage[];
  /** The database server. Absent: there is none. */
  database?: MetricsEndpoint | undefined;
  /** How often everything is asked. Default `30s`. */
  interval?: string;
  /** How long what was measured is kept, and in how much space. Default `15d`, `4Gi`. */
  retention?: string;
  maxSize?: string;
  /** Memory limit of Prometheus as a quantity. Default `512Mi`. */
  memory?: string;
  /** Driver of the volumes of Prometheus and Alertmanager. Default: `local`. */
  storage?: VolumeSettings;
  /** Placement constraints of everything but the node exporter, which runs on every machine. Default: the stack's. */
  placement?: string[] | undefined;
  /** Who is told, and how; see `monitoring.alerts` in config/schema/monitoring.ts. Absent: nobody. */
  alerts?: AlertArgs | undefined;
  /** Grafana on a published port. Absent: none. */
  dashboards?: { port: number } | undefined;
  /** Keep what was measured when the component is destroyed. Default true. */
  retainData?: boolean;
  /** Adjusts a child resource before it is registered. */
  transform?: {
    /** Called for each of the services; the name tells which. */
    service?: Transform<docker.ServiceArgs>;
    volume?: Transform<docker.VolumeArgs>;
  };
}

export interface AlertArgs {
  to: readonly string[];
  from: string;
  /** Where the mail goes. Its host must be a name and no output: it is part of what a config is named after. */
  mail: MailEndpoint<SwarmSecretReference>;
  /** Default `2m`. */
  after?: string;
  /** Default 2 seconds. */
  slow?: number;
  /** Default `5m`. */
  every?: string;
  /** Default `12h`. */
  repeat?: string;
}

/** How somebody signs in to the dashboards. */
export interface DashboardLogin {
  username: string;
  /** A secret to the engine. */
  password: pulumi.Output<string>;
}

/** Figures of the past, and what was to be told of them: a stack that is made again begins without. */
const unsaved = { [backupLabel]: "excluded" };

/**
 * What watches a stack: Prometheus, which asks the sites (through the blackbox exporter), the database server (through the MySQL exporter) and each
 * machine (the node exporter) for figures; with `alerts` Alertmanager, which sends mail when a rule says so; with `dashboards` Grafana. The
 * services are called what their programs are called.
 *
 * None of them but Grafana asks who wants something, so they have a network of their own: no site is on it, and nothing of it is published. The
 * MySQL exporter, which has a login, is on another one, with the database servers and Prometheus alone.
 *
 * @throws Error for a stack without these networks, and for alerts whose mail server's name is not known when the program runs
 */
export class Monitoring extends pulumi.ComponentResource {
  /** How to sign in to the dashboards; absent where there are none. */
  readonly login?: DashboardLogin;

  constructor(name: string, args: MonitoringArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ghost-platform:swarm:Monitoring", name, {}, opts);
    const child = { parent: this };
    const { alerts, database, images, stack } = args;
    const watched: Watched = {
      sites: args.sites,
      homePages: args.homePages,
      services: args.services,
      database,
      machines: `tasks.${objectName(stack, parts.nodeExporter)}`,
    };
    const service = (serviceName: string, settings: ServiceSettings) =>
      new docker.Service(
        ...transformed(args.transform?.service, serviceName, serviceArgs(stack, serviceName, settings), { ...child }),
      );
    const volume = (volumeName: string) =>
      namedVolume(
        stack,
        volumeName,
        args.storage ?? {},
        (logicalName, volumeArgs) =>
          new docker.Volume(
            ...transformed(args.transform?.volume, logicalName, volumeArgs, {
              ...child,
              retainOnDelete: args.retainData ?? true,
            }),
          ),
      );
    const yamlFiles = (owner: string, files: Record<string, object>) =>
      configFiles(
        stack,
        owner,
        Object.fromEntries(Object.entries(files).map(([file, content]) => [file, yamlText(content)])),
        child,
      );
    const shared = { placement: args.placement, mounts: [] };

    const interval = args.interval ?? "30s";
    service(parts.prometheus, {
      ...shared,
      image: images.prometheus,
      command: [
        "/bin/prometheus",
        `--config.file=${prometheusFile}`,
        `--storage.tsdb.path=${prometheusDirectory}`,
        `--storage.tsdb.retention.time=${args.retention ?? "15d"}`,
        `--storage.tsdb.retention.size=${quantityToBytes(args.maxSize ?? "4Gi")}B`,
      ],
      user: nobody,
      memory: args.memory ?? "512Mi",
      networks: ["monitoring", ...(database ? (["metrics"] as const) : [])],
      labels: unsaved,
      configs: yamlFiles(parts.prometheus, {
        [prometheusFile]: prometheusConfig(stack.name, parts, watched, { alerts: alerts !== undefined, interval }),
        [rulesFile]: alertRules(watched, {
          stack: args.commandName,
          after: alerts?.after ?? "2m",
          slow: alerts?.slow ?? 2,
        }),
      }),
      mounts: [volumeMount(volume(`${parts.prometheus}-data`), prometheusDirectory)],
      // It answers while it reads its log of the last hours, which may take minutes.
      healthcheck: answers(ports.prometheus, "/-/healthy"),
    });

    service(parts.blackboxExporter, {
      ...shared,
      image: images.blackboxExporter,
      command: ["/bin/blackbox_exporter", `--config.file=${blackboxFile}`],
      user: nobody,
      memory: "64Mi",
      networks: ["monitoring", "frontend"],
      configs: yamlFiles(parts.blackboxExporter, { [blackboxFile]: blackboxConfig(watched) }),
      healthcheck: answers(ports.blackboxExporter, "/-/healthy"),
    });

    if (database) {
      service(parts.mysqldExporter, {
        ...shared,
        image: images.mysqldExporter,
        command: ["/bin/mysqld_exporter", `--config.my-cnf=${metricsFile}`],
        user: nobody,
        memory: "64Mi",
        // It logs in to whatever address it is asked about. So nobody but Prometheus reaches it, and it reaches nobody but the database servers.
        networks: ["metrics"],
        secrets: [{ secret: database.optionFile, target: metricsFile }],
        healthcheck: answers(ports.mysqldExporter, "/"),
      });
    }

    service(parts.nodeExporter, {
      image: images.nodeExporter,
      replicas: "every-node",
      // It tells figures under this name.
      hostname: "{{.Node.Hostname}}",
      command: [
        "/bin/node_exporter",
        `--path.rootfs=${machineDirectory}`,
        `--path.procfs=${machineDirectory}/proc`,
        `--path.sysfs=${machineDirectory}/sys`,
        "--collector.disable-defaults",
        ...["cpu", "diskstats", "filesystem", "loadavg", "meminfo", "stat", "uname", "vmstat"].map(
          (collector) => `--collector.${collector}`,
        ),
      ],
      user: nobody,
      memory: "64Mi",
      networks: ["monitoring"],
      mounts: [machineMount(machineDirectory)],
      placement: [],
      healthcheck: answers(ports.nodeExporter, "/"),
    });

    if (alerts) {
      const { mail } = alerts;
      service(parts.alertmanager, {
        ...shared,
        image: images.alertmanager,
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
          ...yamlFiles(parts.alertmanager, {
            [alertmanagerFile]: alertmanagerConfig({
              to: alerts.to,
              from: alerts.from,
              host: plain(mail.host),
              port: mail.port,
              encryption: mail.encryption ?? "none",
              username: mail.login?.username,
              every: alerts.every ?? "5m",
              repeat: alerts.repeat ?? "12h",
            }),
          }),
          ...configFiles(stack, parts.alertmanager, { [mailTemplateFile]: mailTemplate() }, child),
        ],
        mounts: [volumeMount(volume(`${parts.alertmanager}-data`), alertmanagerDirectory)],
        healthcheck: answers(ports.alertmanager, "/-/healthy"),
      });
    }

    if (args.dashboards) {
      const password = randomPassword(`${name}-${adminUser}-password`, child);
      this.login = { username: adminUser, password };
      service(grafana, {
        ...shared,
        image: images.grafana,
        user: grafanaUser,
        environment: { GF_PATHS_CONFIG: grafanaFile },
        memory: "384Mi",
        networks: ["monitoring"],
        secrets: [
          {
            secret: versionedSecret(stack, `${grafana}-admin`, { content: password, template: "password" }, child),
            target: adminPasswordFile,
          },
        ],
        configs: [
          ...yamlFiles(grafana, grafanaProvisioning(parts.prometheus)),
          ...configFiles(
            stack,
            grafana,
            Object.fromEntries([
              [grafanaFile, grafanaConfig()],
              ...Object.entries(dashboards()).map(
                ([file, content]) => [`${dashboardDirectory}/${file}`, content] as const,
              ),
            ]),
            child,
          ),
        ],
        // Everything in it comes from files, at each start: so a password is what the secret says, whatever it was before.
        mounts: [memoryMount(grafanaDirectory, "64Mi"), memoryMount("/tmp", "16Mi")],
        healthcheck: answers(ports.grafana, "/api/health"),
        ports: { [args.dashboards.port]: ports.grafana },
      });
    }
    this.registerOutputs({});
  }
}

/** What the services are called. */
const parts: PartNames = {
  prometheus: "prometheus",
  alertmanager: "alertmanager",
  blackboxExporter: "blackbox-exporter",
  mysqldExporter: "mysqld-exporter",
  nodeExporter: "node-exporter",
};
const grafana = "grafana";

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
