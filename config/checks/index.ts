import { isIP } from "node:net";
import { readAppFiles } from "../app-files";
import { appsWithData, hasInbox, sitesOf } from "../apps";
import { durationSeconds } from "../duration";
import { shopPasswords } from "../generations";
import { readMailRelay } from "../mail-relay";
import { isNetworkStorage, storageMistakes, type StorageKeys } from "../network-storage";
import { quantityToBytes } from "../quantity";
import type { ParsedStack, SiteConfig } from "../schema";
import { completedSwarm, nodeMistakes } from "../swarm-nodes";

/**
 * Mistakes that no single key shows: pairs that cannot work together. Each begins with the key to change.
 */
export function crossKeyMistakes(config: ParsedStack): string[] {
  return [
    ...platformMistakes(config),
    ...(config.platform === "swarm" ? swarmMistakes(config) : kubernetesMistakes(config)),
    ...mysqlMistakes(config),
    ...appMistakes(config),
    ...mailMistakes(config),
    ...monitoringMistakes(config),
    ...sitesOf(config).flatMap(
      ([key, site]) => readAppFiles(key, site, new URL(site.url).hostname, process.cwd()).mistakes,
    ),
    ...Object.entries(config.sites).flatMap(([name, site]) => siteMistakes(`sites.${name}`, site)),
    ...duplicateUrls(config),
  ];
}

/** The port a site is published on with Swarm: its own, else the one its address names, else none. */
export function publishedPort(site: { port?: number | undefined; url: string }): number | undefined {
  const { port } = new URL(site.url);
  return site.port ?? (port === "" ? undefined : Number(port));
}

/** Which apps a stack has, and whose database password has which generation. */
function appMistakes({ secrets, shop, sites, wordpress }: ParsedStack): string[] {
  const mistakes: string[] = [];
  const names = [...Object.keys(sites), ...Object.keys(wordpress)];
  if (names.length === 0 && !shop) {
    mistakes.push("sites: must have at least one site, unless the stack has wordpress or shop");
  }
  for (const name of Object.keys(wordpress)) {
    if (name in sites) {
      mistakes.push(`wordpress.${name}: sites.${name} has the same name, and both need a database. Rename one`);
    }
  }
  const ofShop = shop ? Object.values(shopPasswords) : [];
  for (const password of ofShop) {
    if (names.includes(password)) {
      mistakes.push(`sites.${password}: a password of the shop has this name. Rename the site`);
    }
  }
  const rotated = [...names, ...ofShop];
  for (const name of Object.keys(secrets.generations)) {
    if (!rotated.includes(name)) {
      mistakes.push(
        `secrets.generations.${name}: there is no site of this name, only ${rotated.join(", ") || "none at all"}. Remove the key`,
      );
    }
  }
  return mistakes;
}

/** Mail goes to one place. */
function mailMistakes({ mailpit, mailRelay }: ParsedStack): string[] {
  if (!mailRelay) {
    return [];
  }
  return [
    ...(mailpit.enabled
      ? ["mailpit.enabled: must be false with mailRelay. The sites' mail goes to the inbox or to the relay"]
      : []),
    ...readMailRelay(mailRelay, process.cwd()).mistakes,
  ];
}

/** Alerts go the way of the sites' mail. */
function monitoringMistakes(config: ParsedStack): string[] {
  const { mailRelay, mailpit, monitoring } = config;
  if (!monitoring) {
    return [];
  }
  const mistakes: string[] = [];
  const interval = durationSeconds(monitoring.interval);
  if (interval > 120) {
    mistakes.push(
      `monitoring.interval: must be 2m or less (got ${monitoring.interval}). Prometheus takes what is older than five minutes for gone`,
    );
  }
  if (durationSeconds(monitoring.retention) < 24 * 3600) {
    mistakes.push(
      `monitoring.retention: must be 1d or more (got ${monitoring.retention}). A machine that is gone is known by what it was a day ago`,
    );
  }
  if (quantityToBytes(monitoring.memory) < quantityToBytes("128Mi")) {
    mistakes.push(`monitoring.memory: must be 128Mi or more (got ${monitoring.memory})`);
  }
  const { alerts } = monitoring;
  if (!alerts) {
    return mistakes;
  }
  if (!mailRelay && !hasInbox(config)) {
    mistakes.push(
      "monitoring.alerts: this stack has nothing that takes mail. Name your SMTP server in mailRelay, or remove alerts",
    );
  }
  if (mailRelay?.encryption === "tls" && mailRelay.port !== 465) {
    mistakes.push(
      `mailRelay.port: must be 465 with monitoring.alerts and encryption tls (got ${mailRelay.port}). Alertmanager speaks TLS from the first byte on no other; or use starttls`,
    );
  }
  if (mailRelay && mailRelay.encryption !== "tls" && mailRelay.port === 465) {
    mistakes.push(
      `mailRelay.encryption: must be tls with port 465 (got ${mailRelay.encryption}), where Alertmanager speaks TLS from the first byte`,
    );
  }
  if (!mailRelay && mailpit.authentication && hasInbox(config)) {
    mistakes.push(
      "monitoring.alerts: Alertmanager sends no password over a connection without TLS, which the inbox does not have. Name your SMTP server in mailRelay, or set mailpit.authentication to false",
    );
  }
  if (alerts.from === undefined && sitesOf(config).length === 0) {
    mistakes.push("monitoring.alerts.from: missing. Without a site there is no sender that the mail server knows");
  }
  return mistakes;
}

