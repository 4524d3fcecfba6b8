import { hasDatabaseServer } from "../../config/apps";
import { localAddress, type App } from "../app";
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
          ...(hasDatabaseServer(config) ? (["mysqldExporter"] as const) : []),
          ...(config.monitoring.alerts ? (["alertmanager"] as const) : []),
          ...(config.monitoring.dashboards ? (["grafana"] as const) : []),
        ]
      : [],
  published: (config) =>
    config.monitoring?.dashboards ? [localAddress("dashboards", "grafana", config.monitoring.port, "/api/health")] : [],
  otherUsers: (config) => (config.monitoring?.dashboards ? ["grafana"] : []),
  guardedPage: {
    command: "dashboards",
    description: "where Grafana shows the figures of the monitoring, with user and password",
    title: "Dashboards are at",
    of: ({ monitoring: settings, platform }, stack) =>
      platform === "swarm" && settings?.dashboards
        ? {
            what: "Grafana",
            swarm: {
              service: "grafana",
              port: settings.port,
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
            `Dashboards       http://localhost:${config.monitoring.port}/  (user and password: npm run ops -- dashboards${flag})`,
          ],
        }
      : {},
};
