import * as pulumi from "@pulumi/pulumi";
import { ActivityPub } from "../components/activitypub/swarm";
import { Analytics } from "../components/analytics/swarm";
import { BinaryLogArchive } from "../components/backup/archive-swarm";
import { Edge } from "../components/edge/swarm";
import { GhostWithMySql } from "../components/ghost-with-mysql/swarm";
import { MailRelay } from "../components/mail-relay/swarm";
import { Mailpit } from "../components/mailpit/swarm";
import { Monitoring } from "../components/monitoring/swarm";
import type { DatabaseServer } from "../components/mysql/database-secrets-swarm";
import { wordpressDatabase } from "../components/mysql/users";
import { ofEachServer } from "../components/shop/settings";
import { Shop } from "../components/shop/swarm";
import { WordPress } from "../components/wordpress/swarm";
import { activityPubDatabase } from "../config/own-activitypub";
import { readAppFiles } from "../config/files/app-files";
import { alertSender, hasDatabaseServer, hasInbox } from "../config/apps";
import { archiveSettings } from "../config/backups/backup-job";
import { backupPromise, verificationPromise } from "../config/backups/backup-promise";
import { pageUrl, renewedBefore } from "../config/edge";
import { publishedPort } from "../config/swarm/published-port";
import { shopPasswords, siteGenerations } from "../config/generations";
import { mailRelaySettings } from "../config/mail-relay";
import { externalServer } from "../config/mysql/external-database";
import { wordpressConnections } from "../config/mysql/size";
import type { SiteConfig, SwarmConfig, SwarmStackConfig, WordPressConfig } from "../config/schema";
import { publishedHost, swarmProvider } from "../platforms/swarm/cluster";
import { stackNetworks } from "../platforms/swarm/networks";
import { swarmStackName, type SwarmStack } from "../platforms/swarm/stack";
import { activityPubArgs, activityPubDatabases } from "./activitypub";
import { analyticsArgs, siteSettings } from "./analytics";
import { edgeSettings } from "./edge";
import { below } from "./below";
import type { StackOutputs } from "./outputs";
import { watchedPages } from "./apps";
import { registriesOf } from "./images";
import { deployOwnApps, ownDatabases } from "./own-apps";