/** Keys that mean something on one platform only, given on the other. */
function platformMistakes(config: ParsedStack): string[] {
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

function kubernetesMistakes(config: ParsedStack): string[] {
  const mistakes: string[] = [];
  const { mailpit } = config;
  if (!config.kubernetes) {
    mistakes.push(
      "kubernetes.context: missing. Name the context to deploy to (`kubectl config get-contexts` lists yours), so that nobody deploys to whatever is current",
    );
  }
  if (mailpit.ingress && !mailpit.host) {
    mistakes.push("mailpit.host: missing. An Ingress for the inbox needs the host name it answers for");
  }
  if (mailpit.host && !mailpit.ingress) {
    mistakes.push("mailpit.host: without effect. Add mailpit.ingress, or remove the key");
  }
  if (mailpit.storage.hostPath && mailpit.storage.nfs) {
    mistakes.push("mailpit.storage: hostPath and nfs exclude each other. Keep one");
  }
  const rootOwned = mailpit.storage.hostPath ? "hostPath" : mailpit.storage.nfs ? "nfs" : undefined;
  if (rootOwned && mailpit.storage.storageClass) {
    mistakes.push(`mailpit.storage.storageClass: ${rootOwned} brings a volume of its own. Remove one of the two`);
  }
  if (rootOwned && config.kubernetes?.podSecurity === "restricted") {
    mistakes.push(
      `kubernetes.podSecurity: must be baseline with mailpit.storage.${rootOwned}. Such a volume ignores fsGroup, so an init container has to chown it as root, which "restricted" does not admit`,
    );
  }
  const presets = (config.kubernetes?.podPresets ?? []).map(({ name }) => name);
  for (const name of new Set(presets.filter((preset, index) => presets.indexOf(preset) !== index))) {
    mistakes.push(`kubernetes.podPresets: two are named ${name}. Give each its own name`);
  }
  return mistakes;
}

function swarmMistakes(config: ParsedStack): string[] {
  const mistakes: string[] = [];
  const swarm = config.swarm && completedSwarm(config.swarm);
  mistakes.push(...(config.swarm ? nodeMistakes(config.swarm) : []));
  if (swarm?.publishMode === "ingress" && swarm.endpointMode === "dnsrr") {
    mistakes.push(
      "swarm.publishMode: ingress needs swarm.endpointMode vip. The routing mesh forwards to a virtual IP, which dnsrr services do not have",
    );
  }
  if (swarm?.updateOrder === "start-first") {
    mistakes.push(
      swarm.publishMode === "host"
        ? "swarm.updateOrder: must be stop-first with swarm.publishMode host. The old task holds the port, so a task started first never gets it"
        : "swarm.updateOrder: must be stop-first. Ghost, MySQL and Mailpit own their data alone: two tasks on one volume destroy it",
    );
  }
  const ownerOf = new Map<string, string>();
  for (const [key, { placement, storage }] of appsWithData(config)) {
    mistakes.push(...storageMistakes(`${key}.storage`, storage), ...placeMistakes(key, storage, ownerOf));
    const constraints = placement ?? swarm?.placement ?? [];
    const shared = (storage.driver ?? "local") !== "local" || isNetworkStorage(storage);
    if (swarm?.singleNode === false && !shared && !constraints.some(pinsToOneNode)) {
      mistakes.push(
        `${key}.placement: a local volume cannot follow its service to another node. Pin the service ("node.hostname==NAME"), or put the volume on shared storage (${key}.storage.driverOptions type nfs, or another driver${key === "mysql" || key === "shop" ? "" : `, or ${key}.storage.shared with a directory that every node mounts`})`,
      );
    }
  }
  return [...mistakes, ...portMistakes(config)];
}

/**
 * Two apps in one place, where each would take the files of the other for its own.
 *
 * @param ownerOf whose each place is; added to
 */
function placeMistakes(key: string, { driver = "local", driverOptions }: StorageKeys, ownerOf: Map<string, string>) {
  const { device, o = "" } = driverOptions ?? {};
  if (driver !== "local" || device === undefined) {
    return [];
  }
  if (key === "shop") {
    return [
      `${key}.storage.driverOptions.device: PostgreSQL, RabbitMQ and Redis need a place each, and this names one for all three. Pin the shop to a node with local volumes, or name a volume plugin`,
    ];
  }
  const place = JSON.stringify([device.replace(/\/+$/, ""), o]);
  const owner = ownerOf.get(place);
  ownerOf.set(place, owner ?? key);
  return owner === undefined
    ? []
    : [`${key}.storage.driverOptions.device: ${device} is also that of ${owner}. Give each a directory of its own`];
}

function portMistakes(config: ParsedStack): string[] {
  const mistakes: string[] = [];
  const takenBy = new Map<number, string>();
  const take = (key: string, port: number) => {
    const other = takenBy.get(port);
    if (other) {
      mistakes.push(`${key}: ${port} is taken by ${other}. Give each its own port`);
    }
    takenBy.set(port, key);
  };
  if (hasInbox(config)) {
    take("mailpit.port", config.mailpit.port);
  }
  for (const [key, site] of sitesOf(config)) {
    const port = publishedPort(site);
    if (port === undefined) {
      mistakes.push(`${key}.port: missing. Swarm publishes a port on the node and the url names none`);
    } else {
      take(`${key}.port`, port);
    }
  }
  if (config.shop) {
    take("shop.port", config.shop.port);
    if (config.shop.managementPort !== undefined) {
      take("shop.managementPort", config.shop.managementPort);
    }
  }
  if (config.monitoring?.dashboards) {
    take("monitoring.port", config.monitoring.port);
  }
  return mistakes;
}

function pinsToOneNode(constraint: string): boolean {
  return /^node\.(hostname|id|labels\.ghost-platform\.node)\s*==/.test(constraint);
}

function mysqlMistakes(config: ParsedStack): string[] {
  return [...memoryMistakes(config), ...topologyMistakes(config)];
}

function topologyMistakes({ mysql, platform }: ParsedStack): string[] {
  const mistakes: string[] = [];
  if (mysql.startOrder === "ordered" && platform === "swarm") {
    mistakes.push("mysql.startOrder: must be parallel on Swarm, which starts the tasks of a service at once");
  }
  if (mysql.recoverFrom !== undefined && mysql.topology === "single") {
    mistakes.push(
      "mysql.recoverFrom: only with mysql.topology replicated. A single server has no member to recover from",
    );
  } else if (platform === "kubernetes" && mysql.recoverFrom !== undefined && mysql.recoverFrom >= mysql.replicas) {
    mistakes.push(
      `mysql.recoverFrom: must be an ordinal below mysql.replicas (got ${mysql.recoverFrom} of ${mysql.replicas} members)`,
    );
  }
  return mistakes;
}

function memoryMistakes(config: ParsedStack): string[] {
  return quantityToBytes(config.mysql.memory) < quantityToBytes("512Mi")
    ? [
        `mysql.memory: must be 512Mi or more (got ${config.mysql.memory}). MySQL with its performance schema needs about 430 MB idle`,
      ]
    : [];
}

function siteMistakes(key: string, site: SiteConfig): string[] {
  const mistakes: string[] = [];
  const url = new URL(site.url);
  if (site.replicas !== 1) {
    mistakes.push(
      `${key}.replicas: must be 1 (got ${site.replicas}). Ghost supports one running instance a site; two would corrupt its caches and its scheduled jobs. Put a cache in front of it, or give the instance more memory`,
    );
  }
  if (url.protocol === "https:" && (isIP(url.hostname.replace(/^\[|\]$/g, "")) !== 0 || url.hostname === "localhost")) {
    mistakes.push(
      `${key}.url: https needs a host name that a certificate can be issued for (got ${url.hostname}). Use the site's DNS name, or http`,
    );
  }
  if (site.ingress?.tlsSecret && url.protocol !== "https:") {
    mistakes.push(
      `${key}.url: must begin with https:// when ${key}.ingress.tlsSecret is set, or Ghost makes http links`,
    );
  }
  if (site.ingress && isIP(url.hostname.replace(/^\[|\]$/g, "")) !== 0) {
    mistakes.push(`${key}.url: an Ingress routes by host name (got the address ${url.hostname}). Use a DNS name`);
  }
  if (quantityToBytes(site.memory) < quantityToBytes("384Mi")) {
    mistakes.push(
      `${key}.memory: must be 384Mi or more (got ${site.memory}). Below that an image upload gets Ghost killed`,
    );
  }
  return mistakes;
}

function duplicateUrls(config: ParsedStack): string[] {
  const seen = new Map<string, string>();
  const mistakes: string[] = [];
  for (const [key, { url }] of sitesOf(config)) {
    const address = new URL(url).href.replace(/\/$/, "");
    const other = seen.get(address);
    if (other) {
      mistakes.push(`${key}.url: ${url} is also the address of ${other}. Give each site its own`);
    }
    seen.set(address, key);
  }
  return mistakes;
}
