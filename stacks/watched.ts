import { healthRequests } from "../components/ghost/health";
import { ghostPort } from "../components/ghost/settings";
import type { HealthRequest } from "../components/health-request";
import { webPort } from "../components/mailpit/settings";
import type { WatchedPage } from "../components/monitoring/settings";
import { nginxPort } from "../components/nginx/settings";
import { shopServices } from "../components/shop/settings";
import { servingRequest, wordpressPort } from "../components/wordpress/settings";
import { hasInbox } from "../config/apps";
import type { SwarmStackConfig } from "../config/schema";

/** Each site, asked whether it serves. */
export function watchedSites(config: SwarmStackConfig): WatchedPage[] {
  const { sites, wordpress } = config;
  return [
    ...Object.entries(sites).map(([name, site]) => ghostPage(name, site, healthRequests(site).serving)),
    ...Object.entries(wordpress).map(([name, { url }]) => wordpressPage(config, name, url, servingRequest(url))),
  ];
}

/** The home page of each site, as a proxy in front asks for it: how long it takes is what readers wait, whatever it answers. */
export function homePages(config: SwarmStackConfig): WatchedPage[] {
  const { sites, wordpress } = config;
  const home = (url: string) => {
    const { host, pathname, protocol } = new URL(url);
    const headers = { Host: host, ...(protocol === "https:" ? { "X-Forwarded-Proto": "https" } : {}) };
    return { path: pathname, headers, statuses: [200] };
  };
  return [
    ...Object.entries(sites).map(([name, site]) => ghostPage(name, site, home(site.url))),
    ...Object.entries(wordpress).map(([name, { url }]) => wordpressPage(config, name, url, home(url))),
  ];
}

function ghostPage(name: string, { url }: { url: string }, request: HealthRequest): WatchedPage {
  const app = `ghost-${name}`;
  return watched(name, app, `http://${app}:${ghostPort}`, url, request);
}

function wordpressPage({ swarm }: SwarmStackConfig, name: string, url: string, request: HealthRequest): WatchedPage {
  const app = `wordpress-${name}`;
  const entry = swarm.publishMode === "ingress" ? `${app}:${wordpressPort}` : `${app}-front:${nginxPort}`;
  return watched(name, app, `http://${entry}`, url, request);
}

function watched(name: string, app: string, entry: string, address: string, request: HealthRequest): WatchedPage {
  const { headers, path, statuses } = request;
  return { name, app, target: `${entry}${path}`, address, headers, statuses };
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
