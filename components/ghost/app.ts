import type { StackConfig, SwarmStackConfig } from "../../config/schema";
import { siteLines, type App, type WatchedPage } from "../app";
import { siteAddresses, watchedTarget } from "../edge/addresses";
import { homeRequest, type HealthRequest } from "../health-request";
import { sitePassword } from "../mysql/app";
import { siteDatabase } from "../mysql/users";
import { healthRequests } from "./health";
import { nobody, ownerPasswordFile, ownerQuestion } from "./owner";
import { adminAddress, ghostPort, ghostUser, namesMail, passwordVolumeName } from "./settings";

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
  guardedPage: {
    command: "owner",
    description: "where the owner of a site signs in, with the password that the account was made with",
    title: "The owner signs in at",
    argument: { name: "site", description: "the site, for example blog; needed where a stack has several" },
    of: (config, stack, which) => {
      const found = ownedSite(config, stack, which);
      if (typeof found === "string") {
        return found;
      }
      const { address, email, name } = found;
      return {
        what: `Site ${name}`,
        swarm: {
          service: `ghost-${name}`,
          port: ghostPort,
          file: ownerPasswordFile,
          login: (text) => ({ username: email, password: text.trim() }),
          address,
        },
        kubernetes: { service: `ghost-${name}`, port: 80, secret: `ghost-${name}-owner`, address },
      };
    },
  },
  claims: (config) =>
    Object.entries(config.sites)
      .filter(([, { adminUrl, url }]) => new URL(adminUrl ?? url).hostname !== "localhost")
      .map(([name, site]) => ({
        app: `ghost-${name}`,
        container: "ghost",
        command: ownerQuestion(site),
        open: nobody,
        warning: (stack) => [
          `NOBODY OWNS site ${name}: whoever visits ${adminAddress(site)} first will. Go there now,`,
          `or take the site away, and name its owner in sites.${name}.owner of Pulumi.${stack}.yaml.`,
        ],
      })),
  summary: (config, { flag }) => {
    const sites = Object.entries(config.sites);
    return {
      lines: sites.flatMap(([name, site]) =>
        siteLines(
          name,
          site.url,
          adminAddress(site),
          site.owner
            ? `${site.owner.email}; the password: npm run ops -- owner ${name}${flag}`
            : "the first visit creates the owner's account",
        ),
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

/** A site with an owner that the stack file names, and where its admin is; or, as a text, why there is none. */
function ownedSite(
  { sites }: StackConfig,
  stack: string,
  which: string | undefined,
): { name: string; email: string; address: string } | string {
  const names = Object.keys(sites);
  const name = which ?? (names.length === 1 ? names[0] : undefined);
  if (name === undefined) {
    return names.length === 0 ? `Stack ${stack} has no site` : `Name a site of stack ${stack}: ${names.join(", ")}`;
  }
  const site = sites[name];
  if (site === undefined) {
    return `Stack ${stack} has no site ${name}. It has ${names.join(", ") || "none"}`;
  }
  const { owner } = site;
  const address = adminAddress(site);
  return owner
    ? { name, email: owner.email, address }
    : `Pulumi.${stack}.yaml names no sites.${name}.owner: the first visit of ${address} creates the owner's account, whoever comes first`;
}

function page(config: SwarmStackConfig, name: string, address: string, request: HealthRequest): WatchedPage {
  const { headers, statuses } = request;
  const app = `ghost-${name}`;
  const at = watchedTarget(config, address, request, `http://${app}:${ghostPort}`);
  return { name, app, ...at, address, headers, statuses };
}
