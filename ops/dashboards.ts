import { adminPasswordFile, adminUser } from "../components/monitoring/settings";
import { UserError } from "../errors";
import { guardedPageLines, type GuardedPage } from "./guarded-page";
import type { Stack } from "../home/stack";
import { publishedHostOf, readTaskFile } from "./swarm/task-file";

/**
 * Reads the login of Grafana.
 *
 * @throws UserError for a stack without dashboards, and where the login cannot be read
 */
export async function dashboards(stack: Stack): Promise<GuardedPage> {
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
export function dashboardsLines(page: GuardedPage): string[] {
  return guardedPageLines("Dashboards are at", page);
}
