import { runsDatabaseServer } from "../../config/apps";
import type { ImageName } from "../../config/images";
import { backupPromise } from "../../config/backups/backup-promise";
import { publishedAddress } from "../../platforms/kubernetes/network/publish";
import type { App } from "../app";
import { pageAddresses, shownPage } from "../edge/addresses";
import { backupFigures, takeBackupFigures } from "./backups";
import { adminPasswordFile, adminUser, ports } from "./settings";

/** The monitoring of a stack. */
export const monitoring: App = {
  name: "monitoring",
  images: (config) => {
    const { alerts, dashboards, operator } = config.monitoring ?? {};
    const some = (isThere: unknown, ...images: ImageName[]) => (isThere ? images : []);
    const database = runsDatabaseServer(config);
    return config.monitoring
      ? [
          ...some(!operator, "prometheus"),
          "blackboxExporter",
          ...some(config.platform === "swarm", "nodeExporter"),
          ...some(config.platform === "kubernetes" && backupPromise(config), "ghost"),
          ...some(database, "mysqldExporter"),
          ...some(database && operator, "haproxy"),
          ...some(alerts, "alertmanager"),
          ...some(dashboards && !operator, "grafana"),
        ]
      : [];
  },
  published: (config) =>
    config.monitoring?.dashboards
      ? pageAddresses(config, "dashboards", "grafana", config.monitoring, "/api/health")
      : [],
  // On Kubernetes it asks the cluster itself.
  toldOfBackups: (config, known) =>
    config.monitoring && backupPromise(config)
      ? [{ service: "prometheus", program: takeBackupFigures, input: backupFigures(known) }]
      : [],
  otherUsers: (config) => (config.monitoring?.dashboards && !config.monitoring.operator ? ["grafana"] : []),
  guardedPage: {
    command: "dashboards",
    description: "where Grafana shows the figures of the monitoring, with user and password",
    title: "Dashboards are at",
    of: ({ edge, monitoring: settings }, stack) =>
      settings?.operator
        ? `Stack ${stack} has no dashboards of its own: the cluster's Grafana shows them, monitoring.operator in Pulumi.${stack}.yaml`
        : settings?.dashboards
          ? {
              what: "Grafana",
              swarm: {
                service: "grafana",
                port: settings.port,
                address: edge ? shownPage({ edge }, "monitoring", settings) : undefined,
                file: adminPasswordFile,
                login: (password) => ({ username: adminUser, password }),
              },
              kubernetes: {
                service: dashboardsService,
                port: ports.grafana,
                secret: `monitoring-${adminUser}`,
                address: publishedAddress(settings),
              },
            }
          : `Stack ${stack} has no dashboards: ${settings ? "monitoring.dashboards is false" : "there is no monitoring"} in Pulumi.${stack}.yaml`,
  },
  summary: (config, { flag }) => {
    const settings = config.monitoring;
    if (!settings?.dashboards || settings.operator) {
      return {};
    }
    const onCluster = config.platform === "kubernetes";
    const published = publishedAddress(settings);
    const address = onCluster
      ? (published ?? `http://localhost:${ports.grafana}/`)
      : shownPage(config, "monitoring", settings);
    return {
      lines: [`Dashboards       ${address}  (user and password: npm run ops -- dashboards${flag})`],
      ...(onCluster && published === undefined
        ? { forwarded: [{ service: dashboardsService, local: ports.grafana, port: ports.grafana }] }
        : {}),
    };
  },
};

/** On Kubernetes. */
const dashboardsService = "monitoring-grafana";
