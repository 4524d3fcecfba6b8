import type { App, RotatedPassword } from "../components/app";
import type { OwnApp } from "../components/own-app";
import type { WatchedPages } from "../components/watched-pages";
import { activityPub } from "../components/activitypub/app";
import { analytics } from "../components/analytics/app";
import { backup } from "../components/backup/app";
import { edge } from "../components/edge/app";
import { ghost } from "../components/ghost/app";
import { mailpit } from "../components/mailpit/app";
import { monitoring } from "../components/monitoring/app";
import { mysql } from "../components/mysql/app";
import { shop } from "../components/shop/app";
import { wordpress } from "../components/wordpress/app";
import { ownApps } from "../config/own-apps";
import type { StackConfig } from "../config/schema";

/** Every app of this program, in the order in which they are told of. */
export const apps: readonly App[] = [
  mysql,
  ghost,
  wordpress,
  edge,
  activityPub,
  analytics,
  shop,
  mailpit,
  monitoring,
  backup,
];

/** The apps of a stack: those of this program, and those that the stack file names. */
export function appsOf(config: Pick<StackConfig, "apps">): App[] {
  const own = ownApps(config).map(({ declaration, name, settings }) => ({
    name,
    ...(declaration as OwnApp<unknown>).declare(name, settings),
  }));
  return [...apps, ...own];
}

/** What the monitoring of a stack asks for. */
export function watchedPages(config: StackConfig): Required<WatchedPages> {
  const pages = appsOf(config).map((app) => app.pages?.(config) ?? {});
  return {
    sites: pages.flatMap(({ sites = [] }) => sites),
    homePages: pages.flatMap(({ homePages = [] }) => homePages),
    services: pages.flatMap(({ services = [] }) => services),
    certificates: pages.flatMap(({ certificates = [] }) => certificates),
  };
}

/** The passwords of a stack that are rotated, those of its sites first. */
export function rotatedPasswords(config: StackConfig): RotatedPassword[] {
  const passwords = appsOf(config).flatMap((app) => app.passwords?.(config) ?? []);
  return [...passwords.filter(({ site }) => site !== undefined), ...passwords.filter(({ site }) => site === undefined)];
}
