import { countedSites, proxyAddress } from "../../config/analytics";
import type { SiteConfig, StackConfig } from "../../config/schema";
import type { App, Inquiry } from "../app";
import { siteAddresses, watchedTarget } from "../edge/addresses";
import { podHttpPort } from "../edge/settings";
import { homeRequest, type HealthRequest } from "../health-request";
import { sameMajor } from "../upgrade";
import { proxyPort } from "./settings";
import { trackerInquiry } from "./tracker";

/** Who counts the readers of a stack's sites. */
export const analytics: App = {
  name: "analytics",
  images: (config) => (countedSites(config).length > 0 ? ["trafficAnalytics"] : []),
  upgrades: { trafficAnalytics: { data: "stays-readable", judge: sameMajor("The proxy of the analytics") } },
  // The way that the browsers of readers take.
  published: (config) =>
    countedSites(config).flatMap(([name, site]) =>
      siteAddresses(
        config,
        { what: `web analytics of site ${name}`, app: "analytics", request: proxyRequest(site) },
        { url: site.url },
      ),
    ),
  pages: (config) => {
    const [first] = countedSites(config);
    if (!first) {
      return {};
    }
    const [, site] = first;
    const request = proxyRequest(site);
    const { headers, statuses } = request;
    const at = watchedTarget(config, site.url, request, `http://analytics:${proxyPort}`);
    return { services: [{ name: "analytics", app: "analytics", ...at, headers, statuses }] };
  },
  inquiries: (config) =>
    countedSites(config).flatMap(([name, site]) => [
      trackerInquiry(name, site),
      ...(config.platform === "kubernetes" ? [edgeInquiry(name, site)] : []),
    ]),
  summary: (config: StackConfig) => {
    const counted = countedSites(config).map(([name]) => name);
    return counted.length === 0
      ? {}
      : { lines: [`Readers of ${counted.join(", ")} are counted at ${config.analytics?.endpoint ?? ""}`] };
  },
};

/** How the proxy is asked whether it is well, at the address of a site. */
function proxyRequest(site: Pick<SiteConfig, "url">): HealthRequest {
  const { headers } = homeRequest(site.url);
  return { path: new URL(proxyAddress(site)).pathname, headers, statuses: [200] };
}

/** Whether the proxy answers behind the edge of a cluster, asked there: what publishes the site in front of that is not this stack's. */
function edgeInquiry(name: string, site: Pick<SiteConfig, "url">): Inquiry {
  const { headers, path } = proxyRequest(site);
  const lines = Object.entries(headers).flatMap(([header, value]) => ["--header", `${header}: ${value}`]);
  return {
    app: "edge",
    container: "caddy",
    // Whatever goes wrong is an answer, too: only an edge that cannot be asked has none.
    command: [
      ...["sh", "-c", 'timeout 10 wget -q -O - "$@" 2>&1 || true', "ask"],
      ...[...lines, `http://127.0.0.1:${podHttpPort}${path}`],
    ],
    judge: (answer, stack) =>
      answer === undefined || answer.includes("Traffic Analytics")
        ? []
        : [
            {
              scenario: "analytics-unreachable",
              isNotice: false,
              object: `web analytics of site ${name}`,
              why: `What is asked at ${path} of the site does not reach the proxy that takes page hits, so no reader is counted.`,
              evidence: answer.split("\n", 1)[0],
              mend: [
                `npm run ops -- logs analytics --since 10m --stack ${stack}`,
                `npm run ops -- logs edge --since 10m --stack ${stack}`,
              ],
            },
          ],
  };
}
