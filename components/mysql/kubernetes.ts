import * as path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { contentHash } from "../../platforms/content-hash";
import { claimArgs, type ClaimSettings } from "../../platforms/kubernetes/claim";
import { appLabels } from "../../platforms/kubernetes/labels";
import { podTemplate } from "../../platforms/kubernetes/pod";
import type { SecretReference } from "../../platforms/kubernetes/secret-reference";
import { serviceArgs } from "../../platforms/kubernetes/service";
import { readScripts } from "../../platforms/scripts";
import type { DatabaseEndpoint } from "../endpoints";
import { clusterNetwork, networkPolicy, type NetworkPolicyArgument } from "../network-policy";
import { transformed, type Transform } from "../transform";
import { serverCredentials } from "./credentials";
import { type Databases } from "./users";
import { DatabaseSecrets, type DatabaseServer } from "./database-secrets";
import { mysqlNetworkPolicy } from "./network-policy";
import { mysqlPort, mysqlUser, optionFile, serverOptions, sized, type ServerOptions } from "./server-options";
import { serverPodSpec, volumeScripts } from "./server-pod";
import { serverSecret } from "./server-secret";

export interface MySqlArgs {
  /** Namespace of every object. */
  namespace: pulumi.Input<string>;
  /** MySQL 8.4 or 9.7, the official image or one with the same layout. */
  image: string;
  /** Memory limit as a quantity, at least `512Mi`; the buffer pool is sized from it. Default `1Gi`, more for many databases. */
  memory?: string | undefined;
  /** Size and class of the data volume. Default 20Gi of the cluster's default class. */
  storage?: ClaimSettings;
  /** Server options over the defaults; see `serverOptions` for those that are refused. */
  options?: ServerOptions;
  /** Databases by a key of your own, each with the user that owns it. Removing one leaves its data in the server. */
  databases: Databases;
  /** How often the passwords of the server's own users were made; raised by one, never by more, to rotate them. Default 1. */
  passwordGeneration?: number;
  /** See `NetworkPolicyArgument`. Default true. */
  networkPolicy?: NetworkPolicyArgument;
  /** Keep the data volume when the component is destroyed. Default true. */
  retainData?: boolean;
  /** Adjusts a child resource before it is registered. */
  transform?: {
    statefulSet?: Transform<k8s.apps.v1.StatefulSetArgs>;
    service?: Transform<k8s.core.v1.ServiceArgs>;
    claim?: Transform<k8s.core.v1.PersistentVolumeClaimArgs>;
    networkPolicy?: Transform<k8s.networking.v1.NetworkPolicyArgs>;
  };
}

/**
 * Types of the components for each topology. Each is an alias of the other: a stack that changes its topology keeps passwords, claim and
 * Services, and its objects are not deleted as those of a component that has gone.
 */
export const topologyTypes = {
  single: "ghost-platform:kubernetes:MySql",
  replicated: "ghost-platform:kubernetes:ReplicatedMySql",
} as const;

/**
 * One MySQL server on one volume: a StatefulSet of one, so that a second server never opens the data before the first has gone.
 *
 * The server takes over users, passwords and databases at each start, so a data volume that outlived its passwords works with the new
 * ones. Objects carry the component's name.
 *
 * @throws UserError for an option that cannot be set
 */
export class MySql extends pulumi.ComponentResource implements DatabaseServer {
  private readonly host: pulumi.Output<string>;
  private readonly secrets: DatabaseSecrets;

  constructor(name: string, args: MySqlArgs, opts?: pulumi.ComponentResourceOptions) {
    super(topologyTypes.single, name, {}, pulumi.mergeOptions(opts, { aliases: [{ type: topologyTypes.replicated }] }));
    const child = { parent: this };
    const labels = appLabels("mysql", name);
    const metadata = (objectName: string) => ({ name: objectName, namespace: args.namespace, labels });
    const scripts = {
      ...volumeScripts(args.storage),
      ...readScripts(path.join(__dirname, "scripts"), [
        "data-options.sh",
        "attended.sh",
        "volume.sh",
        "initialise.sh",
        "start.sh",
        "ready.sh",
        "before-stop.sh",
      ]),
    };
    const { memory, size } = sized(args);
    const serverCnf = optionFile(serverOptions({ memory, size, configured: [["mysql.options", args.options ?? {}]] }));

    const credentials = serverCredentials(name, args.databases, child, args.passwordGeneration);
    this.secrets = new DatabaseSecrets(name, args.databases, credentials.databasePasswords, metadata, child);
    const server = serverSecret(metadata(`${name}-server`), credentials, child);
    const configuration = new k8s.core.v1.ConfigMap(
      `${name}-configuration`,
      { metadata: metadata(`${name}-configuration`), data: { ...scripts, "server.cnf": serverCnf } },
      child,
    );
    const claim = new k8s.core.v1.PersistentVolumeClaim(
      ...transformed(
        args.transform?.claim,
        `${name}-data`,
        // The name a StatefulSet gives to the claim of its first member.
        claimArgs(metadata(`data-${name}-0`), args.storage ?? { size: "20Gi" }),
        { ...child, retainOnDelete: args.retainData ?? true },
      ),
    );
    const service = new k8s.core.v1.Service(
      ...transformed(
        args.transform?.service,
        name,
        serviceArgs(metadata(name), labels, { mysql: mysqlPort }, { headless: true }),
        { ...child },
      ),
    );

    const hash = contentHash(serverCnf, ...Object.values(scripts), credentials.templates["provision.sql"]);
    const pod = serverPodSpec({
      image: args.image,
      memory,
      scripts: { initialise: "initialise.sh", start: "start.sh", ready: "ready.sh", beforeStop: "before-stop.sh" },
      optionFiles: ["server.cnf"],
      configuration: configuration.metadata.name,
      secret: server,
      startupSeconds: 3600,
      volumePermissions: args.storage?.volumePermissions,
      data: { name: "data", persistentVolumeClaim: { claimName: claim.metadata.name } },
    });
    new k8s.apps.v1.StatefulSet(
      ...transformed(
        args.transform?.statefulSet,
        name,
        {
          metadata: metadata(name),
          spec: {
            serviceName: service.metadata.name,
            replicas: 1,
            selector: { matchLabels: labels },
            template: podTemplate(labels, mysqlUser, hash, pod),
          },
        },
        { ...child },
      ),
    );
    networkPolicy(name, args, mysqlNetworkPolicy(metadata(name), clusterNetwork(args.networkPolicy)), child);

    this.host = pulumi.interpolate`${service.metadata.name}.${args.namespace}.svc.cluster.local`;
    this.registerOutputs({ host: this.host });
  }

  endpoint(key: string): DatabaseEndpoint<SecretReference> {
    return this.secrets.endpoint(this.host, key);
  }
}
