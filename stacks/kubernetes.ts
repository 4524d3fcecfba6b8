import * as pulumi from "@pulumi/pulumi";
import { Analytics } from "../components/analytics/kubernetes";
import { BinaryLogArchive } from "../components/backup/archive-kubernetes";
import { ScheduledBackup } from "../components/backup/kubernetes";
import { Edge } from "../components/edge/kubernetes";
import { GhostWithMySql } from "../components/ghost-with-mysql/kubernetes";
import { MailRelay } from "../components/mail-relay/kubernetes";
import { Mailpit, type MailpitStorage } from "../components/mailpit/kubernetes";
import { Monitoring, type MonitoringArgs } from "../components/monitoring/kubernetes";
import { alertSender, hasDatabaseServer, hasInbox } from "../config/apps";
import { archiveSettings, backupJobSettings } from "../config/backups/backup-job";
import { backupPromise, verificationPromise } from "../config/backups/backup-promise";
import { renewalLimit } from "../config/edge";
import { claimsOfOthers } from "../config/kubernetes/claims-of-others";
import { secretsOfOthers } from "../config/kubernetes/secrets-of-others";
import { externalServer } from "../config/mysql/external-database";
import { siteGenerations } from "../config/generations";
import { mailRelaySettings } from "../config/mail-relay";
import type { KubernetesStackConfig } from "../config/schema";
import { clusterProvider, stackNamespace } from "../platforms/kubernetes/cluster";
import { publishedPage } from "../platforms/kubernetes/network/publish";
import { sitePriorityClass } from "../platforms/kubernetes/pods/priority-class";
import { analyticsArgs, siteSettings } from "./analytics";
import { watchedPages } from "./apps";
import { deployOwnApps, ownDatabases } from "./own-apps";
import { kubernetesEdgeSettings } from "./edge";
import { below } from "./below";
import type { StackOutputs } from "./outputs";

/** A stack on Kubernetes: a namespace, and as configured the inbox, the database server, the sites, apps of somebody else's, and an edge before the sites. Arguments as of `deployStack`. */
export function kubernetesStack(config: KubernetesStackConfig, parent?: pulumi.Resource): StackOutputs {
  const { images, retainData } = config;
  const { external, ...ownServer } = config.mysql;
  const elsewhere = external && externalServer(external, config.sites, process.cwd());
  const options = { provider: clusterProvider("cluster", config.kubernetes, below(parent)), ...below(parent) };
  const namespace = stackNamespace(
    config.kubernetes,
    retainData,
    options,
    claimsOfOthers(config).length + secretsOfOthers(config).length > 0,
  ).metadata.name;
  const { ingressNamespace, nameService, networkPolicies, reachableNetworks } = config.kubernetes;
  const networkPolicy = networkPolicies && { ingressNamespace, nameService, reachableNetworks };
  const shared = { namespace, images, networkPolicy, retainData };

  const edge =
    config.edge &&
    new Edge("edge", { namespace, images, networkPolicy, ...kubernetesEdgeSettings(config, config.edge) }, options);
  const analytics = analyticsArgs(config);
  if (edge && analytics) {
    const { endpoint, memory, pod, trackerToken } = analytics;
    const args = { namespace, images, networkPolicy, endpoint, memory, pod, trackerToken, edge: edge.labels };
    new Analytics("analytics", args, options);
  }
  const priorityClassName = sitePriorityClass(config.kubernetes, options);
  const sites = Object.fromEntries(
    Object.entries(config.sites).map(([name, { analytics: _analytics, ...site }]) => [
      name,
      {
        ...site,
        ...siteSettings(config, name, site),
        edge: edge?.door,
        priorityClassName,
        imagePullSeconds: config.kubernetes.imagePullSeconds,
        passwordGenerations: siteGenerations(config, name),
        externalDatabase: elsewhere?.databases[name],
        databaseSecret: site.database?.existingSecret,
      },
    ]),
  );

  const mailpit = hasInbox(config)
    ? new Mailpit(
        "mailpit",
        {
          ...shared,
          ...mailpitArgs(config.mailpit),
          // Alertmanager sends no password over a connection without TLS.
          openToSenders: config.monitoring?.alerts !== undefined,
        },
        options,
      )
    : undefined;
  const relay = config.mailRelay && mailRelaySettings(config.mailRelay, process.cwd());
  const mail = relay ? new MailRelay("mail-relay", { ...relay, namespace }, options) : mailpit;
  const job = backupJobSettings(config.backup, process.cwd());
  const archived = archiveSettings(config.backup, process.cwd()) !== undefined;
  const mysql = {
    ...ownServer,
    external: elsewhere?.server,
    name: "mysql",
    remoteBackups: job !== undefined,
    archived,
    metrics: config.monitoring !== undefined,
  };
  const databases = ownDatabases(config);
  const ghost = hasDatabaseServer(config)
    ? new GhostWithMySql("ghost", { ...shared, mysql, sites, databases, mail: mail?.smtp }, options)
    : undefined;
  const server = ghost?.mysql;
  const own = deployOwnApps(
    "kubernetes",
    config,
    { config, namespace, networkPolicy, retainData, mail: mail?.smtp, options },
    server,
  );

  let scheduled: ScheduledBackup | undefined;
  let archive: BinaryLogArchive | undefined;
  if (job && ghost && server && "dumped" in server) {
    const components = [...Object.values(ghost.sites), ...(mailpit ? [mailpit] : [])];
    const claims = [...components.map(({ kept }) => kept), ...own.flat()];
    const args = {
      ...job,
      namespace,
      images,
      networkPolicy,
      commandName: pulumi.getStack(),
      database: server.dumped,
      pod: besides(config),
    };
    scheduled = new ScheduledBackup("backup", { ...args, claims }, options);
    if (archived) {
      const metrics = config.monitoring && { namespace: config.monitoring.operator?.namespace };
      archive = new BinaryLogArchive("backup-archive", { ...args, metrics }, options);
    }
  }

  const watching = watched(
    config,
    { ...shared, database: server?.metrics, archive: archive?.figures, scheduled, mail, mailpit },
    options,
  );

  return {
    namespace,
    urls: Object.fromEntries(Object.entries(sites).map(([name, { url }]) => [name, url])),
    ...(mailpit ? { inbox: mailpit.serviceName } : {}),
    ...(mailpit?.login ? { inboxLogin: mailpit.login } : {}),
    ...(watching?.login ? { dashboardsLogin: watching.login } : {}),
  };
}

