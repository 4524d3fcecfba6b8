import type { App, RotatedPassword, WatchedPages } from "../components/app";
import { ghost } from "../components/ghost/app";
import { mailpit } from "../components/mailpit/app";
import { monitoring } from "../components/monitoring/app";
import { mysql } from "../components/mysql/app";
import { shop } from "../components/shop/app";
import { wordpress } from "../components/wordpress/app";
import type { StackConfig, SwarmStackConfig } from "../config/schema";

/** Every app of this program, in the order in which they are told of. */
export const apps: readonly App[] = [mysql, ghost, wordpress, shop, mailpit, monitoring];

/** What the monitoring of a stack asks for. */
export function watchedPages(config: SwarmStackConfig): WatchedPages {
  const pages = apps.map((app) => app.pages?.(config) ?? {});
  return {
    sites: pages.flatMap(({ sites = [] }) => sites),
    homePages: pages.flatMap(({ homePages = [] }) => homePages),
    services: pages.flatMap(({ services = [] }) => services),
  };
}

/** The passwords of a stack that are rotated, those of its sites first. */
export function rotatedPasswords(config: StackConfig): RotatedPassword[] {
  const passwords = apps.flatMap((app) => app.passwords?.(config) ?? []);
  return [...passwords.filter(({ site }) => site !== undefined), ...passwords.filter(({ site }) => site === undefined)];
}
