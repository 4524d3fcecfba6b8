import { adminPasswordFile, adminUser } from "../components/monitoring/settings";
import { UserError } from "../errors";
import type { Stack } from "./stack";
import { publishedHostOf, readTaskFile } from "./swarm/task-file";

/** Where a stack's figures are shown, and who may see them. The shape of `dashboards --json`. */
export interface DashboardsReport {
  stack: string;
  address: string;
  login: { username: string; password: string };
}

/**
 * Reads the login of Grafana.
 *
 * @throws UserError for a stack without dashboards, and where the login cannot be read
 */
export async function dashboards(stack: Stack): Promise<DashboardsReport> {
  const { monitoring } = stack.config;
  if (stack.platform !== "swarm" || !monitoring?.dashboards) {
    throw new UserError(
      `Stack ${stack.name} has no dashboards: ${monitoring ? "monitoring.dashboards is false" : "there is no monitoring"} in Pulumi.${stack.name}.yaml`,
    );
  }
  const password = await readTaskFile(stack, "grafana", adminPasswordFile, "Grafana");
  return {
    stack: stack.name,
    address: `http://${await publishedHostOf(stack, "grafana")}:${monitoring.port}/`,
    login: { username: adminUser, password },
  };
}

/** The same for a person. */
export function dashboardsLines({ address, login }: DashboardsReport): string[] {
  return [
    `Dashboards are at  ${address}`,
    `  user             ${login.username}`,
    `  password         ${login.password}`,
  ];
}