/** What watches the stack, if it is asked for. */
function watched(
  config: KubernetesStackConfig,
  {
    mail,
    mailpit,
    scheduled,
    ...args
  }: Pick<MonitoringArgs, "archive" | "database" | "images" | "namespace" | "networkPolicy" | "retainData"> & {
    mail: Mailpit | MailRelay | undefined;
    mailpit: Mailpit | undefined;
    scheduled: ScheduledBackup | undefined;
  },
  options: pulumi.ComponentResourceOptions,
): Monitoring | undefined {
  const { monitoring } = config;
  if (!monitoring) {
    return undefined;
  }
  const { alerts, dashboards, host, ingress, route, ...settings } = monitoring;
  const pages = watchedPages(config);
  return new Monitoring(
    "monitoring",
    {
      ...args,
      ...settings,
      ...pages,
      commandName: pulumi.getStack(),
      clientLabels: mailpit?.clientLabels,
      backupOverdueAfter: backupPromise(config)?.overdueAfter,
      verificationOverdueAfter: verificationPromise(config)?.overdueAfter,
      renewedBefore: pages.certificates.length > 0 ? renewalLimit : undefined,
      backupCronJob: scheduled?.cronJob.metadata.name,
      dashboards: dashboards ? { published: publishedPage({ host, ingress, route }) } : undefined,
      alerts: alerts && mail ? { ...alerts, from: alertSender(config, alerts), mail: mail.smtp } : undefined,
    },
    options,
  );
}

/** What the pods of the sites and the inbox tolerate, and how they get their images: who reads beside them has to, too. */
function besides({ mailpit, sites }: KubernetesStackConfig) {
  const pods = [...Object.values(sites), mailpit].map(({ pod }) => pod);
  return {
    tolerations: pods.flatMap((pod) => pod?.tolerations ?? []),
    imagePullSecrets: [...new Set(pods.flatMap((pod) => pod?.imagePullSecrets ?? []))],
  };
}

function mailpitArgs({
  authentication,
  existingSecret,
  host,
  ingress,
  maxMessages,
  memory,
  pod,
  route,
  storage,
}: KubernetesStackConfig["mailpit"]) {
  return {
    authentication,
    existingSecret,
    maxMessages,
    memory,
    pod,
    storage: mailpitStorage(storage),
    published: publishedPage({ host, ingress, route }),
  };
}

function mailpitStorage(storage: KubernetesStackConfig["mailpit"]["storage"]): MailpitStorage {
  const { accessModes, existingClaim, hostPath, nfs, size, storageClass, volumePermissions } = storage;
  const shared = { accessModes, size, volumePermissions };
  if (existingClaim !== undefined) {
    return { existingClaim, volumePermissions };
  }
  return hostPath ? { ...shared, hostPath } : nfs ? { ...shared, nfs } : { ...shared, storageClass };
}
