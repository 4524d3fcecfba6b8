import { selfServedSites } from "./own-activitypub";
import { ownConnections } from "./own-apps";
import { encodedSender, mailSender, senderOf } from "./values/mail-sender";
import type { ParsedStack } from "./schema";

/** What decides which apps a stack has. */
export type Apps = Pick<ParsedStack, "apps" | "mailpit" | "sites" | "wordpress">;

/** Whether a stack runs the inbox: the shop sends no mail. */
export function hasInbox(apps: Apps): boolean {
  return apps.mailpit.enabled && hasDatabaseServer(apps);
}

/** Whether the sites' mail goes anywhere. */
export function sendsMail(config: Apps & Pick<ParsedStack, "mailRelay">): boolean {
  return config.mailRelay !== undefined || hasInbox(config);
}

/** Whether a stack runs the MySQL server itself: one that is somebody else's is none of its. */
export function runsDatabaseServer(config: Pick<Apps, "apps" | "sites" | "wordpress"> & Pick<ParsedStack, "mysql">) {
  return hasDatabaseServer(config) && config.mysql.external === undefined;
}

/** Whether a stack has something that uses a MySQL server. */
export function hasDatabaseServer(config: Pick<Apps, "apps" | "sites" | "wordpress">): boolean {
  return [config.sites, config.wordpress, ownConnections(config)].some((apps) => Object.keys(apps).length > 0);
}

/** Every site, Ghost's and WordPress's, by its key in the configuration. */
export function sitesOf({ sites, wordpress }: Pick<Apps, "sites" | "wordpress">) {
  return [
    ...Object.entries(sites).map(([name, site]) => [`sites.${name}`, site] as const),
    ...Object.entries(wordpress).map(([name, site]) => [`wordpress.${name}`, site] as const),
  ];
}

/**
 * Sender of the mails about what is wrong: that of the first site, which the mail server knows, unless another one is named.
 *
 * @throws Error where the checks have something to say
 */
export function alertSender(apps: Pick<Apps, "sites" | "wordpress">, { from }: { from?: string | undefined }): string {
  const [first] = sitesOf(apps);
  const sender = from === undefined ? first && senderOf(first[1]) : mailSender(from);
  if (sender === undefined) {
    throw new Error("the checks let alerts through that have no sender");
  }
  return encodedSender(sender);
}

/** What keeps data, by its key in the configuration. */
export function appsWithData(
  config: Apps & Pick<ParsedStack, "activityPub" | "edge" | "monitoring" | "mysql" | "shop">,
) {
  return [
    ...(runsDatabaseServer(config) ? [["mysql", config.mysql] as const] : []),
    ...(hasInbox(config) ? [["mailpit", config.mailpit] as const] : []),
    ...sitesOf(config),
    ...(config.edge ? [["edge", config.edge] as const] : []),
    ...(selfServedSites(config).length > 0 ? [["activityPub", config.activityPub] as const] : []),
    ...(config.shop ? [["shop", config.shop] as const] : []),
    ...(config.monitoring ? [["monitoring", config.monitoring] as const] : []),
  ] as const;
}
