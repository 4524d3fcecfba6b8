import * as path from "node:path";
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { topologyOptions, topologyType } from "./topologies";
import { defaults } from "../../config/defaults";
import {
  claimArgs,
  dataClaim,
  ofWorkload,
  type ClaimSettings,
  type DataClaim,
  type NewClaim,
} from "../../platforms/kubernetes/storage/claim";
import { KubernetesChildren, type KubernetesComponentArgs } from "../../platforms/kubernetes/children";
import { configuration } from "../../platforms/kubernetes/files/configuration";
import type { AppMetadata } from "../../platforms/kubernetes/labels";
import { clientLabel } from "../../platforms/kubernetes/network/network-policy";
import { podTemplate, type PodSettings } from "../../platforms/kubernetes/pods/pod";
import type { SecretReference } from "../../platforms/kubernetes/files/secret-reference";
import { serviceArgs } from "../../platforms/kubernetes/network/service";
import type { Authorities } from "../../platforms/authorities";
import { readScripts } from "../../platforms/scripts";
import type { DatabaseEndpoint, MetricsEndpoint } from "../endpoints";
import type { DumpedServer } from "../kept-claim";
import { clusterNetwork, networkPolicy, type NetworkPolicyChoice } from "../network-policy";
import { podCertificate } from "./certificate";
import { serverCredentials } from "./credentials";
import type { ExistingPassword, ExistingSecret } from "./existing-passwords";
import { fillingScripts } from "./existing-passwords-pod";
import { archiveUser, type Databases } from "./users";
import { DatabaseSecrets, metricsEndpoint, type DatabaseServer } from "./database-secrets";
import { serverConnections } from "./network-policy";
import { mysqlPort, mysqlUser, optionFile, serverOptions, sized, type ServerOptions } from "./server-options";
import { serverScripts } from "./server-scripts";
import { serverPodSpec, volumeScripts } from "./server-pod";
import { serverSecret, type ServerSecret } from "./server-secret";

export interface MySqlArgs extends KubernetesComponentArgs, NetworkPolicyChoice {
  /** MySQL 8.4 or 9.7, the official image or one with the same layout. */
  image: pulumi.Input<string>;
  /** Memory limit as a quantity, at least `512Mi`; the buffer pool is sized from it. Default `1Gi`, more for many databases. */
  memory?: string | undefined;
  /** Size and class of the data volume, or a claim that is there. Default 20Gi of the cluster's default class. */
  storage?: ClaimSettings;
  /** What else is said of its pods: where they run, labels, pull secrets, processor time. */
  pod?: PodSettings | undefined;
  /** Line of MySQL that data of an earlier one may go to for good, for example `9.7`. Default: none; the server refuses to start on them. */
  acceptUpgrade?: string | undefined;
  /** Server options over the defaults; see `serverOptions` for those that are refused. */
  options?: ServerOptions;
  /** Databases by a key of your own, each with the user that owns it. Removing one leaves its data in the server. */
  databases: Databases;
  /** How often the passwords of the server's own users were made; raised by one, never by more, to rotate them. Default 1. */
  passwordGeneration?: number;
  /** Which authorities there are for its certificate; raised as `npm run ops -- secrets rotate --authority` does, never otherwise. Default: the first alone. */
  authorities?: Authorities | undefined;
  /** A Secret that is there, with passwords of the server's own users. Default: all are random. */
  existingSecret?: ExistingSecret | undefined;
  /** Whether a pod of its own makes backups of it, as `dumped` says. Members of a set are ready for that whatever this says. Default false. */
  remoteBackups?: boolean | undefined;
  /** Whether somebody may ask it for figures, as `metrics` says. Default false. */
  metrics?: boolean | undefined;
  /** Whether its binary logs are archived by a pod of its own, as `dumped` says. Default false. */
  archived?: boolean | undefined;
  /** Keep the data volume when the component is destroyed. Default true. */
  retainData?: boolean;
}

/**
 * One MySQL server on one volume: a StatefulSet of one, so that a second server never opens the data before the first has gone.
 *
 * The server takes over users, passwords and databases at each start, so a data volume that outlived its passwords works with the new
 * ones. Objects carry the component's name.
 *
 * @throws UserError for an option that cannot be set
 */
export class MySql extends pulumi.ComponentResource implements DatabaseServer {
  readonly statefulSet: k8s.apps.v1.StatefulSet;
  readonly service: k8s.core.v1.Service;
  /** Of its data; undefined where that is on somebody else's. */
  readonly claim: k8s.core.v1.PersistentVolumeClaim | undefined;
  /** Every child, by kind and name. */
  readonly nodes: KubernetesChildren["nodes"];
  /** DNS name of the server. */
  readonly host: pulumi.Output<string>;
  /** How dumps of it are made from elsewhere; see `remoteBackups`. */
  readonly dumped: DumpedServer;
  readonly metrics?: MetricsEndpoint<SecretReference>;
  private readonly secrets: DatabaseSecrets;

