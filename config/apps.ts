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

/** Every site, Ghost's and WordPress's, by its key in the configuration. */
export function sitesOf({ sites, wordpress }: Pick<Apps, "sites" | "wordpress">) {
  return [
    ...Object.entries(sites).map(([name, site]) => [`sites.${name}`, site] as const),
    ...Object.entries(wordpress).map(([name, site]) => [`wordpress.${name}`, site] as const),
  ];
}

/** What keeps data, by its key in the configuration. */
export function appsWithData(config: Apps & Pick<ParsedStack, "mysql" | "shop">) {
  return [
    ...(hasDatabaseServer(config) ? [["mysql", config.mysql] as const] : []),
    ...(hasInbox(config) ? [["mailpit", config.mailpit] as const] : []),
    ...sitesOf(config),
    ...(config.shop ? [["shop", config.shop] as const] : []),
  ] as const;
}
