import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { topologyOptions, topologyType } from "../topologies";
import { defaults } from "../../../config/defaults";
import { KubernetesChildren } from "../../../platforms/kubernetes/children";
import { configuration } from "../../../platforms/kubernetes/files/configuration";
import { toNames, toPods } from "../../../platforms/kubernetes/network/network-policy";
import { onSeveralNodes, podTemplate } from "../../../platforms/kubernetes/pods/pod";
import type { SecretReference } from "../../../platforms/kubernetes/files/secret-reference";
import { memberNames, podCertificate } from "../certificate";
import type { DatabaseEndpoint, MetricsEndpoint } from "../../endpoints";
import { clusterNetwork, networkPolicy } from "../../network-policy";
import { DatabaseSecrets, metricsEndpoint, type DatabaseServer } from "../database-secrets";
import type { DumpedServer } from "../../kept-claim";
import { fillingScripts } from "../existing-passwords-pod";
import { dumpedServer, firstClaim, headlessService } from "../kubernetes";
import { mysqlPort, mysqlUser, optionFile, sized } from "../server-options";
import { serverPodSpec, volumeScripts } from "../server-pod";
import { serverSecret } from "../server-secret";
import {
  backupSecret,
  defaultStorage,
  disruptionBudget,
  hostName,
  installedMark,
  memberSet,
  type MemberArgs,
  setFacts,
  startupSeconds,
} from "../set-kubernetes";
import { groupCredentials } from "./credentials";
import { proxyRole } from "./proxy";
import { primaryProxy, proxyLabels } from "./proxy-kubernetes";
import { groupScripts } from "./scripts";
import { groupServerOptions } from "./server-options";

export interface GroupMySqlArgs extends MemberArgs {
  /** Members: 3, 5, 7 or 9, of which fewer than half may be lost at once. Default 3. */
  replicas?: number;
  /** HAProxy 3.2, the official image or one with the same program. */
  proxyImage: pulumi.Input<string>;
}

/**
 * Label of members, which selects them, so that the StatefulSet of another topology is replaced and not changed: of one that is updated, the last member would
 * wait for the first to be in a group, and the first for the last to be ready.
 */
const groupLabel = { "ghost-platform/topology": "group" };

/** Seconds until a member that is told to stop is killed: handing its part over, leaving, and writing back; a primary that cannot took up to 57. */
const gracePeriod = 120;

/**
 * MySQL Group Replication with one primary: a StatefulSet of members that decide among themselves who takes writes, and proxies that lead there. A
 * member fills itself by CLONE, and joins by the rules at the head of `scripts/decide-group.sh`; docs/mysql-group.md says what that promises.
 *
 * Services: `<name>` is headless and names every member, ready or not; `<name>-primary` leads to the member that takes writes.
 *
 * @throws UserError for an option that cannot be set
 */
export class GroupMySql extends pulumi.ComponentResource implements DatabaseServer {
  readonly statefulSet: k8s.apps.v1.StatefulSet;
  /** The headless Service, which names every member, and that of the proxies. */
  readonly services: Record<"members" | "primary", k8s.core.v1.Service>;
  /** The first member's; the others' are made by the StatefulSet. */
  readonly claim: k8s.core.v1.PersistentVolumeClaim;
  /** Every child, by kind and name. */
  readonly nodes: KubernetesChildren["nodes"];
  /** Host name for reading and writing. */
  readonly primaryHost: pulumi.Output<string>;
  /** How dumps of it are made from elsewhere, of whichever member takes writes. */
  readonly dumped: DumpedServer;
  readonly metrics?: MetricsEndpoint<SecretReference>;
  private readonly secrets: DatabaseSecrets;

