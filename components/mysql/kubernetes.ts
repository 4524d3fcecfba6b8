import * as path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { contentHash } from "../../platforms/content-hash";
import { claimArgs, type ClaimSettings } from "../../platforms/kubernetes/claim";
import { appLabels } from "../../platforms/kubernetes/labels";
import { podTemplate } from "../../platforms/kubernetes/pod";
import { execProbe } from "../../platforms/kubernetes/probes";
import type { SecretReference } from "../../platforms/kubernetes/secret-reference";
import { restrictedContainer } from "../../platforms/kubernetes/security";
import { serviceArgs } from "../../platforms/kubernetes/service";
import { readScripts, scriptDirectory } from "../../platforms/scripts";
import type { DatabaseEndpoint } from "../endpoints";
import { transformed, type Transform } from "../transform";
import { serverCredentials, type Databases } from "./credentials";
import { mysqlPort, mysqlUser, optionFile, serverOptions, type ServerOptions } from "./server-options";

export interface MySqlArgs {
  /** Namespace of every object. */
  namespace: pulumi.Input<string>;
  /** MySQL 8.4 or 9.7, the official image or one with the same layout. */
  image: string;
  /** Memory limit as a quantity, at least `512Mi`; the buffer pool is sized from it. Default `1Gi`. */
  memory?: string;
  /** Size and class of the data volume. Default 20Gi of the cluster's default class. */
  storage?: ClaimSettings;
  /** Server options over the defaults; see `serverOptions` for those that are refused. */
  options?: ServerOptions;
  /** Databases by a key of your own, each with the user that owns it. Removing one leaves its data in the server. */
  databases: Databases;
  /** Keep the data volume when the component is destroyed. Default true. */
  retainData?: boolean;
  /** Adjusts a child resource before it is registered. */
  transform?: {
    statefulSet?: Transform<k8s.apps.v1.StatefulSetArgs>;
    service?: Transform<k8s.core.v1.ServiceArgs>;
    claim?: Transform<k8s.core.v1.PersistentVolumeClaimArgs>;
  };
}

/**
 * One MySQL server on one volume: a StatefulSet of one, so that a second server never opens the data before the first has gone.
 *
 * The server takes over users, passwords and databases at each start, so a data volume that outlived its passwords works with the new
 * ones. Objects carry the component's name.
 *
 * @throws UserError for an option that cannot be set
 */
export class MySql extends pulumi.ComponentResource {
  private readonly host: pulumi.Output<string>;
  private readonly databases: Databases;
  private readonly passwordSecrets: Record<string, pulumi.Output<string>>;

  constructor(name: string, args: MySqlArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ghost-platform:kubernetes:MySql", name, {}, opts);
    const child = { parent: this };
    const labels = appLabels("mysql", name);
    const metadata = (objectName: string) => ({ name: objectName, namespace: args.namespace, labels });
    const scripts = readScripts(path.join(__dirname, "scripts"), ["initialise.sh", "start.sh", "ready.sh"]);
    const serverCnf = optionFile(serverOptions(args.memory ?? "1Gi", args.options));

    const credentials = serverCredentials(name, args.databases, child);
    this.databases = args.databases;
    this.passwordSecrets = Object.fromEntries(
      Object.entries(credentials.databasePasswords).map(([key, password]) => [
        key,
        new k8s.core.v1.Secret(
          `${name}-${key}`,
          { metadata: metadata(`${name}-${key}`), stringData: { password } },
          child,
        ).metadata.name,
      ]),
    );
    const server = new k8s.core.v1.Secret(
      `${name}-server`,
      { metadata: metadata(`${name}-server`), stringData: credentials.files },
      child,
    );
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
            template: podTemplate(labels, mysqlUser, hash, podSpec(args, server, configuration, claim)),
          },
        },
        { ...child },
      ),
    );

    this.host = pulumi.interpolate`${service.metadata.name}.${args.namespace}.svc.cluster.local`;
    this.registerOutputs({ host: this.host });
  }

  /**
   * How to reach one of the databases.
   *
   * @param key the key it has in `databases`
   * @throws RangeError for a key that is not there
   */
  endpoint(key: string): DatabaseEndpoint<SecretReference> {
    const database = this.databases[key];
    const secret = this.passwordSecrets[key];
    if (!database || !secret) {
      throw new RangeError(`there is no database "${key}"; there are: ${Object.keys(this.databases).join(", ")}`);
    }
    return { host: this.host, port: mysqlPort, ...database, password: { name: secret, key: "password" } };
  }
}

function podSpec(
  args: MySqlArgs,
  server: k8s.core.v1.Secret,
  configuration: k8s.core.v1.ConfigMap,
  claim: k8s.core.v1.PersistentVolumeClaim,
): k8s.types.input.core.v1.PodSpec {
  const memory = args.memory ?? "1Gi";
  const mounts = [
    { name: "data", mountPath: "/var/lib/mysql" },
    { name: "run", mountPath: "/run/mysqld" },
    { name: "tmp", mountPath: "/tmp" },
    { name: "configuration", mountPath: scriptDirectory, readOnly: true },
    { name: "configuration", mountPath: "/etc/ghost-platform/server.cnf", subPath: "server.cnf", readOnly: true },
    { name: "server", mountPath: "/run/secrets/mysql", readOnly: true },
  ];
  const container = {
    image: args.image,
    securityContext: restrictedContainer,
    volumeMounts: mounts,
    resources: { requests: { cpu: "100m", memory }, limits: { memory } },
  };
  const login = "--defaults-file=/run/secrets/mysql/monitor.cnf";
  return {
    // InnoDB writes back what it holds; measured 3 to 10 s.
    terminationGracePeriodSeconds: 60,
    initContainers: [{ name: "initialise", ...container, command: [`${scriptDirectory}/initialise.sh`] }],
    containers: [
      {
        name: "mysql",
        ...container,
        command: [`${scriptDirectory}/start.sh`],
        ports: [{ name: "mysql", containerPort: mysqlPort }],
        // Recovery after a crash may take long and must not be cut short: an hour. A server that cannot start ends by itself.
        startupProbe: execProbe([`${scriptDirectory}/ready.sh`], { period: 2, timeout: 5, failures: 1800 }),
        readinessProbe: execProbe([`${scriptDirectory}/ready.sh`], { period: 5 }),
        // Answers as long as the server does, even when it refuses the login: only a server that hangs is restarted.
        livenessProbe: execProbe(["mysqladmin", login, "--connect-timeout=10", "ping"], {
          period: 20,
          timeout: 15,
          failures: 6,
        }),
      },
    ],
    volumes: [
      { name: "data", persistentVolumeClaim: { claimName: claim.metadata.name } },
      { name: "run", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
      { name: "tmp", emptyDir: {} },
      { name: "configuration", configMap: { name: configuration.metadata.name, defaultMode: 0o555 } },
      { name: "server", secret: { secretName: server.metadata.name, defaultMode: 0o440 } },
    ],
  };
}
