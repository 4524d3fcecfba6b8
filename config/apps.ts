import type { ParsedStack } from "./schema";

type Apps = Pick<ParsedStack, "mailpit" | "sites" | "wordpress">;

/** Whether a stack runs the inbox: the shop sends no mail. */
export function hasInbox(apps: Apps): boolean {
  return apps.mailpit.enabled && hasDatabaseServer(apps);
}

/** Whether a stack runs the MySQL server. */
export function hasDatabaseServer({ sites, wordpress }: Pick<Apps, "sites" | "wordpress">): boolean {
  return Object.keys(sites).length > 0 || Object.keys(wordpress).length > 0;
}
