import type { SwarmStackConfig } from "../../config/schema";
import { siteLines, type App, type WatchedPage } from "../app";
import { siteAddresses, watchedTarget } from "../edge/addresses";
import { homeRequest, type HealthRequest } from "../health-request";
import { sitePassword } from "../mysql/app";
import { siteDatabase } from "../mysql/users";
import { healthRequests } from "./health";
import { ghostPort, ghostUser, namesMail, passwordVolumeName } from "./settings";

/** The Ghost sites of a stack. */
export const ghost: App = {
  name: "ghost",
  images: ({ platform, sites }) =>
    Object.keys(sites).length === 0 ? [] : platform === "kubernetes" ? ["ghost", "busybox"] : ["ghost"],
  pages: (config) => ({
    sites: Object.entries(config.sites).map(([name, site]) =>
      page(config, name, site.url, healthRequests(site).serving),
    ),
    homePages: Object.entries(config.sites).map(([name, { url }]) => page(config, name, url, homeRequest(url))),
  }),
  published: (config) =>
    Object.entries(config.sites).flatMap(([name, site]) => {
      const request = healthRequests(site).serving;
      return siteAddresses(config, { what: `site ${name}`, app: `ghost-${name}`, request }, site);
    }),
  data: ({ images, sites }) =>
    Object.entries(sites).map(([name, { placement, storage }]) => ({
      key: `sites.${name}`,
      image: images.ghost,
      user: ghostUser,
      storage,
      placement,
    })),
  passwords: (config) =>
    Object.entries(config.sites)
      // A password that was brought along is its owner's to change.
      .filter(([, { database }]) => database?.passwordFile === undefined)
      .map(([site, { database }]) =>
        sitePassword(config, site, {
          ...siteDatabase(site, database),
          services: [`ghost-${site}`],
          pods: {
            labels: { "app.kubernetes.io/name": "ghost", "app.kubernetes.io/instance": `ghost-${site}` },
            volume: passwordVolumeName,
          },
        }),
      ),
  summary: (config) => {
    const sites = Object.entries(config.sites);
    return {
      lines: sites.flatMap(([name, { url }]) =>
        siteLines(name, url, "ghost", "the first visit creates the owner's account"),
      ),
      ...(sites.some(([, site]) => !namesMail(site))
        ? { withoutMail: ["Staff sign in with the password alone: Ghost's code for a new device would come by mail."] }
        : {}),
      forwarded: sites.flatMap(([name, { ingress, route, url }], index) => {
        const { hostname, port } = new URL(url);
        const local = hostname === "localhost" && port ? Number(port) : ghostPort + index;
        return ingress || route ? [] : [{ service: `ghost-${name}`, local, port: 80 }];
      }),
    };
  },
};

function page(config: SwarmStackConfig, name: string, address: string, request: HealthRequest): WatchedPage {
  const { headers, statuses } = request;
  const app = `ghost-${name}`;
  const at = watchedTarget(config, address, request, `http://${app}:${ghostPort}`);
  return { name, app, ...at, address, headers, statuses };
}
