import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { topologyOptions, topologyType } from "./topologies";
import { defaults } from "../../config/defaults";
import { SwarmChildren } from "../../platforms/swarm/children";
import { configFiles, type ConfigFile } from "../../platforms/swarm/configs";
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
import type { BinaryLogEndpoint, DatabaseEndpoint, MetricsEndpoint } from "../endpoints";
import { serviceCertificate, type ServiceCertificate } from "./certificate";
import { binaryLogAccess, DatabaseSecrets, metricsAccess, type DatabaseServer } from "./database-secrets-swarm";
import { generationVariable, secretTemplate } from "./password-names";
import { memberCredentials, type MemberFiles } from "./replication/credentials";
import { memberScripts } from "./replication/scripts";
import { memberServerOptions, type MemberRole, type ReplicationSettings } from "./replication/server-options";
import { acceptVariable, mysqlUser, optionFile, sized } from "./server-options";
import { type MySqlArgs } from "./swarm";

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
  readonly services: Record<MemberRole, docker.Service>;
  /** Every child, by kind and name. */
  readonly nodes: SwarmChildren["nodes"];
  /** DNS name for reading and writing, on the backend network. */
  readonly sourceHost: string;
  /** DNS name of the replicas, for reading alone. */
  readonly readHost: string;
  readonly metrics?: MetricsEndpoint<SwarmSecretReference>;
  readonly binaryLog?: BinaryLogEndpoint<SwarmSecretReference>;
  private readonly secrets: DatabaseSecrets;

  constructor(name: string, args: ReplicatedMySqlArgs, opts?: pulumi.ComponentResourceOptions) {
    super(topologyType("swarm", "replicated"), name, {}, topologyOptions("swarm", "replicated", opts));
    const children = new SwarmChildren(name, args, { parent: this });
    this.sourceHost = children.objectOf("source");
    this.readHost = children.objectOf("read");
    const credentials = memberCredentials(children, args.databases, args.passwordGeneration, {
      archive: args.archived ?? false,
      metrics: args.metrics ?? false,
    });
    const certificate = serviceCertificate(
      children,
      ["", "source", "replica", "read"].map((role) => children.objectOf(role)),
      args.authorities,
    );
    this.secrets = new DatabaseSecrets(children, args.databases, credentials.databasePasswords, {
      ca: certificate.authority,
    });
    backupSecret(children, credentials);
    const set: MemberSet = {
      args,
      children,
      limits: sized(args, (args.replicas ?? defaults.mysql.replicas) - 1),
      generation: credentials.generation,
      files: secretFiles(children, "/run/secrets/mysql", credentials),
      certificate,
      scripts: setScripts(children),
    };
    this.services = { source: source(set), replica: replica(set) };

    this.nodes = children.nodes;
    if (args.metrics) {
      this.metrics = {
        ...metricsAccess(children, credentials, certificate),
        source: this.sourceHost,
        replicas: {
          hosts: { resolvedBy: `tasks.${fullName(set, "replica")}` },
          count: (args.replicas ?? defaults.mysql.replicas) - 1,
          maxLag: args.maxLag ?? defaults.mysql.maxLag,
        },
      };
    }
    if (args.archived) {
      this.binaryLog = binaryLogAccess(children, credentials, certificate, this.sourceHost);
    }
    this.registerOutputs({ sourceHost: this.sourceHost, readHost: this.readHost });
  }

  endpoint(key: string): DatabaseEndpoint<SwarmSecretReference> {
    return this.secrets.endpoint(this.sourceHost, key);
  }
}

/** What the members of a set share. */
interface MemberSet {
  args: ReplicatedMySqlArgs;
  children: SwarmChildren;
  limits: ReturnType<typeof sized>;
  /** Of the passwords that they are started with. */
  generation: number;
  files: Record<keyof MemberFiles, SecretFile>;
  certificate: ServiceCertificate;
  scripts: ConfigFile[];
}

/** What differs between the service of the source and that of the replicas. */
interface MemberService {
  volumes: { data: VolumeMount; scratch: VolumeMount };
  member: string;
  replicas: number;
  alias: string;
  labels: Record<string, string>;
  placeholders: Record<string, string>;
  placement: string[] | undefined;
}

/** Role of the service in the component. */
const serviceRole = { source: "", replica: "replica" } as const satisfies Record<MemberRole, string>;

function fullName({ args, children }: Pick<MemberSet, "args" | "children">, role: MemberRole): string {
  return objectName(args.stack, children.objectOf(serviceRole[role]));
}

