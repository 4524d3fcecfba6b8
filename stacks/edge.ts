import { proxyPort } from "../components/analytics/settings";
import type { EdgeSite } from "../components/edge/settings";
import type { EdgeArgs as KubernetesEdgeArgs } from "../components/edge/kubernetes";
import type { EdgeArgs } from "../components/edge/swarm";
import { closedAdmin } from "../components/ghost/admin-access";
import { healthRequests } from "../components/ghost/health";
import { ghostPort } from "../components/ghost/settings";
import { webPort } from "../components/mailpit/settings";
import { ports } from "../components/monitoring/settings";
import { requestBodies } from "../components/wordpress/apache";
import { wordpressPort } from "../components/wordpress/settings";
import { activityPubServer } from "../config/activitypub";
import { countedSites } from "../config/analytics";
import { hostPages, pageUrl, readEdge } from "../config/edge";
import { quantityToBytes } from "../config/values/quantity";
import type { EdgeConfig, KubernetesStackConfig, StackConfig, SwarmStackConfig } from "../config/schema";

/** What of the edge on Kubernetes comes from the stack's configuration: the Ghost sites are behind it. */
export function kubernetesEdgeSettings(
  config: KubernetesStackConfig,
  { memory, pod, trustedProxies, wait }: EdgeConfig,
): Pick<KubernetesEdgeArgs, "analyticsPods" | "memory" | "pod" | "sitePods" | "sites" | "trustedProxies" | "wait"> {
  return {
    ...{ memory, pod, trustedProxies, wait },
    sites: ghostSites(config, (name) => `ghost-${name}:80`, "analytics:80"),
    sitePods: { port: ghostPort, labels: [{ "app.kubernetes.io/name": "ghost" }] },
    analyticsPods: config.analytics && { port: proxyPort, labels: { "app.kubernetes.io/name": "analytics" } },
  };
}

/** What of the edge on Swarm comes from it. */
export function edgeSettings(
  config: SwarmStackConfig,
  edge: EdgeConfig,
): Omit<EdgeArgs, "stack" | "images" | "retainData"> {
  const { acme, pod: _pod, ...settings } = edge;
  const { keyId } = acme.externalAccount ?? {};
  const pages = hostPages(config);
  const { ca, macKey } = readEdge(edge, process.cwd());
  return {
    ...settings,
    sites: edgeSites(config, edge, pages),
    authority: {
      directory: acme.directory,
      ca,
      ...(keyId !== undefined && macKey !== undefined ? { account: { keyId, macKey } } : {}),
    },
    // Grafana alone is there for people, and asks who they are.
    ...("monitoring.host" in pages ? { alsoOn: ["monitoring" as const] } : {}),
  };
}

function edgeSites(config: SwarmStackConfig, edge: EdgeConfig, pages: Record<string, string>): EdgeSite[] {
  const page = (host: string | undefined, upstream: string): EdgeSite[] =>
    host === undefined ? [] : [{ url: pageUrl(edge, host), upstream, waitsForStart: true }];
  return [
    ...ghostSites(config, (name) => `ghost-${name}:${ghostPort}`, `analytics:${proxyPort}`),
    ...Object.entries(config.wordpress).map(([name, { aliases, maxUpload, url }]) => ({
      url,
      aliases,
      upstream: `wordpress-${name}:${wordpressPort}`,
      maxBody: requestBodies(maxUpload).largest,
      waitsForStart: true,
    })),
    ...page(pages["mailpit.host"], `mailpit:${webPort}`),
    ...page(pages["monitoring.host"], `grafana:${ports.grafana}`),
  ];
}

/**
 * @param upstreamOf a site by its name
 * @param analytics service and port of what takes page hits
 */
function ghostSites(config: StackConfig, upstreamOf: (name: string) => string, analytics: string): EdgeSite[] {
  const counted = countedSites(config).map(([name]) => name);
  return Object.entries(config.sites).flatMap(([name, site]) => {
    const { adminFrom, adminUrl, aliases, maxUpload, url } = site;
    const ghost = {
      upstream: upstreamOf(name),
      maxBody: quantityToBytes(maxUpload),
      activityPub: activityPubServer(site, config),
      closed: adminFrom.length === 0 ? undefined : closedAdmin(site, adminFrom),
      // In maintenance it answers 503 until its owner says otherwise.
      waitsForStart: !healthRequests(site).alive.statuses.includes(503),
    };
    const hits = counted.includes(name) ? { analytics } : {};
    return [{ ...ghost, ...hits, url, aliases }, ...(adminUrl === undefined ? [] : [{ ...ghost, url: adminUrl }])];
  });
}
