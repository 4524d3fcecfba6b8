import type { SiteConfig, StackConfig } from "../../config/schema";
import { databasePasswordVolume } from "../../platforms/kubernetes/files/password-volume";
import { ownerWords, siteLines, type App, type GuardedPlace } from "../app";
import type { WatchedPage } from "../watched-pages";
import { siteAddresses, watchedTarget } from "../edge/addresses";
import { homeRequest, type HealthRequest } from "../health-request";
import { sitePassword } from "../mysql/app";
import { siteDatabase } from "../mysql/users";
import { healthRequests } from "./health";
import { ownerPasswordFile, ownerQuestion } from "./owner";
import { adminAddress, ghostPort, ghostUser, namesMail } from "./settings";
import { ghostUpgrade } from "./upgrade";

/** The Ghost sites of a stack. */
export const ghost: App = {
  name: "ghost",
  images: ({ platform, sites }) =>
    Object.keys(sites).length === 0 ? [] : platform === "kubernetes" ? ["ghost", "busybox"] : ["ghost"],
  upgrades: { ghost: ghostUpgrade },
  pages: (config) => ({
    sites: Object.entries(config.sites).map(([name, site]) =>
      page(config, name, site.url, healthRequests(site).serving),
    ),
    homePages: Object.entries(config.sites).map(([name, { url }]) => page(config, name, url, homeRequest(url))),
    certificates: Object.entries(config.sites).flatMap(([name, site]) => certificates(name, site)),
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
      // A password that was brought along, or that is in a Secret of somebody else's, is theirs to change.
      .filter(([, { database }]) => database?.passwordFile === undefined && database?.existingSecret === undefined)
      .map(([site, { database }]) =>
        sitePassword(config, site, {
          ...siteDatabase(site, database),
          services: [`ghost-${site}`],
          pods: {
            labels: { "app.kubernetes.io/name": "ghost", "app.kubernetes.io/instance": `ghost-${site}` },
            volume: databasePasswordVolume,
          },
        }),
      ),
  owners: (config) =>
    Object.entries(config.sites).map(([name, site]) => ({
      name,
      key: `sites.${name}.owner`,
      signIn: adminAddress(site),
      login: site.owner && ownersLogin(name, site.owner, adminAddress(site)),
      question: { app: `ghost-${name}`, container: "ghost", command: ownerQuestion(site) },
    })),
  summary: (config, { flag }) => {
    const sites = Object.entries(config.sites);
    return {
      lines: sites.flatMap(([name, site]) =>
        siteLines(
          name,
          site.url,
          adminAddress(site),
          site.owner ? ownerWords(site.owner, name, flag) : "the first visit creates the owner's account",
        ),
      ),
      ...(sites.some(([, site]) => !namesMail(site))
        ? { withoutMail: ["Staff sign in with the password alone: Ghost's code for a new device would come by mail."] }
        : {}),
      forwarded: sites.flatMap(([name, { ingress, route, url }], index) => {
        const { port, protocol } = new URL(url);
        // Ghost's links name that port.
        const local = protocol === "http:" && port ? Number(port) : ghostPort + index;
        return ingress || route ? [] : [{ service: config.edge ? "edge" : `ghost-${name}`, local, port: 80 }];
      }),
    };
  },
};

/** The hosts of a site that an Ingress or a Gateway publishes with https. */
function certificates(site: string, { adminUrl, aliases, ingress, route, url }: SiteConfig): WatchedPage[] {
  const { hostname, port, protocol } = new URL(url);
  const hosts = [hostname, ...(adminUrl === undefined ? [] : [new URL(adminUrl).hostname]), ...aliases];
  return protocol === "https:" && (ingress ?? route)
    ? [...new Set(hosts)].map((host, index) => ({
        name: index === 0 ? site : host,
        app: `ghost-${site}`,
        target: `${host}:${port === "" ? 443 : port}`,
        address: `https://${host}`,
        serverName: host,
      }))
    : [];
}

function ownersLogin(
  name: string,
  { email: username, existingSecret }: NonNullable<SiteConfig["owner"]>,
  address: string,
): GuardedPlace {
  const service = `ghost-${name}`;
  const login = (password: string) => ({ username, password: password.trim() });
  return {
    what: `Site ${name}`,
    swarm: { service, port: ghostPort, file: ownerPasswordFile, login, address },
    kubernetes: {
      service,
      port: 80,
      secret: existingSecret?.name ?? `${service}-owner`,
      login: existingSecret && ((value) => login(value(existingSecret.key))),
      address,
    },
  };
}

function page(config: StackConfig, name: string, address: string, request: HealthRequest): WatchedPage {
  const { headers, statuses } = request;
  const app = `ghost-${name}`;
  // On Kubernetes its Service is asked, which has the port of the web.
  const service = config.platform === "kubernetes" ? `http://${app}` : `http://${app}:${ghostPort}`;
  const at = watchedTarget(config, address, request, service);
  return { name, app, ...at, address, headers, statuses };
}
