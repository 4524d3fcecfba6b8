import * as fs from "node:fs";
import * as path from "node:path";
import { defaults } from "../../config/defaults";
import type { Watched } from "./prometheus";
import { adminPasswordFile, adminUser, dashboardDirectory, ports, provisioningDirectory } from "./settings";

/** Grafana's configuration: one person signs in, nothing is asked of anybody outside, alerts are Prometheus' business. */
export function grafanaConfig(): string {
  const sections: Record<string, Record<string, string | boolean>> = {
    analytics: { reporting_enabled: false, check_for_updates: false, check_for_plugin_updates: false },
    news: { news_feed_enabled: false },
    plugins: { plugin_admin_enabled: false, preinstall_disabled: true, public_key_retrieval_disabled: true },
    snapshots: { external_enabled: false },
    security: {
      admin_user: adminUser,
      // Grafana reads the file itself: in no environment, as its image's own way would have it.
      admin_password: `$__file{${adminPasswordFile}}`,
      disable_gravatar: true,
      cookie_samesite: "strict",
    },
    users: { allow_sign_up: false, allow_org_create: false, default_theme: "system" },
    "auth.anonymous": { enabled: false },
    unified_alerting: { enabled: false },
    dashboards: { default_home_dashboard_path: `${dashboardDirectory}/sites.json` },
  };
  return Object.entries(sections)
    .map(([section, keys]) =>
      [`[${section}]`, ...Object.entries(keys).map(([key, value]) => `${key} = ${String(value)}`), ""].join("\n"),
    )
    .join("\n");
}

/** How Grafana finds Prometheus and the dashboards, as objects to be written as YAML, by path. */
export function grafanaProvisioning(prometheus: string): Record<string, object> {
  return {
    [`${provisioningDirectory}/datasources/prometheus.yaml`]: {
      apiVersion: 1,
      datasources: [
        {
          name: "Prometheus",
          uid: datasource,
          type: "prometheus",
          access: "proxy",
          url: `http://${prometheus}:${ports.prometheus}`,
          isDefault: true,
          editable: false,
        },
      ],
    },
    [`${provisioningDirectory}/dashboards/folder.yaml`]: {
      apiVersion: 1,
      providers: [
        {
          name: "ghost-platform",
          type: "file",
          allowUiUpdates: false,
          disableDeletion: true,
          options: { path: dashboardDirectory },
        },
      ],
    },
  };
}

/** How the dashboards name Prometheus. */
export const datasource = defaults.monitoring.datasource;

/** The dashboards of what is watched, as Grafana takes them, by file name. */
export function dashboards({ machines }: Pick<Watched, "machines">): Record<string, string> {
  const directory = path.join(__dirname, "dashboards");
  return Object.fromEntries(
    fs
      .readdirSync(directory)
      .filter((file) => machines !== undefined || file !== "machines.json")
      .sort()
      .map((file) => [file, fs.readFileSync(path.join(directory, file), "utf8")]),
  );
}
