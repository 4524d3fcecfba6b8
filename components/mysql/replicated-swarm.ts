import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { configFiles } from "../../platforms/swarm/configs";
import {
  secretFiles,
  versionedSecret,
  type SecretFile,
  type SwarmSecretReference,
} from "../../platforms/swarm/secrets";
import { memoryMount, serviceArgs, volumeMount } from "../../platforms/swarm/service";
import { objectName } from "../../platforms/swarm/stack";
import { namedVolume, slotVolume, type VolumeMount } from "../../platforms/swarm/volume";
import { scriptDirectory } from "../../platforms/scripts";
import type { DatabaseEndpoint } from "../endpoints";
import { transformed } from "../transform";
import { DatabaseSecrets, metricsSecret, type DatabaseServer, type MetricsEndpoint } from "./database-secrets-swarm";
import { generationVariable, secretTemplate } from "./password-names";
import { memberCredentials, type MemberFiles } from "./replication/credentials";
import { memberScripts } from "./replication/scripts";
import { memberServerOptions, type MemberRole, type ReplicationSettings } from "./replication/server-options";
import { mysqlUser, optionFile, sized } from "./server-options";
import { topologyTypes, type MySqlArgs } from "./swarm";

export interface ReplicatedMySqlArgs extends MySqlArgs, ReplicationSettings {
  /** Members, the source included: 2 to 9. Default 3. */
  replicas?: number;
  /** Seconds a replica may be behind: one that is later for 20 s is ended, and named for reads again once it has caught up. Default 30. */
  maxLag?: number;
  /** Slot of the replica from whose data an empty source is made again. Leave it out again once that is done. */
  recoverFrom?: number | undefined;
  /** Slots of replicas that are lost for good: what only they had is given up by that recovery. Default: none. */
  recoverWithout?: number[] | undefined;
  /** Whether the set has been up: from then on, an empty source is no new set. Default false. */
  installed?: boolean;
  /** Placement constraints of the replicas, which `placement` does not concern. Default: the stack's. */
  replicaPlacement?: string[] | undefined;
}

/** Labels of the source's service. Its tasks read them as they start; `docker service update --label-add` restarts nothing. */
export const setLabels = {
  installed: "ghost-platform.installed",
  members: "ghost-platform.members",
  recoverFrom: "ghost-platform.recover-from",
  recoverWithout: "ghost-platform.recover-without",
} as const;

/** The secrets that a member of each role reads. */
const filesOfRole: Record<MemberRole, readonly (keyof MemberFiles)[]> = {
  source: ["source.sql", "monitor.cnf", "root.cnf", "backup.cnf", "clone-password"],
  replica: ["replica.sql", "monitor.cnf", "root.cnf", "clone-password", "replication-password"],
};

/**
 * MySQL with asynchronous replication: a service of one task, the source, which takes every write and whose volume is `storage`; and a
 * service of the replicas, read-only, each with a local volume of its own that it fills by CLONE. What that promises, and what not,
 * stands in docs/mysql-replication.md.
 *
 * Services: `<name>`, also known as `<name>-source`; `<name>-replica`, also known as `<name>-read`.
 *
 * @throws UserError for an option that cannot be set
 */
export class ReplicatedMySql extends pulumi.ComponentResource implements DatabaseServer {
  /** DNS name for reading and writing, on the backend network. */
  readonly sourceHost: string;
  /** DNS name of the replicas, for reading alone. */
  readonly readHost: string;
  readonly metrics?: MetricsEndpoint;
  private readonly secrets: DatabaseSecrets;