  constructor(name: string, args: MySqlArgs, opts?: pulumi.ComponentResourceOptions) {
    super(topologyType("kubernetes", "single"), name, {}, topologyOptions("kubernetes", "single", opts));
    const children = new KubernetesChildren("mysql", name, args, { parent: this });
    const { memory, optionFile: serverCnf } = ownOptions(args);
    const credentials = serverCredentials(children, args.databases, args.passwordGeneration, {
      archive: args.archived ?? false,
      metrics: args.metrics ?? false,
      existingSecret: args.existingSecret,
      remoteBackups: args.remoteBackups ?? false,
    });
    const certificate = podCertificate(children, args.namespace, [children.objectName], args.authorities);
    this.secrets = new DatabaseSecrets(children, args.databases, credentials.databasePasswords, {
      ca: certificate.authority,
    });
    const secret = serverSecret(children, credentials);
    const files = configuration(children, "configuration", {
      "server.cnf": serverCnf,
      ...readServerScripts(),
      ...volumeScripts(args.storage),
      ...fillingScripts(credentials.existing),
    });
    const claim = serverClaim(children, args);
    this.claim = claim.made;
    this.service = children.make("service", "", headlessService(children));
    const pod = serverPodSpec({
      image: args.image,
      memory,
      resources: args.pod?.resources,
      acceptUpgrade: args.acceptUpgrade,
      scripts: { initialise: "initialise.sh", start: "start.sh", ready: "ready.sh", beforeStop: "before-stop.sh" },
      optionFiles: ["server.cnf"],
      configuration: files.name,
      secret,
      certificate,
      startupSeconds: 3600,
      volumePermissions: args.storage?.volumePermissions,
      data: { name: "data", persistentVolumeClaim: { claimName: claim.name } },
    });
    this.statefulSet = children.make("statefulSet", "", {
      metadata: ofWorkload(children.metadata(""), claim),
      spec: {
        serviceName: this.service.metadata.name,
        replicas: 1,
        selector: { matchLabels: children.labels },
        template: podTemplate(
          children.labels,
          mysqlUser,
          files.hash(credentials.templates["provision.sql"]),
          pod,
          args.pod,
        ),
      },
    });
    networkPolicy(children, args, serverConnections(children, clusterNetwork(args.networkPolicy)));

    this.nodes = children.nodes;
    this.host = pulumi.interpolate`${this.service.metadata.name}.${args.namespace}.svc.cluster.local`;
    this.dumped = dumpedServer(children, args, {
      claim: claim.name,
      secret,
      authority: certificate.authority,
      host: this.host,
      pods: children.labels,
      archivePassword: args.archived
        ? (credentials.existing["archive"] ?? credentials.userPasswords.archive)
        : undefined,
    });
    if (args.metrics) {
      this.metrics = metricsEndpoint(children, credentials, certificate, children.objectName);
    }
    this.registerOutputs({ host: this.host });
  }

  endpoint(key: string): DatabaseEndpoint<SecretReference> {
    return this.secrets.endpoint(this.host, key);
  }
}

/**
 * How dumps of a server are made from elsewhere.
 *
 * @param parts.pods labels of what answers at `host`
 */
export function dumpedServer(
  children: KubernetesChildren,
  { image, storage = { size: defaults.mysql.storage } }: Pick<MySqlArgs, "image" | "storage">,
  parts: {
    claim: pulumi.Input<string>;
    secret: ServerSecret;
    authority: pulumi.Output<string>;
    host: pulumi.Output<string>;
    pods: Record<string, string>;
    /** Of the user that follows its binary log, where that is archived. */
    archivePassword?: pulumi.Output<string> | ExistingPassword | undefined;
  },
): DumpedServer {
  const { archivePassword, authority, claim, host, pods, secret } = parts;
  const key = secret.items.find(({ path: file }) => file === "backup.cnf")?.key ?? "";
  return {
    workload: children.objectName,
    claim,
    labels: children.labels,
    storage,
    image,
    target: "/var/lib/mysql",
    host,
    port: mysqlPort,
    clientLabels: clientLabel(children.objectName),
    pods,
    login: { secret: secret.name, key },
    authority,
    ...(archivePassword ? { archive: archiveLogin(children, archivePassword) } : {}),
  };
}

/** A Secret of its own, unless the password is in one: who archives sees none of the server's passwords. */
function archiveLogin(
  children: KubernetesChildren,
  password: pulumi.Output<string> | ExistingPassword,
): NonNullable<DumpedServer["archive"]> {
  if (!pulumi.Output.isInstance(password)) {
    return { user: archiveUser, secret: password.name, key: password.key };
  }
  const secret = children.make("secret", archiveUser, {
    metadata: children.metadata(archiveUser),
    stringData: { password },
  });
  return { user: archiveUser, secret: secret.metadata.name, key: "password" };
}

/** The claim of the first member of a set: that of a single server, too, so that a stack that changes its topology keeps its data. */
export function firstClaim(
  children: KubernetesChildren,
  { retainData = true, storage = { size: defaults.mysql.storage } }: { retainData?: boolean; storage?: NewClaim },
): k8s.core.v1.PersistentVolumeClaim {
  return children.make("claim", "data", claimArgs(firstMetadata(children), storage), { retainOnDelete: retainData });
}

function firstMetadata(children: KubernetesChildren): AppMetadata {
  // The name a StatefulSet gives to the claim of its first member.
  return { ...children.metadata(""), name: `data-${children.objectName}-0` };
}

/** What a single server keeps its data on. */
function serverClaim(
  children: KubernetesChildren,
  { retainData = true, storage = { size: defaults.mysql.storage } }: Pick<MySqlArgs, "retainData" | "storage">,
): DataClaim {
  return dataClaim(children, "data", storage, { retain: retainData, metadata: firstMetadata(children) });
}

/** Service that names the members of a server's StatefulSet. */
export function headlessService(children: KubernetesChildren, options: { notReady?: boolean } = {}) {
  const { labels } = children;
  return serviceArgs(children.metadata(""), labels, { mysql: mysqlPort }, { headless: true, ...options });
}

function ownOptions(args: MySqlArgs) {
  const { memory, size } = sized(args);
  const configured = [["mysql.options", args.options ?? {}]] as [string, ServerOptions][];
  return { memory, optionFile: optionFile(serverOptions({ memory, size, configured })) };
}

function readServerScripts() {
  return readScripts(path.join(__dirname, "scripts"), [...serverScripts, "ready.sh", "renewals.sh", "before-stop.sh"]);
}