function backupSecret(
  children: SwarmChildren,
  { generation, userPasswords }: ReturnType<typeof memberCredentials>,
): void {
  versionedSecret(children, "backup", { content: userPasswords.backup, template: secretTemplate(generation) });
}

function setScripts(children: SwarmChildren): ConfigFile[] {
  const scripts = Object.entries(memberScripts("swarm"));
  return configFiles(
    children,
    Object.fromEntries(scripts.map(([file, content]) => [`${scriptDirectory}/${file}`, content])),
  );
}

function source(set: MemberSet): docker.Service {
  const { args, children } = set;
  const {
    installed,
    recoverFrom,
    recoverWithout,
    replicas = defaults.mysql.replicas,
    retainData = true,
    stack,
    storage = {},
  } = args;
  const label = (name: string) => `{{index .Service.Labels "${name}"}}`;
  return member(set, "source", {
    volumes: {
      data: namedVolume(stack, children, "data", storage, retainData),
      scratch: namedVolume(stack, children, "tmp", {}, false),
    },
    member: `${children.objectName}-0`,
    replicas: 1,
    alias: children.objectOf("source"),
    labels: {
      [setLabels.members]: String(replicas),
      ...(installed ? { [setLabels.installed]: "yes" } : {}),
      ...(recoverFrom === undefined ? {} : { [setLabels.recoverFrom]: String(recoverFrom) }),
      ...(recoverWithout ? { [setLabels.recoverWithout]: recoverWithout.join() } : {}),
    },
    placeholders: {
      INSTALLED: label(setLabels.installed),
      MEMBERS: label(setLabels.members),
      RECOVER_FROM: label(setLabels.recoverFrom),
      RECOVER_WITHOUT: label(setLabels.recoverWithout),
    },
    placement: args.placement,
  });
}

function replica(set: MemberSet): docker.Service {
  const { args, children } = set;
  return member(set, "replica", {
    volumes: {
      data: slotVolume(args.stack, children.objectOf("replica-data")),
      scratch: slotVolume(args.stack, children.objectOf("replica-tmp")),
    },
    member: `${children.objectName}-{{.Task.Slot}}`,
    replicas: (args.replicas ?? defaults.mysql.replicas) - 1,
    alias: children.objectOf("read"),
    labels: {},
    placeholders: {},
    placement: args.replicaPlacement,
  });
}

function member(set: MemberSet, role: MemberRole, own: MemberService): docker.Service {
  const { args, certificate, children, files, generation, limits, scripts } = set;
  const name = children.objectOf(serviceRole[role]);
  const options = optionFile(memberServerOptions(role, limits, args.options, args));
  const settings = serviceArgs(args.stack, name, {
    image: args.image,
    replicas: own.replicas,
    labels: own.labels,
    options: args.service,
    command: ["bash", `${scriptDirectory}/start-member.sh`],
    user: mysqlUser,
    environment: {
      // Every healthy task, in either mode of the stack's endpoints.
      MEMBER_NAMES: `tasks.${fullName(set, "source")} tasks.${fullName(set, "replica")}`,
      SOURCE_HOST: children.objectOf("source"),
      MAX_LAG: String(args.maxLag ?? defaults.mysql.maxLag),
      REFUSAL_PAUSE: "10",
      SOURCE_SERVICE: fullName(set, "source"),
      SERVICE: fullName(set, role),
      [generationVariable]: String(generation),
      ...certificate.environment,
      ...(args.acceptUpgrade === undefined ? {} : { [acceptVariable]: args.acceptUpgrade }),
    },
    placeholders: {
      MEMBER: own.member,
      CONTAINER: "{{.Task.Name}}",
      VOLUME: own.volumes.data.source,
      NODE: "{{.Node.Hostname}}",
      ...own.placeholders,
    },
    memory: limits.memory,
    networks: ["backend", ...(args.metrics ? (["metrics"] as const) : [])],
    aliases: [own.alias],
    secrets: [...filesOfRole[role].map((file) => files[file]), ...certificate.files],
    configs: [...scripts, ...configFiles(children, { [`/etc/ghost-platform/${role}.cnf`]: options })],
    mounts: [
      volumeMount(own.volumes.data, "/var/lib/mysql"),
      memoryMount("/run/mysqld", "1Mi"),
      volumeMount(own.volumes.scratch, "/tmp"),
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
  });
  return children.make("service", serviceRole[role], settings);
}