  constructor(name: string, args: ReplicatedMySqlArgs, opts?: pulumi.ComponentResourceOptions) {
    super(topologyTypes.replicated, name, {}, pulumi.mergeOptions(opts, { aliases: [{ type: topologyTypes.single }] }));
    const child = { parent: this };
    const { stack } = args;
    const limits = sized(args, (args.replicas ?? 3) - 1);
    const { memory } = limits;
    const services: Record<MemberRole, string> = { source: name, replica: `${name}-replica` };
    const fullName = (role: MemberRole) => objectName(stack, services[role]);
    this.sourceHost = `${name}-source`;
    this.readHost = `${name}-read`;

    const credentials = memberCredentials(name, args.databases, child, args.passwordGeneration, args.metrics ?? false);
    this.secrets = new DatabaseSecrets(stack, name, args.databases, credentials.databasePasswords, child);
    const files = secretFiles(stack, name, "/run/secrets/mysql", credentials, child);
    versionedSecret(
      stack,
      `${name}-backup`,
      { content: credentials.userPasswords.backup, template: secretTemplate(credentials.generation) },
      child,
    );
    const scripts = configFiles(
      stack,
      name,
      Object.fromEntries(
        Object.entries(memberScripts("swarm")).map(([file, content]) => [`${scriptDirectory}/${file}`, content]),
      ),
      child,
    );
    const volume = (retainOnDelete: boolean) => (volumeName: string, volumeArgs: docker.VolumeArgs) =>
      new docker.Volume(...transformed(args.transform?.volume, volumeName, volumeArgs, { ...child, retainOnDelete }));

    const member = (
      role: MemberRole,
      volumes: { data: VolumeMount; scratch: VolumeMount },
      own: {
        member: string;
        replicas: number;
        alias: string;
        labels: Record<string, string>;
        placeholders: Record<string, string>;
        placement: string[] | undefined;
      },
    ) => {
      const options = optionFile(memberServerOptions(role, limits, args.options, args));
      return new docker.Service(
        ...transformed(
          args.transform?.service,
          services[role],
          serviceArgs(stack, services[role], {
            image: args.image,
            replicas: own.replicas,
            labels: own.labels,
            command: ["bash", `${scriptDirectory}/start-member.sh`],
            user: mysqlUser,
            environment: {
              // Every healthy task, in either mode of the stack's endpoints.
              MEMBER_NAMES: `tasks.${fullName("source")} tasks.${fullName("replica")}`,
              SOURCE_HOST: this.sourceHost,
              MAX_LAG: String(args.maxLag ?? 30),
              REFUSAL_PAUSE: "10",
              SOURCE_SERVICE: fullName("source"),
              SERVICE: fullName(role),
              [generationVariable]: String(credentials.generation),
            },
            placeholders: {
              MEMBER: own.member,
              CONTAINER: "{{.Task.Name}}",
              VOLUME: volumes.data.source,
              NODE: "{{.Node.Hostname}}",
              ...own.placeholders,
            },
            memory,
            networks: ["backend", ...(args.metrics ? (["metrics"] as const) : [])],
            aliases: [own.alias],
            secrets: filesOfRole[role].map((file): SecretFile => files[file]),
            configs: [...scripts, ...configFiles(stack, name, { [`/etc/ghost-platform/${role}.cnf`]: options }, child)],
            mounts: [
              volumeMount(volumes.data, "/var/lib/mysql"),
              memoryMount("/run/mysqld", "1Mi"),
              volumeMount(volumes.scratch, "/tmp"),
            ],
            // A clone, or recovery after a crash, may take as long as it takes: failures count from the first success on. A server that hangs is
            // killed by the check itself, within one try.
            healthcheck: {
              command: ["bash", `${scriptDirectory}/member-healthy.sh`],
              interval: "2s",
              timeout: "40s",
              retries: 10,
              startPeriod: "24h",
            },
            placement: own.placement,
          }),
          { ...child },
        ),
      );
    };

    member(
      "source",
      {
        data: namedVolume(stack, `${name}-data`, args.storage ?? {}, volume(args.retainData ?? true)),
        scratch: namedVolume(stack, `${name}-tmp`, {}, volume(false)),
      },
      {
        member: `${name}-0`,
        replicas: 1,
        alias: this.sourceHost,
        labels: {
          [setLabels.members]: String(args.replicas ?? 3),
          ...(args.installed ? { [setLabels.installed]: "yes" } : {}),
          ...(args.recoverFrom === undefined ? {} : { [setLabels.recoverFrom]: String(args.recoverFrom) }),
          ...(args.recoverWithout ? { [setLabels.recoverWithout]: args.recoverWithout.join() } : {}),
        },
        placeholders: {
          INSTALLED: `{{index .Service.Labels "${setLabels.installed}"}}`,
          MEMBERS: `{{index .Service.Labels "${setLabels.members}"}}`,
          RECOVER_FROM: `{{index .Service.Labels "${setLabels.recoverFrom}"}}`,
          RECOVER_WITHOUT: `{{index .Service.Labels "${setLabels.recoverWithout}"}}`,
        },
        placement: args.placement,
      },
    );
    member(
      "replica",
      { data: slotVolume(stack, `${services.replica}-data`), scratch: slotVolume(stack, `${services.replica}-tmp`) },
      {
        member: `${name}-{{.Task.Slot}}`,
        replicas: (args.replicas ?? 3) - 1,
        alias: this.readHost,
        labels: {},
        placeholders: {},
        placement: args.replicaPlacement,
      },
    );

    if (args.metrics) {
      this.metrics = {
        optionFile: metricsSecret(stack, name, credentials, child),
        source: this.sourceHost,
        replicas: { host: `tasks.${fullName("replica")}`, count: (args.replicas ?? 3) - 1, maxLag: args.maxLag ?? 30 },
      };
    }
    this.registerOutputs({ sourceHost: this.sourceHost, readHost: this.readHost });
  }

  endpoint(key: string): DatabaseEndpoint<SwarmSecretReference> {
    return this.secrets.endpoint(this.sourceHost, key);
  }
}
