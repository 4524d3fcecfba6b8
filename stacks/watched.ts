import { ghostPort, healthRequests } from "../components/ghost/settings";
import { webPort } from "../components/mailpit/settings";
import type { WatchedPage } from "../components/monitoring/settings";
import { nginxPort } from "../components/nginx/settings";
import { shopServices } from "../components/shop/settings";
import { wordpressPort } from "../components/wordpress/settings";
import { hasInbox } from "../config/apps";
import type { SwarmStackConfig } from "../config/schema";

/**
 * What a home page answers that is well. A Ghost site that its owner has made private sends readers to where they sign in, and WordPress, before it is
 * installed, to where that is done.
 */
const homePageStatuses = [200, 302];

/** The home page of each site, as a proxy in front would ask for it. */
export function watchedSites({ sites, swarm, wordpress }: SwarmStackConfig): WatchedPage[] {
  const hostOf = (url: string) => ({ Host: new URL(url).host });
  return [
    ...Object.entries(sites).map(([name, { url }]): WatchedPage => {
      const { headers, path } = healthRequests(url).serving;
      const app = `ghost-${name}`;
      return {
        name,
        app,
        target: `http://${app}:${ghostPort}${path}`,
        address: url,
        headers: { ...hostOf(url), ...headers },
        statuses: homePageStatuses,
      };
    }),
    ...Object.entries(wordpress).map(([name, { url }]): WatchedPage => {
      const { pathname, protocol } = new URL(url);
      const app = `wordpress-${name}`;
      const entry = swarm.publishMode === "ingress" ? `${app}:${wordpressPort}` : `${app}-front:${nginxPort}`;
      return {
        name,
        app,
        target: `http://${entry}${pathname}`,
        address: url,
        headers: { ...hostOf(url), ...(protocol === "https:" ? { "X-Forwarded-Proto": "https" } : {}) },
        statuses: homePageStatuses,
      };
    }),
  ];
}

/** What else of a stack answers over HTTP: the parts of the shop, and the inbox. */
export function watchedServices(config: SwarmStackConfig): WatchedPage[] {
  const gateway = `http://gateway:${nginxPort}`;
  return [
    ...(config.shop
      ? [
          { name: "shop", app: "frontend", target: `${gateway}/` },
          ...Object.keys(shopServices).map((service) => ({
            name: `shop-${service}`,
            app: service,
            target: `${gateway}/health/${service}`,
          })),
        ]
      : []),
    ...(hasInbox(config) ? [{ name: "inbox", app: "mailpit", target: `http://mailpit:${webPort}/readyz` }] : []),
  ];
}
