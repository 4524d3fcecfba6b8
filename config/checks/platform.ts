import type { ParsedStack } from "../schema";

/** Keys that mean something on one platform only, given on the other. */
export function platformMistakes(config: ParsedStack): string[] {
  const mistakes: string[] = [];
  const foreign = (key: string, present: unknown, platform: string) => {
    if (present !== undefined) {
      mistakes.push(
        `${key}: only for platform ${platform}; this stack has platform ${config.platform}. Remove the key`,
      );
    }
  };
  const storages = [
    ["mysql.storage", config.mysql.storage],
    ["mailpit.storage", config.mailpit.storage],
    ...Object.entries(config.sites).map(([name, site]) => [`sites.${name}.storage`, site.storage] as const),
  ] as const;
  if (config.platform === "kubernetes") {
    foreign("swarm", config.swarm, "swarm");
    foreign("shop", config.shop, "swarm");
    foreign("monitoring", config.monitoring, "swarm");
    for (const name of Object.keys(config.wordpress)) {
      foreign(`wordpress.${name}`, true, "swarm");
    }
    foreign("mysql.placement", config.mysql.placement, "swarm");
    foreign("mysql.replicaPlacement", config.mysql.replicaPlacement, "swarm");
    foreign("mysql.installed", config.mysql.installed || undefined, "swarm");
    foreign("mailpit.placement", config.mailpit.placement, "swarm");
    for (const [name, site] of Object.entries(config.sites)) {
      foreign(`sites.${name}.port`, site.port, "swarm");
      foreign(`sites.${name}.placement`, site.placement, "swarm");
      foreign(`sites.${name}.secrets`, site.secrets, "swarm");
      foreign(`sites.${name}.configs`, site.configs, "swarm");
    }
    for (const [key, storage] of storages) {
      foreign(`${key}.driver`, storage.driver, "swarm");
      foreign(`${key}.driverOptions`, storage.driverOptions, "swarm");
      foreign(`${key}.copyFromImage`, storage.copyFromImage, "swarm");
      foreign(`${key}.shared`, ("shared" in storage && storage.shared) || undefined, "swarm");
    }
  } else {
    foreign("kubernetes", config.kubernetes, "kubernetes");
    foreign("mailpit.ingress", config.mailpit.ingress, "kubernetes");
    foreign("mailpit.host", config.mailpit.host, "kubernetes");
    foreign("mailpit.storage.hostPath", config.mailpit.storage.hostPath, "kubernetes");
    foreign("mailpit.storage.nfs", config.mailpit.storage.nfs, "kubernetes");
    for (const [name, site] of Object.entries(config.sites)) {
      foreign(`sites.${name}.ingress`, site.ingress, "kubernetes");
      foreign(`sites.${name}.logForwarder`, site.logForwarder, "kubernetes");
    }
    for (const [key, storage] of storages) {
      foreign(`${key}.storageClass`, storage.storageClass, "kubernetes");
    }
  }
  return mistakes;
}