  constructor(name: string, args: GroupMySqlArgs, opts?: pulumi.ComponentResourceOptions) {
    super(topologyType("kubernetes", "group"), name, {}, topologyOptions("kubernetes", "group", opts));
    const children = new KubernetesChildren("mysql", name, args, { parent: this });
    const { replicas = defaults.mysql.replicas, storage = defaultStorage } = args;
    const limits = sized(args, replicas - 1, "group");
    const members = Array.from({ length: replicas }, (_, ordinal) => `${children.objectName}-${ordinal}`);
    const credentials = groupCredentials(children, args.databases, args.passwordGeneration, {
      archive: args.archived ?? false,
      metrics: args.metrics ?? false,
      existingSecret: args.existingSecret,
    });
    const certificate = podCertificate(
      children,
      args.namespace,
      [
        ...["", proxyRole].map((role) => children.objectOf(role)),
        ...memberNames(children.objectName).map((member) => `${member}.${children.objectName}`),
      ],
      args.authorities,
    );
    this.secrets = new DatabaseSecrets(children, args.databases, credentials.databasePasswords, {
      ca: certificate.authority,
    });
    const secret = serverSecret(children, credentials);
    if (!credentials.existing["backup"]) {
      backupSecret(children, credentials.userPasswords.backup);
    }
    const options = groupServerOptions(
      children.objectName,
      members.map((member) => `${member}.${children.objectName}`),
      limits,
      args.options,
    );
    const files = configuration(
      children,
      "configuration",
      {
        "group.cnf": optionFile(options),
        ...groupScripts("kubernetes"),
        ...volumeScripts(args.storage),
        ...fillingScripts(credentials.existing),
      },
      { members: String(replicas) },
    );
    // The first member's claim is the program's own, as a single server's is: changing the topology keeps the data.
    this.claim = firstClaim(children, args);
    const headless = children.make("service", "", headlessService(children, { notReady: true }));
    disruptionBudget(children);
    const pod = serverPodSpec({
      image: args.image,
      memory: limits.memory,
      configuration: files.name,
      secret,
      certificate,
      resources: args.pod?.resources,
      acceptUpgrade: args.acceptUpgrade,
      scripts: {
        initialise: "group-member.sh",
        start: "start-group-member.sh",
        ready: "group-ready.sh",
        beforeStop: "leave-group.sh",
      },
      optionFiles: ["group.cnf"],
      startupSeconds: startupSeconds(storage.size),
      gracePeriod,
      volumePermissions: storage.volumePermissions,
      environment: [
        { name: "MEMBER", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
        { name: "MEMBER_HOSTS", value: `.${children.objectName}` },
        { name: "KUBECTL", value: pulumi.interpolate`kubectl --namespace ${args.namespace}` },
      ],
      more: { volume: setFacts(children.objectName, files.name), mountPath: "/etc/ghost-platform/set" },
    });
    const { templates } = credentials;
    const selector = { ...children.labels, ...groupLabel };
    this.statefulSet = memberSet(children, args, {
      members: headless.metadata.name,
      selector,
      template: podTemplate(selector, mysqlUser, files.hash(templates["member.sql"], templates["databases.sql"]), pod, {
        topologySpreadConstraints: [onSeveralNodes],
        ...args.pod,
      }),
      after: this.claim,
    });
    installedMark(children, args, this.statefulSet);
    networkPolicy(children, args, {
      takes: [{ port: mysqlPort, pods: [children.labels, proxyLabels(children)] }],
      opens: [...toNames(clusterNetwork(args.networkPolicy).nameService), toPods(mysqlPort, [children.labels])],
    });
    const primary = primaryProxy(children, { ...args, image: args.proxyImage, members });
    this.services = { members: headless, primary };

    this.nodes = children.nodes;
    this.primaryHost = hostName(args, children.objectOf(proxyRole));
    this.dumped = dumpedServer(children, args, {
      claim: this.claim.metadata.name,
      secret,
      authority: certificate.authority,
      host: this.primaryHost,
      pods: proxyLabels(children),
      archivePassword: args.archived
        ? (credentials.existing["archive"] ?? credentials.userPasswords.archive)
        : undefined,
    });
    if (args.metrics) {
      this.metrics = metricsEndpoint(children, credentials, certificate, children.objectOf(proxyRole));
    }
    this.registerOutputs({ primaryHost: this.primaryHost });
  }

  endpoint(key: string): DatabaseEndpoint<SecretReference> {
    return this.secrets.endpoint(this.primaryHost, key);
  }
}