/** A stack on Docker Swarm: its networks, and as configured the inbox, the database server and the sites. Arguments as of `deployStack`. */
export function swarmStack(config: SwarmStackConfig, parent?: pulumi.Resource): StackOutputs {
  const { edge, images, monitoring, retainData, swarm } = config;
  const { external, ...ownServer } = config.mysql;
  const elsewhere = external && externalServer(external, config.sites, process.cwd());
  const archive = archiveSettings(config.backup, process.cwd());
  const mysql = {
    ...ownServer,
    external: elsewhere?.server,
    name: "mysql",
    archived: archive !== undefined,
    metrics: monitoring !== undefined,
  };
  const provider = swarmProvider("swarm", swarm.host, swarm.registryAuth ? registriesOf(config) : [], below(parent));
  const options = { provider, ...below(parent) };
  const stack = sharedSettings(swarmStackName(pulumi.getStack()), swarm, monitoring !== undefined, options);
  // An edge alone publishes ports.
  const own = (port: number | undefined) => (edge ? undefined : port);
  const sites = Object.fromEntries(
    Object.entries(config.sites).map(([name, site]) => [
      name,
      {
        ...ghostSite(config, name, site),
        port: own(publishedPort(site)),
        passwordGenerations: siteGenerations(config, name),
        externalDatabase: elsewhere?.databases[name],
      },
    ]),
  );
  const wordpressDatabases = Object.fromEntries(
    Object.entries(config.wordpress).map(([name, { replicas }]) => [
      name,
      {
        ...wordpressDatabase(name),
        connections: wordpressConnections(replicas),
        passwordGenerations: siteGenerations(config, name),
      },
    ]),
  );
  const databases = { ...ownDatabases(config), ...wordpressDatabases, ...activityPubDatabases(config) };

  const mailpit = hasInbox(config)
    ? new Mailpit(
        "mailpit",
        {
          ...config.mailpit,
          port: own(config.mailpit.port),
          stack,
          images,
          retainData,
          // Where alerts come from; Alertmanager sends no password over a connection without TLS.
          ...(monitoring?.alerts ? { alsoOn: ["monitoring" as const], openToSenders: true } : {}),
        },
        options,
      )
    : undefined;
  const relay = config.mailRelay && mailRelaySettings(config.mailRelay, process.cwd());
  const mail = relay ? new MailRelay("mail-relay", { ...relay, stack }, options) : mailpit;
  const shared = { stack, images, retainData };
  let database: DatabaseServer | undefined;
  if (hasDatabaseServer(config)) {
    const ghost = new GhostWithMySql("ghost", { ...shared, mysql, sites, databases, mail: mail?.smtp }, options);
    database = ghost.mysql;
    for (const [name, site] of Object.entries(config.wordpress)) {
      new WordPress(
        `wordpress-${name}`,
        {
          ...shared,
          ...wordpressSite(name, site),
          port: own(publishedPort(site)),
          database: ghost.mysql.endpoint(name),
          mail: mail?.smtp,
        },
        options,
      );
    }
  }

  let archived: BinaryLogArchive | undefined;
  if (archive && database?.binaryLog) {
    archived = new BinaryLogArchive(
      "backup-archive",
      {
        ...archive,
        metrics: monitoring !== undefined,
        stack,
        images,
        commandName: pulumi.getStack(),
        database: database.binaryLog,
        placement: config.backup?.placement,
      },
      options,
    );
  }

  if (config.shop) {
    const generations = ofEachServer((server) => siteGenerations(config, shopPasswords[server]));
    new Shop("shop", { ...shared, ...config.shop, generations, servicePrefix: "" }, options);
  }

  deployOwnApps("swarm", config, { config, stack, retainData, mail: mail?.smtp, options }, database);

  const watching = monitoring
    ? new Monitoring(
        "monitoring",
        {
          ...shared,
          ...monitoring,
          servicePrefix: "",
          commandName: pulumi.getStack(),
          ...watchedPages(config),
          database: database?.metrics,
          archive: archived?.figures,
          backupOverdueAfter: backupPromise(config)?.overdueAfter,
          verificationOverdueAfter: verificationPromise(config)?.overdueAfter,
          renewedBefore: edge && renewedBefore(edge),
          dashboards: monitoring.dashboards ? { port: own(monitoring.port) } : undefined,
          alerts:
            monitoring.alerts && mail
              ? { ...monitoring.alerts, from: alertSender(config, monitoring.alerts), mail: mail.smtp }
              : undefined,
        },
        options,
      )
    : undefined;

  const analytics = analyticsArgs(config);
  if (analytics) {
    const { pod: _pod, trackerToken, ...args } = analytics;
    // The checks let no Secret of a cluster through.
    new Analytics("analytics", { stack, images, ...args, trackerToken: trackerToken as string }, options);
  }

  const activityPub = activityPubArgs(config);
  if (activityPub && database) {
    const own = database.endpoint(activityPubDatabase);
    new ActivityPub("activitypub", { ...shared, ...activityPub, database: own }, { provider });
  }

  if (edge) {
    new Edge("edge", { ...shared, ...edgeSettings(config, edge) }, options);
  }

  return {
    stack: stack.name,
    urls: urlsOf({ ...config.sites, ...config.wordpress }),
    ...pageOutput("inbox", mailpit && config.mailpit, config),
    ...(mailpit?.login ? { inboxLogin: mailpit.login } : {}),
    ...pageOutput("dashboards", watching?.login && monitoring, config),
    ...(watching?.login ? { dashboardsLogin: watching.login } : {}),
  };
}

/** The address of a page that is no site; none where it is reached from inside alone. */
function pageOutput(
  name: string,
  page: { host?: string | undefined; port: number } | undefined,
  { edge, swarm }: SwarmStackConfig,
): Record<string, string> {
  if (!page || (edge && page.host === undefined)) {
    return {};
  }
  const { host = "", port } = page;
  return { [name]: edge ? pageUrl(edge, host) : `http://${publishedHost(swarm.host)}:${port}` };
}

function urlsOf(sites: Record<string, { url: string }>): Record<string, string> {
  return Object.fromEntries(Object.entries(sites).map(([name, { url }]) => [name, url]));
}

function sharedSettings(
  name: string,
  swarm: SwarmConfig,
  monitoring: boolean,
  options: pulumi.CustomResourceOptions,
): SwarmStack {
  const { encryptBackend = false, endpointMode, placement, publishMode, registryAuth, singleNode } = swarm;
  const networks = stackNetworks({ name }, { encryptBackend, monitoring }, options);
  return { name, networks, endpointMode, placement, publishMode, registryAuth, singleNode };
}

function ghostSite(config: SwarmStackConfig, name: string, site: SiteConfig) {
  const { adminUrl, mailFrom, memory, owner, placement, service, storage, url } = site;
  const { secretSettings, settings } = siteSettings(config, name, site);
  const { files } = readAppFiles(`sites.${name}`, site, new URL(url).hostname, process.cwd());
  return {
    url,
    adminUrl,
    owner,
    memory,
    storage,
    placement,
    service,
    settings,
    // The checks let no Secret of a cluster through.
    secretSettings: secretSettings as Record<string, string>,
    files,
    ...(mailFrom ? { mailFrom } : {}),
  };
}

function wordpressSite(name: string, site: WordPressConfig) {
  const { mailFrom, maxUpload, memory, owner, placement, replicas, storage, url } = site;
  const { files } = readAppFiles(`wordpress.${name}`, site, new URL(url).hostname, process.cwd());
  return { url, replicas, memory, maxUpload, owner, storage, placement, files, mailFrom };
}
