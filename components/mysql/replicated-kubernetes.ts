import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { topologyOptions, topologyType } from "./topologies";
import { defaults } from "../../config/defaults";
import { KubernetesChildren } from "../../platforms/kubernetes/children";
import { configuration } from "../../platforms/kubernetes/files/configuration";
import type { OwnPodSpec } from "../../platforms/kubernetes/pods/further-parts";
import { onSeveralNodes, podTemplate } from "../../platforms/kubernetes/pods/pod";
import type { SecretReference } from "../../platforms/kubernetes/files/secret-reference";
import { serviceArgs } from "../../platforms/kubernetes/network/service";
import { memberNames, podCertificate } from "./certificate";
import type { DatabaseEndpoint, MetricsEndpoint } from "../endpoints";
import { clusterNetwork, networkPolicy } from "../network-policy";
import { DatabaseSecrets, metricsEndpoint, type DatabaseServer } from "./database-secrets";
import type { DumpedServer } from "../kept-claim";
import { fillingScripts } from "./existing-passwords-pod";
import { dumpedServer, firstClaim, headlessService } from "./kubernetes";
import { serverConnections } from "./network-policy";
import { memberCredentials } from "./replication/credentials";
import { memberScripts } from "./replication/scripts";
import { memberServerOptions, type MemberRole, type ReplicationSettings } from "./replication/server-options";
import { mysqlPort, mysqlUser, optionFile, sized } from "./server-options";
import { serverPodSpec, volumeScripts, type ServerPodParts } from "./server-pod";
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
} from "./set-kubernetes";
import { serverSecret } from "./server-secret";

export interface ReplicatedMySqlArgs extends MemberArgs, ReplicationSettings {
  /** Members, the source included: 2 to 9. Default 3. */
  replicas?: number;
  /** Whether members start at once or one after the other. Default `parallel`; changing it replaces the StatefulSet, not the data. */
  startOrder?: "parallel" | "ordered";
  /** Seconds a replica may be behind before the read Service leaves it out. Default 30. */
  maxLag?: number;
  /** Ordinal of the member from whose data an empty source is made again. Leave it out again once that is done. */
  recoverFrom?: number | undefined;
  /** Ordinals of members that are lost for good: what only they had is given up by that recovery. Default: none. */
  recoverWithout?: number[] | undefined;
}

/**
 * MySQL with asynchronous replication: a StatefulSet whose ordinal 0 is the source and takes every write; the others are read-only
 * replicas that fill themselves by CLONE and follow it. What that promises, and what not, stands in docs/mysql-replication.md.
 *
 * Services: `<name>` is headless and names every member, ready or not; `<name>-source` is where writes go; `<name>-read` is every ready
 * member whose data is not too old.
 *
 * @throws UserError for an option that cannot be set
 */
export class ReplicatedMySql extends pulumi.ComponentResource implements DatabaseServer {
  readonly statefulSet: k8s.apps.v1.StatefulSet;
  /** The headless Service, which names every member; and those of the source and of the members that may be read. */
  readonly services: Record<"members" | "source" | "read", k8s.core.v1.Service>;
  /** The source's; the others' are made by the StatefulSet. */
  readonly claim: k8s.core.v1.PersistentVolumeClaim;
  /** Every child, by kind and name. */
  readonly nodes: KubernetesChildren["nodes"];
  /** Host name for reading and writing. */
  readonly sourceHost: pulumi.Output<string>;
  /** Host name for reading alone; what it answers may be as old as `maxLag`, or the source's absence. */
  readonly readHost: pulumi.Output<string>;
  /** How dumps of it are made from elsewhere, of whichever member takes writes. */
  readonly dumped: DumpedServer;
  readonly metrics?: MetricsEndpoint<SecretReference>;
  private readonly secrets: DatabaseSecrets;

