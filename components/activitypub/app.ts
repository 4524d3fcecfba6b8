import { activityPubDatabase, selfServedSites } from "../../config/own-activitypub";
import type { SiteConfig, StackConfig } from "../../config/schema";
import type { App } from "../app";
import { siteAddresses, watchedTarget } from "../edge/addresses";
import { homeRequest, type HealthRequest } from "../health-request";
import { sitePassword } from "../mysql/app";
import { activityPubPort, activityPubUser } from "./settings";

/** Who speaks ActivityPub for the sites that say `self`. */
export const activityPub: App = {
  name: "activitypub",
  images: (config) => (isRun(config) ? ["activityPub", "activityPubMigrations"] : []),
  // The way that servers elsewhere take.
  published: (config) =>
    selfServedSites(config).flatMap(([name, site]) =>
      siteAddresses(
        config,
        { what: `ActivityPub of site ${name}`, app: "activitypub", request: serverRequest(site) },
        { url: site.url },
      ),
    ),
  pages: (config) => {
    const [first] = selfServedSites(config);
    if (!first) {
      return {};
    }
    const [, site] = first;
    const request = serverRequest(site);
    const { headers, statuses } = request;
    const at = watchedTarget(config, site.url, request, `http://activitypub:${activityPubPort}`);
    return { services: [{ name: "activitypub", app: "activitypub", ...at, headers, statuses }] };
  },
  data: (config) =>
    isRun(config)
      ? [
          {
            key: "activityPub",
            image: config.images.activityPub,
            user: activityPubUser,
            storage: config.activityPub.storage,
            placement: config.activityPub.placement,
          },
        ]
      : [],
  passwords: (config) =>
    isRun(config)
      ? [
          {
            ...sitePassword(config, activityPubDatabase, {
              username: activityPubDatabase,
              services: ["activitypub", "activitypub-migrations"],
            }),
            subject: "The ActivityPub server",
          },
        ]
      : [],
  summary: (config) => {
    const served = selfServedSites(config).map(([name]) => name);
    return served.length === 0
      ? {}
      : { lines: [`ActivityPub of ${served.join(", ")} is spoken by the stack's own server`] };
  },
};

function isRun(config: Pick<StackConfig, "sites">): boolean {
  return selfServedSites(config).length > 0;
}

/**
 * How it is asked whether it is well, at the address of a site: it looks in its database for whose address that is. One that no Ghost has told it of yet, for it has no
 * owner, it refuses; Ghost itself would answer 404.
 */
function serverRequest({ url }: Pick<SiteConfig, "url">): HealthRequest {
  const { headers } = homeRequest(url);
  return { path: "/.well-known/nodeinfo", headers, statuses: [200, 403] };
}
