import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { quantityToBytes } from "../../config/quantity";
import { contentHash } from "../../platforms/content-hash";
import { afterRollout } from "../../platforms/kubernetes/after-rollout";
import { claimArgs } from "../../platforms/kubernetes/claim";
import { appLabels } from "../../platforms/kubernetes/labels";
import { podTemplate } from "../../platforms/kubernetes/pod";
import type { SecretReference } from "../../platforms/kubernetes/secret-reference";
import { serviceArgs } from "../../platforms/kubernetes/service";
import type { DatabaseEndpoint } from "../endpoints";
import { clusterNetwork, networkPolicy } from "../network-policy";
import { transformed, type Transform } from "../transform";
import { DatabaseSecrets, type DatabaseServer } from "./database-secrets";
import { topologyTypes, type MySqlArgs } from "./kubernetes";
import { mysqlNetworkPolicy } from "./network-policy";
import { memberCredentials } from "./replication/credentials";
import { memberScripts } from "./replication/scripts";
import { memberServerOptions, type ReplicationSettings } from "./replication/server-options";
import { mysqlPort, mysqlUser, optionFile, sized } from "./server-options";
import { serverPodSpec, volumeScripts } from "./server-pod";
import { serverSecret } from "./server-secret";

export interface ReplicatedMySqlArgs extends MySqlArgs, ReplicationSettings {
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
  transform?: MySqlArgs["transform"] & {
    disruptionBudget?: Transform<k8s.policy.v1.PodDisruptionBudgetArgs>;
  };
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
  /** Host name for reading and writing. */
  readonly sourceHost: pulumi.Output<string>;
  /** Host name for reading alone; what it answers may be as old as `maxLag`, or the source's absence. */
  readonly readHost: pulumi.Output<string>;
  private readonly secrets: DatabaseSecrets;

