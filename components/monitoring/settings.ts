/** The user of the official images of Prometheus and its companions, `nobody`. */
export const nobody = 65534;
/** The official image's user `grafana`. */
export const grafanaUser = 472;

/** Where each listens, inside its container. */
export const ports = {
  prometheus: 9090,
  alertmanager: 9093,
  blackboxExporter: 9115,
  mysqldExporter: 9104,
  nodeExporter: 9100,
  /** On Kubernetes. */
  backups: 9116,
  grafana: 3000,
} as const;

/** Where containers find what they are configured with. */
export const configDirectory = "/etc/ghost-platform";
export const prometheusFile = `${configDirectory}/prometheus.yml`;
export const rulesFile = `${configDirectory}/rules.yml`;
export const alertmanagerFile = `${configDirectory}/alertmanager.yml`;
export const mailTemplateFile = `${configDirectory}/mail.tmpl`;
export const blackboxFile = `${configDirectory}/blackbox.yml`;
export const grafanaFile = `${configDirectory}/grafana.ini`;
export const dashboardDirectory = `${configDirectory}/dashboards`;
/** Where Grafana's image looks for what it is to have from its start on. */
export const provisioningDirectory = "/etc/grafana/provisioning";

/** Where containers find their secrets. */
export const mailPasswordFile = "/run/secrets/alertmanager/mail-password";
export const metricsFile = "/run/secrets/mysqld-exporter/metrics.cnf";
export const adminPasswordFile = "/run/secrets/grafana/admin-password";
/** Who signs in to Grafana. */
export const adminUser = "admin";

/** Where images keep what outlives their container. */
export const prometheusDirectory = "/prometheus";
export const alertmanagerDirectory = "/alertmanager";
export const grafanaDirectory = "/var/lib/grafana";

/** Where the node exporter finds the machine's file systems. */
export const machineDirectory = "/machine";
