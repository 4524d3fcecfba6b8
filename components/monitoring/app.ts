import { runsDatabaseServer } from "../../config/apps";
import { backupPromise } from "../../config/backups/backup-promise";
import type { App } from "../app";
import { pageAddresses, shownPage } from "../edge/addresses";
import { backupFigures, takeBackupFigures } from "./backups";
import { adminPasswordFile, adminUser } from "./settings";

/** The monitoring of a stack. */
export const monitoring: App = {
  name: "monitoring",
  images: (config) =>
    config.monitoring
      ? [
          "prometheus",
          "blackboxExporter",
          "nodeExporter",
          ...(runsDatabaseServer(config) ? (["mysqldExporter"] as const) : []),
          ...(config.monitoring.alerts ? (["alertmanager"] as const) : []),
          ...(config.monitoring.dashboards ? (["grafana"] as const) : []),
        ]
      : [],
  published: (config) =>
    config.monitoring?.dashboards
      ? pageAddresses(config, "dashboards", "grafana", config.monitoring, "/api/health")
      : [],
  toldOfBackups: (config, known) =>
    config.monitoring && backupPromise(config)
      ? [{ service: "prometheus", program: takeBackupFigures, input: backupFigures(known) }]
      : [],
  otherUsers: (config) => (config.monitoring?.dashboards ? ["grafana"] : []),
  guardedPage: {
    command: "dashboards",
    description: "where Grafana shows the figures of the monitoring, with user and password",
    title: "Dashboards are at",
    of: ({ edge, monitoring: settings, platform }, stack) =>
      platform === "swarm" && settings?.dashboards
        ? {
            what: "Grafana",
            swarm: {
              service: "grafana",
              port: settings.port,
              address: edge ? shownPage({ edge }, "monitoring", settings) : undefined,
              file: adminPasswordFile,
              login: (password) => ({ username: adminUser, password }),
            },
          }
        : `Stack ${stack} has no dashboards: ${settings ? "monitoring.dashboards is false" : "there is no monitoring"} in Pulumi.${stack}.yaml`,
  },
  summary: (config, { flag }) =>
    config.monitoring?.dashboards
      ? {
          lines: [
            `Dashboards       ${shownPage(config, "monitoring", config.monitoring)}  (user and password: npm run ops -- dashboards${flag})`,
          ],
        }
      : {},
};
