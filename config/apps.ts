import type { ParsedStack } from "./schema";

type Apps = Pick<ParsedStack, "mailpit" | "sites" | "wordpress">;

/** Whether a stack runs the inbox: WordPress sends no mail to it, and the shop none at all. */
export function hasInbox({ mailpit, sites }: Pick<Apps, "mailpit" | "sites">): boolean {
  return mailpit.enabled && Object.keys(sites).length > 0;
}

/** Whether a stack runs the MySQL server. */
export function hasDatabaseServer({ sites, wordpress }: Pick<Apps, "sites" | "wordpress">): boolean {
  return Object.keys(sites).length > 0 || Object.keys(wordpress).length > 0;
}
