import type { SwarmStackConfig } from "../../config/schema";
import { isOnMesh } from "../../platforms/swarm/stack";
import { siteLines, type App, type WatchedPage } from "../app";
import { siteAddresses, watchedTarget } from "../edge/addresses";
import { homeRequest, type HealthRequest } from "../health-request";
import { sitePassword } from "../mysql/app";
import { wordpressDatabase } from "../mysql/users";
import { nginxPort } from "../nginx/settings";
import { servingRequest, wordpressPort, wordpressUser } from "./settings";

/** The WordPress sites of a stack. */
export const wordpress: App = {
  name: "wordpress",
  images: (config) =>
    Object.keys(config.wordpress).length === 0 ? [] : config.edge ? ["wordpress"] : ["wordpress", "nginx"],
  pages: (config) => ({
    sites: Object.entries(config.wordpress).map(([name, { url }]) => page(config, name, url, servingRequest(url))),
    homePages: Object.entries(config.wordpress).map(([name, { url }]) => page(config, name, url, homeRequest(url))),
  }),
  published: (config) =>
    Object.entries(config.wordpress).flatMap(([name, site]) => {
      const request = servingRequest(site.url);
      return siteAddresses(config, { what: `site ${name}`, app: `wordpress-${name}`, request }, site);
    }),
  data: (config) =>
    Object.entries(config.wordpress).map(([name, { placement, storage }]) => ({
      key: `wordpress.${name}`,
      image: config.images.wordpress,
      user: wordpressUser,
      storage,
      placement,
    })),
  passwords: (config) =>
    Object.keys(config.wordpress).map((site) =>
      sitePassword(config, site, { ...wordpressDatabase(site), services: [`wordpress-${site}`] }),
    ),
  summary: (config) => {
    const sites = Object.entries(config.wordpress);
    return {
      lines: sites.flatMap(([name, { url }]) =>
        siteLines(name, url, "wp-admin", "the first visit installs WordPress and creates its administrator"),
      ),
      ...(sites.length > 0 ? { withoutMail: [] } : {}),
    };
  },
};

function page(config: SwarmStackConfig, name: string, address: string, request: HealthRequest): WatchedPage {
  const { headers, statuses } = request;
  const app = `wordpress-${name}`;
  const entry = isOnMesh(config.swarm) ? `${app}:${wordpressPort}` : `${app}-front:${nginxPort}`;
  return { name, app, ...watchedTarget(config, address, request, `http://${entry}`), address, headers, statuses };
}
