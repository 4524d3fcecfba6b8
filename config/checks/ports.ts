import { hasInbox, sitesOf } from "../apps";
import { publishedPort } from "../swarm/published-port";
import { ownApps } from "../own-apps";
import type { ParsedStack } from "../schema";

/** Two that want one port of a node. */
export function portMistakes(config: ParsedStack): string[] {
  const mistakes: string[] = [];
  const takenBy = new Map<number, string>([
    [2377, "the managers of the swarm"],
    [7946, "the nodes of the swarm, which speak to each other there"],
  ]);
  const take = (key: string, port: number) => {
    const other = takenBy.get(port);
    if (other) {
      mistakes.push(`${key}: ${port} is taken by ${other}. Give each its own port`);
    }
    takenBy.set(port, key);
  };
  if (config.edge) {
    take("edge.httpPort", config.edge.httpPort);
    take("edge.httpsPort", config.edge.httpsPort);
  } else {
    takeOwn();
  }
  if (config.shop) {
    take("shop.port", config.shop.port);
    if (config.shop.managementPort !== undefined) {
      take("shop.managementPort", config.shop.managementPort);
    }
  }
  for (const { declaration, key, settings } of ownApps(config)) {
    Object.entries(declaration.ports?.(settings) ?? {}).forEach(([at, port]) => take(`${key}.settings.${at}`, port));
  }
  return mistakes;

  /** The ports of what an edge would stand in front of. */
  function takeOwn(): void {
    if (hasInbox(config)) {
      take("mailpit.port", config.mailpit.port);
    }
    for (const [key, site] of sitesOf(config)) {
      const port = publishedPort(site);
      if (port !== undefined) {
        take(`${key}.port`, port);
      } else if (new URL(site.url).protocol === "https:") {
        mistakes.push(
          `${key}.port: missing. Nothing of this stack ends https for ${site.url}: add edge, or name the port here that your own proxy leads to`,
        );
      } else {
        mistakes.push(`${key}.port: missing. Swarm publishes a port on the node and the url names none`);
      }
    }
    if (config.monitoring?.dashboards) {
      take("monitoring.port", config.monitoring.port);
    }
  }
}