  constructor(name: string, args: ReplicatedMySqlArgs, opts?: pulumi.ComponentResourceOptions) {
    super(topologyTypes.replicated, name, {}, pulumi.mergeOptions(opts, { aliases: [{ type: topologyTypes.single }] }));
    const child = { parent: this };
    const { namespace, retainData = true, storage = { size: "20Gi" } } = args;
    const limits = sized(args, (args.replicas ?? 3) - 1);
    const { memory } = limits;
    const labels = appLabels("mysql", name);
    const metadata = (objectName: string) => ({ name: objectName, namespace, labels });
    const host = (...names: string[]) => pulumi.interpolate`${names.join(".")}.${namespace}.svc.cluster.local`;
    const kept = { ...child, retainOnDelete: retainData };

    const scripts = { ...memberScripts("kubernetes"), ...volumeScripts(storage) };
    const optionFiles = {
      "source.cnf": optionFile(memberServerOptions("source", limits, args.options, args)),
      "replica.cnf": optionFile(memberServerOptions("replica", limits, args.options, args)),
    };
    const credentials = memberCredentials(name, args.databases, child, args.passwordGeneration);
    this.secrets = new DatabaseSecrets(name, args.databases, credentials.databasePasswords, metadata, child);
    const server = serverSecret(metadata(`${name}-server`), credentials, child);
    new k8s.core.v1.Secret(
      `${name}-backup`,
      { metadata: metadata(`${name}-backup`), stringData: { password: credentials.userPasswords.backup } },
      child,
    );
    const configuration = new k8s.core.v1.ConfigMap(
      `${name}-configuration`,
      {
        metadata: metadata(`${name}-configuration`),
        data: { ...scripts, ...optionFiles, members: String(args.replicas ?? 3) },
      },
      child,
    );
    if (args.recoverFrom !== undefined) {
      new k8s.core.v1.ConfigMap(
        `${name}-recovery`,
        {
          metadata: metadata(`${name}-recovery`),
          data: {
            recoverFrom: String(args.recoverFrom),
            ...(args.recoverWithout ? { recoverWithout: args.recoverWithout.join() } : {}),
          },
        },
        child,
      );
    }

    // The source's claim is the program's own, as a single server's is: changing the topology keeps the data.
    const claim = new k8s.core.v1.PersistentVolumeClaim(
      ...transformed(args.transform?.claim, `${name}-data`, claimArgs(metadata(`data-${name}-0`), storage), {
        ...kept,
      }),
    );
    const members = new k8s.core.v1.Service(
      ...transformed(
        args.transform?.service,
        name,
        serviceArgs(metadata(name), labels, { mysql: mysqlPort }, { headless: true, notReady: true }),
        { ...child },
      ),
    );
    const sourceLabels = { ...labels, "statefulset.kubernetes.io/pod-name": `${name}-0` };
    for (const [role, selector] of Object.entries({ source: sourceLabels, read: labels })) {
      new k8s.core.v1.Service(
        `${name}-${role}`,
        serviceArgs(metadata(`${name}-${role}`), selector, { mysql: mysqlPort }),
        child,
      );
    }
    new k8s.policy.v1.PodDisruptionBudget(
      ...transformed(
        args.transform?.disruptionBudget,
        name,
        { metadata: metadata(name), spec: { maxUnavailable: 1, selector: { matchLabels: labels } } },
        { ...child },
      ),
    );

    const hash = contentHash(
      ...Object.values(optionFiles),
      ...Object.values(scripts),
      credentials.templates["source.sql"],
      credentials.templates["replica.sql"],
    );
    const pod = {
      ...serverPodSpec({
        image: args.image,
        memory,
        scripts: {
          initialise: "member.sh",
          start: "start-member.sh",
          ready: "member-ready.sh",
          beforeStop: "before-stop.sh",
        },
        optionFiles: Object.keys(optionFiles),
        configuration: configuration.metadata.name,
        secret: server,
        startupSeconds: startupSeconds(storage.size),
        volumePermissions: storage.volumePermissions,
        environment: [
          { name: "MEMBER", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
          { name: "MEMBER_NAMES", value: host(name) },
          // The headless Service names every pod, ready or not.
          { name: "LISTED", value: "yes" },
          { name: "SOURCE_HOST", value: host(`${name}-0`, name) },
          { name: "MAX_LAG", value: String(args.maxLag ?? 30) },
          { name: "KUBECTL", value: pulumi.interpolate`kubectl --namespace ${namespace}` },
        ],
        more: { volume: setFacts(name, configuration.metadata.name), mountPath: "/etc/ghost-platform/set" },
      }),
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: "kubernetes.io/hostname",
          whenUnsatisfiable: "ScheduleAnyway",
          labelSelector: { matchLabels: labels },
        },
      ],
    };
    const set = new k8s.apps.v1.StatefulSet(
      ...transformed(
        args.transform?.statefulSet,
        name,
        {
          metadata: metadata(name),
          spec: {
            serviceName: members.metadata.name,
            replicas: args.replicas ?? 3,
            // A set whose source is lost needs its other members: those must not wait for the first.
            podManagementPolicy: args.startOrder === "ordered" ? "OrderedReady" : "Parallel",
            selector: { matchLabels: labels },
            template: podTemplate(labels, mysqlUser, hash, pod),
            volumeClaimTemplates: [
              { metadata: { name: "data", labels }, spec: claimArgs(metadata("data"), storage).spec },
            ],
            // Kept when the set is scaled or replaced. Where nothing is to be kept, the namespace goes with all of them.
            persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
          },
        },
        { ...child, dependsOn: [claim] },
      ),
    );
    // Made once the set has been up, and from then on: an empty source is no new set. Goes when the data goes.
    new k8s.core.v1.ConfigMap(
      `${name}-installed`,
      {
        metadata: { ...metadata(`${name}-installed`), annotations: afterRollout },
        data: {
          installed:
            "This set has been up. Without this object, a source with an empty volume makes a new, empty database.\n",
        },
      },
      { ...kept, dependsOn: [set] },
    );
    networkPolicy(name, args, mysqlNetworkPolicy(metadata(name), clusterNetwork(args.networkPolicy)), child);

    this.sourceHost = host(`${name}-source`);
    this.readHost = host(`${name}-read`);
    this.registerOutputs({ sourceHost: this.sourceHost, readHost: this.readHost });
  }

  endpoint(key: string): DatabaseEndpoint<SecretReference> {
    return this.secrets.endpoint(this.sourceHost, key);
  }
}

/** What is known about the set outside its volumes: how many members it has, and what may be absent. A change restarts nothing. */
function setFacts(name: string, configuration: pulumi.Input<string>): k8s.types.input.core.v1.Volume {
  const optional = [`${name}-installed`, `${name}-recovery`].map((configMap) => ({
    configMap: { name: configMap, optional: true },
  }));
  const members = { configMap: { name: configuration, items: [{ key: "members", path: "members" }] } };
  return { name: "set", projected: { sources: [members, ...optional] } };
}

/** An hour for recovery after a crash, and what a clone that replaces outdated data takes at 20 MiB a second. */
function startupSeconds(size: string): number {
  return 3600 + Math.ceil(quantityToBytes(size) / (20 * 2 ** 20));
}
