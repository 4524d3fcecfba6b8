import type { StackConfig } from "../../config/schema";
import { isOnMesh } from "../../platforms/swarm/stack";
import { ownerWords, siteLines, type App, type GuardedPlace } from "../app";
import type { WatchedPage } from "../watched-pages";
import { siteAddresses, watchedTarget } from "../edge/addresses";
import { homeRequest, type HealthRequest } from "../health-request";
import { sitePassword } from "../mysql/app";
import { wordpressDatabase } from "../mysql/users";
import { nginxPort } from "../nginx/settings";
import { ownerPasswordFile, ownerQuestion } from "./owner";
import { adminAddress, servingRequest, wordpressPort, wordpressUser } from "./settings";

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
  owners: (config) =>
    Object.entries(config.wordpress).map(([name, site]) => ({
      name,
      key: `wordpress.${name}.owner`,
      signIn: adminAddress(site),
      login: site.owner && ownersLogin(name, site.owner.email, adminAddress(site)),
      question: { app: `wordpress-${name}`, container: "wordpress", command: ownerQuestion },
    })),
  summary: (config, { flag }) => {
    const sites = Object.entries(config.wordpress);
    return {
      lines: sites.flatMap(([name, site]) =>
        siteLines(
          name,
          site.url,
          adminAddress(site),
          site.owner
            ? ownerWords(site.owner, name, flag)
            : "the first visit installs WordPress and creates its administrator",
        ),
      ),
      ...(sites.length > 0 ? { withoutMail: [] } : {}),
    };
  },
};

function ownersLogin(name: string, username: string, address: string): GuardedPlace {
  const login = (password: string) => ({ username, password: password.trim() });
  const swarm = { service: `wordpress-${name}`, port: wordpressPort, file: ownerPasswordFile, login, address };
  return { what: `Site ${name}`, swarm };
}

function page(config: StackConfig, name: string, address: string, request: HealthRequest): WatchedPage {
  const { headers, statuses } = request;
  const app = `wordpress-${name}`;
  const entry =
    config.platform === "swarm" && isOnMesh(config.swarm) ? `${app}:${wordpressPort}` : `${app}-front:${nginxPort}`;
  return { name, app, ...watchedTarget(config, address, request, `http://${entry}`), address, headers, statuses };
}