  constructor(name: string, args: ReplicatedMySqlArgs, opts?: pulumi.ComponentResourceOptions) {
    super(topologyType("kubernetes", "replicated"), name, {}, topologyOptions("kubernetes", "replicated", opts));
    const children = new KubernetesChildren("mysql", name, args, { parent: this });
    const limits = sized(args, (args.replicas ?? defaults.mysql.replicas) - 1);
    const credentials = memberCredentials(children, args.databases, args.passwordGeneration, {
      archive: args.archived ?? false,
      metrics: args.metrics ?? false,
      existingSecret: args.existingSecret,
    });
    const certificate = podCertificate(
      children,
      args.namespace,
      [
        ...["", "source", "read"].map((role) => children.objectOf(role)),
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
    const { source, replica } = optionFiles(args, limits);
    const files = configuration(
      children,
      "configuration",
      {
        ...source,
        ...replica,
        ...memberScripts("kubernetes"),
        ...volumeScripts(args.storage),
        ...fillingScripts(credentials.existing),
      },
      { members: String(args.replicas ?? defaults.mysql.replicas) },
    );
    recoveryOrder(children, args);
    // The source's claim is the program's own, as a single server's is: changing the topology keeps the data.
    this.claim = firstClaim(children, args);
    this.services = services(children);
    disruptionBudget(children);
    const { templates } = credentials;
    this.statefulSet = memberSet(children, args, {
      members: this.services.members.metadata.name,
      template: podTemplate(
        children.labels,
        mysqlUser,
        files.hash(templates["source.sql"], templates["replica.sql"]),
        memberPod(children, args, { memory: limits.memory, configuration: files.name, secret, certificate }),
        { topologySpreadConstraints: [onSeveralNodes], ...args.pod },
      ),
      after: this.claim,
    });
    installedMark(children, args, this.statefulSet);
    networkPolicy(children, args, serverConnections(children, clusterNetwork(args.networkPolicy)));

    this.nodes = children.nodes;
    this.sourceHost = hostName(args, children.objectOf("source"));
    this.dumped = dumpedServer(children, args, {
      claim: this.claim.metadata.name,
      secret,
      authority: certificate.authority,
      host: this.sourceHost,
      pods: children.labels,
      archivePassword: args.archived
        ? (credentials.existing["archive"] ?? credentials.userPasswords.archive)
        : undefined,
    });
    this.readHost = hostName(args, children.objectOf("read"));
    if (args.metrics) {
      this.metrics = metricsEndpoint(
        children,
        credentials,
        certificate,
        children.objectOf("source"),
        replicas(children, args),
      );
    }
    this.registerOutputs({ sourceHost: this.sourceHost, readHost: this.readHost });
  }

  endpoint(key: string): DatabaseEndpoint<SecretReference> {
    return this.secrets.endpoint(this.sourceHost, key);
  }
}

/** Each by the name that its StatefulSet gives it, whether it is ready or not. */
function replicas({ objectName }: KubernetesChildren, args: ReplicatedMySqlArgs) {
  const { maxLag = defaults.mysql.maxLag, replicas: members = defaults.mysql.replicas } = args;
  const hosts = Array.from({ length: members - 1 }, (_, index) => `${objectName}-${index + 1}.${objectName}`);
  return { hosts, count: hosts.length, maxLag };
}

function optionFiles(args: ReplicatedMySqlArgs, limits: ReturnType<typeof sized>) {
  const file = (role: MemberRole) => ({
    [`${role}.cnf`]: optionFile(memberServerOptions(role, limits, args.options, args)),
  });
  return { source: file("source"), replica: file("replica") };
}

/** From which member an empty source is made again, where somebody has said so. */
function recoveryOrder(children: KubernetesChildren, { recoverFrom, recoverWithout }: ReplicatedMySqlArgs): void {
  if (recoverFrom !== undefined) {
    const data = {
      recoverFrom: String(recoverFrom),
      ...(recoverWithout ? { recoverWithout: recoverWithout.join() } : {}),
    };
    children.make("configMap", "recovery", { metadata: children.metadata("recovery"), data });
  }
}

function services(children: KubernetesChildren): ReplicatedMySql["services"] {
  const service = (role: string, selector: Record<string, string>) =>
    children.make("service", role, serviceArgs(children.metadata(role), selector, { mysql: mysqlPort }));
  const source = { ...children.labels, "statefulset.kubernetes.io/pod-name": `${children.objectName}-0` };
  return {
    members: children.make("service", "", headlessService(children, { notReady: true })),
    source: service("source", source),
    read: service("read", children.labels),
  };
}

function memberPod(
  { objectName }: KubernetesChildren,
  args: ReplicatedMySqlArgs,
  parts: Pick<ServerPodParts, "memory" | "configuration" | "secret" | "certificate">,
): OwnPodSpec {
  const { image, maxLag = defaults.mysql.maxLag, namespace, storage = defaultStorage } = args;
  return {
    ...serverPodSpec({
      ...parts,
      image,
      resources: args.pod?.resources,
      acceptUpgrade: args.acceptUpgrade,
      scripts: {
        initialise: "member.sh",
        start: "start-member.sh",
        ready: "member-ready.sh",
        beforeStop: "before-stop.sh",
      },
      optionFiles: ["source.cnf", "replica.cnf"],
      startupSeconds: startupSeconds(storage.size),
      volumePermissions: storage.volumePermissions,
      environment: [
        { name: "MEMBER", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
        { name: "MEMBER_NAMES", value: hostName(args, objectName) },
        // The headless Service names every pod, ready or not.
        { name: "LISTED", value: "yes" },
        { name: "SOURCE_HOST", value: hostName(args, `${objectName}-0`, objectName) },
        { name: "MAX_LAG", value: String(maxLag) },
        { name: "KUBECTL", value: pulumi.interpolate`kubectl --namespace ${namespace}` },
      ],
      more: { volume: setFacts(objectName, parts.configuration), mountPath: "/etc/ghost-platform/set" },
    }),
  };
}
