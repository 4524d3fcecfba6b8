import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { SwarmChildren } from "../../platforms/swarm/children";
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
import { backupLabel, objectName } from "../../platforms/swarm/stack";
import { namedVolume, type VolumeMount } from "../../platforms/swarm/volume";
import type { MetricsEndpoint } from "../endpoints";
import type { AlertArgs } from "./args";
import type { MonitoringArgs } from "./args-swarm";
import { backupRulesFiles } from "./backups";
import {
  alertmanagerPart,
  alertmanagerText,
  blackboxPart,
  grafanaPart,
  healthCommand,
  mysqldExporterPart,
  programs,
  prometheusPart,
  type Part,
  type PartSettings,
} from "./parts";
import type { PartNames, Watched } from "./prometheus";
import {
  adminPasswordFile,
  alertmanagerDirectory,
  grafanaDirectory,
  machineDirectory,
  mailPasswordFile,
  metricsFile,
  nobody,
  ports,
  prometheusDirectory,
} from "./settings";

/** Figures of the past, and what was to be told of them: a stack that is made again begins without. */
const unsaved = { [backupLabel]: "excluded" };

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
  };
}

function watchedBy(children: SwarmChildren, args: MonitoringArgs): Watched {
  const { archive, database, homePages, services, sites, stack } = args;
  const machines = `tasks.${objectName(stack, partOf(children, args, "nodeExporter").objectName)}`;
  return { sites, homePages, services, database, archive, machines };
}

/** The service of a part, with what the swarm alone says of it. */
function service(
  part: SwarmChildren,
  { placement, stack }: MonitoringArgs,
  { command, environment, files, health, memory, user }: PartSettings,
  settings: Omit<ServiceSettings, "configs" | "healthcheck" | "memory" | "user">,
): docker.Service {
  return part.make(
    "service",
    "",
    serviceArgs(stack, part.objectName, {
      ...(command ? { command } : {}),
      ...(environment ? { environment } : {}),
      user,
      memory,
      configs: configFiles(part, files),
      placement,
      healthcheck: healthcheck(health),
      ...settings,
    }),
  );
}

function dataVolume(part: SwarmChildren, { retainData = true, stack, storage = {} }: MonitoringArgs): VolumeMount {
  return namedVolume(stack, part, "data", storage, retainData);
}

export function prometheus(children: SwarmChildren, args: MonitoringArgs): docker.Service {
  const { database, images, stack } = args;
  const part = partOf(children, args, "prometheus");
  const settings = prometheusPart(args, watchedBy(children, args), namesOf(children, args), {
    directory: prometheusDirectory,
    label: stack.name,
    moreRules: args.backupOverdueAfter === undefined ? [] : [backupRulesFiles],
  });
  return service(part, args, settings, {
    image: images.prometheus,
    networks: ["monitoring", ...(database ? (["metrics"] as const) : [])],
    labels: unsaved,
    mounts: [volumeMount(dataVolume(part, args), prometheusDirectory)],
  });
}

export function blackboxExporter(children: SwarmChildren, args: MonitoringArgs): docker.Service {
  const part = partOf(children, args, "blackboxExporter");
  return service(part, args, blackboxPart(watchedBy(children, args)), {
    image: args.images.blackboxExporter,
    networks: ["monitoring", "frontend"],
    mounts: [],
  });
}

export function mysqldExporter(
  children: SwarmChildren,
  args: MonitoringArgs,
  database: MetricsEndpoint<SwarmSecretReference>,
): docker.Service {
  return service(partOf(children, args, "mysqldExporter"), args, mysqldExporterPart(database), {
    image: args.images.mysqldExporter,
    // With Prometheus and the database servers alone: nobody else reaches it, and it reaches nobody else.
    networks: ["metrics"],
    secrets: [{ secret: database.optionFile, target: metricsFile }],
    mounts: [],
  });
}

export function nodeExporter(children: SwarmChildren, args: MonitoringArgs): docker.Service {
  const collectors = ["cpu", "diskstats", "filesystem", "loadavg", "meminfo", "stat", "uname", "vmstat"];
  const settings: PartSettings = {
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
    files: {},
    health: { port: ports.nodeExporter, page: "/" },
  };
  return service(partOf(children, args, "nodeExporter"), args, settings, {
    image: args.images.nodeExporter,
    replicas: "every-node",
    // It tells figures under this name.
    hostname: "{{.Node.Hostname}}",
    networks: ["monitoring"],
    mounts: [machineMount(machineDirectory)],
    placement: [],
  });
}

export function alertmanager(
  children: SwarmChildren,
  args: MonitoringArgs,
  alerts: AlertArgs<SwarmSecretReference>,
): docker.Service {
  const { mail } = alerts;
  const part = partOf(children, args, "alertmanager");
  const text = alertmanagerText(alerts, plain(mail.host));
  return service(part, args, alertmanagerPart(text, { directory: alertmanagerDirectory }), {
    image: args.images.alertmanager,
    networks: ["monitoring"],
    labels: unsaved,
    secrets: mail.login ? [{ secret: mail.login.password, target: mailPasswordFile }] : [],
    mounts: [volumeMount(dataVolume(part, args), alertmanagerDirectory)],
  });
}

export function grafana(
  children: SwarmChildren,
  args: MonitoringArgs,
  port: number | undefined,
  password: pulumi.Output<string>,
): docker.Service {
  const part = partOf(children, args, "grafana");
  const settings = grafanaPart(namesOf(children, args).prometheus, watchedBy(children, args));
  return service(part, args, settings, {
    image: args.images.grafana,
    networks: ["monitoring"],
    secrets: [
      {
        secret: versionedSecret(part, "admin", { content: password, template: "password" }),
        target: adminPasswordFile,
      },
    ],
    // Everything in it comes from files, at each start: so a password is what the secret says, whatever it was before.
    mounts: [memoryMount(grafanaDirectory, "64Mi"), memoryMount("/tmp", "16Mi")],
    ...(port === undefined ? {} : { ports: { [port]: ports.grafana } }),
  });
}

/** A config is named after what it says, which must be known when the program runs. */
function plain(host: pulumi.Input<string>): string {
  if (typeof host !== "string") {
    throw new Error("the host of a mail endpoint must be a name for Monitoring, not an output");
  }
  return host;
}

function healthcheck(health: PartSettings["health"]): Healthcheck {
  return { command: healthCommand(health), interval: "5s", timeout: "10s", retries: 6, startPeriod: "5m" };
}
