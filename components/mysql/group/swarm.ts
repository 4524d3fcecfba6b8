import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { topologyOptions, topologyType } from "../topologies";
import { defaults } from "../../../config/defaults";
import { SwarmChildren } from "../../../platforms/swarm/children";
import { configFiles, type ConfigFile } from "../../../platforms/swarm/configs";
import { secretFiles, versionedSecret, type SecretFile } from "../../../platforms/swarm/secrets";
import type { SwarmSecretReference } from "../../../platforms/swarm/secrets";
import { memoryMount, oneAfterAnotherLabel, serviceArgs, volumeMount } from "../../../platforms/swarm/service";
import { objectName } from "../../../platforms/swarm/stack";
import { namedVolume } from "../../../platforms/swarm/volume";
import { scriptDirectory } from "../../../platforms/scripts";
import type { BinaryLogEndpoint, DatabaseEndpoint, MetricsEndpoint } from "../../endpoints";
import { memberNames, serviceCertificate } from "../certificate";
import { binaryLogAccess, DatabaseSecrets, metricsAccess, type DatabaseServer } from "../database-secrets-swarm";
import { generationVariable, secretTemplate } from "../password-names";
import { setLabels } from "../replicated-swarm";
import { acceptVariable, mysqlUser, optionFile, sized } from "../server-options";
import { type MySqlArgs } from "../swarm";
import { groupCredentials } from "./credentials";
import { proxyRole } from "./proxy";
import { primaryProxy } from "./proxy-swarm";
import { groupScripts } from "./scripts";
import { groupServerOptions } from "./server-options";

export interface GroupMySqlArgs extends MySqlArgs {
  /** Members: 3, 5, 7 or 9, of which fewer than half may be lost at once. Default 3. */
  replicas?: number;
  /** HAProxy 3.2, the official image or one with the same program. */
  proxyImage: pulumi.Input<string>;
  /** A placement constraint for each member, which keeps it where its volume is. Default: `placement` for all. */
  memberPlacement?: readonly string[] | undefined;
  /** Whether the group has been up: from then on, a first member without data makes no new one. Default false. */
  installed?: boolean;
}

/** The option file's key among the configs of a member. */
const optionsFile = "/etc/ghost-platform/group.cnf";

/**
 * MySQL Group Replication with one primary: a service a member, with a volume of its own, which decide among themselves who takes writes; and proxies
 * that lead there. The scripts, and what they promise, are those of Kubernetes: docs/mysql-group.md.
 *
 * Services: `<name>` is the first member, `<name>-1` and so on are the others; members find each other as `<name>-N`. `<name>-primary` leads to the
 * member that takes writes. One service is updated after the other, each once the one before is in the group again.
 *
 * @throws UserError for an option that cannot be set
 */
export class GroupMySql extends pulumi.ComponentResource implements DatabaseServer {
  /** Those of the members, by their ordinal. */
  readonly services: docker.Service[];
  /** Every child, by kind and name. */
  readonly nodes: SwarmChildren["nodes"];
  /** DNS name for reading and writing, on the backend network. */
  readonly primaryHost: string;
  readonly metrics?: MetricsEndpoint<SwarmSecretReference>;
  readonly binaryLog?: BinaryLogEndpoint<SwarmSecretReference>;
  private readonly secrets: DatabaseSecrets;

  constructor(name: string, args: GroupMySqlArgs, opts?: pulumi.ComponentResourceOptions) {
    super(topologyType("swarm", "group"), name, {}, topologyOptions("swarm", "group", opts));
    const children = new SwarmChildren(name, args, { parent: this });
    const { archived = false, metrics = false, replicas = defaults.mysql.replicas } = args;
    const ordinals = Array.from({ length: replicas }, (_, ordinal) => ordinal);
    const members = ordinals.map((ordinal) => `${children.objectName}-${ordinal}`);
    const limits = sized(args, replicas - 1, "group");
    const credentials = groupCredentials(children, args.databases, args.passwordGeneration, {
      archive: archived,
      metrics,
    });
    const { generation, userPasswords } = credentials;
    const certificate = serviceCertificate(
      children,
      [...["", proxyRole].map((role) => children.objectOf(role)), ...memberNames(children.objectName)],
      args.authorities,
    );
    this.secrets = new DatabaseSecrets(children, args.databases, credentials.databasePasswords, {
      ca: certificate.authority,
    });
    versionedSecret(children, "backup", { content: userPasswords.backup, template: secretTemplate(generation) });
    const options = groupServerOptions(children.objectName, members, limits, args.options);
    const scripts = Object.entries(groupScripts("swarm"));
    const group: Group = {
      args,
      children,
      members,
      memory: limits.memory,
      generation,
      authorities: certificate.environment,
      secrets: [...Object.values(secretFiles(children, "/run/secrets/mysql", credentials)), ...certificate.files],
      configs: configFiles(children, {
        ...Object.fromEntries(scripts.map(([file, content]) => [`${scriptDirectory}/${file}`, content])),
        [optionsFile]: optionFile(options),
      }),
    };
    this.services = [];
    for (const ordinal of ordinals) {
      // A member that is updated is back in the group before the next one leaves it.
      this.services.push(member(group, ordinal, this.services.slice(-1)));
    }
    this.primaryHost = children.objectOf(proxyRole);
    primaryProxy(children, { ...args, image: args.proxyImage, members });

    this.nodes = children.nodes;
    if (metrics) {
      this.metrics = { ...metricsAccess(children, credentials, certificate), source: this.primaryHost };
    }
    if (archived) {
      this.binaryLog = binaryLogAccess(children, credentials, certificate, this.primaryHost);
    }
    this.registerOutputs({ primaryHost: this.primaryHost });
  }

  endpoint(key: string): DatabaseEndpoint<SwarmSecretReference> {
    return this.secrets.endpoint(this.primaryHost, key);
  }
}

/** What the members of a group share. */
interface Group {
  args: GroupMySqlArgs;
  children: SwarmChildren;
  /** Names of all members. */
  members: readonly string[];
  memory: string;
  /** Of the passwords that they are started with. */
  generation: number;
  /** What they say of their certificate. */
  authorities: Record<string, string>;
  secrets: SecretFile[];
  configs: ConfigFile[];
}

/** Role of a member's service in the component: the first has that of a server on its own, whose data it takes over. */
function roleOf(ordinal: number): string {
  return ordinal === 0 ? "" : String(ordinal);
}

function member(group: Group, ordinal: number, after: docker.Service[]): docker.Service {
  const { args, authorities, children, configs, generation, members, memory, secrets } = group;
  const { memberPlacement, retainData = true, stack, storage = {} } = args;
  const own = members[ordinal] ?? "";
  const role = roleOf(ordinal);
  const volumeRole = (name: string) => (role === "" ? name : `${name}-${role}`);
  const data = namedVolume(stack, children, volumeRole("data"), storage, retainData);
  const scratch = namedVolume(stack, children, volumeRole("tmp"), {}, false);
  const services = members.map((_, other) => objectName(stack, children.objectOf(roleOf(other))));
  const constraint = memberPlacement?.[ordinal];
  const settings = serviceArgs(stack, children.objectOf(role), {
    image: args.image,
    hostname: own,
    labels: {
      [oneAfterAnotherLabel]: objectName(stack, children.objectName),
      ...(ordinal === 0 && args.installed ? { [setLabels.installed]: "yes" } : {}),
    },
    options: args.service,
    command: ["bash", `${scriptDirectory}/start-group-member.sh`],
    user: mysqlUser,
    environment: {
      MEMBER: own,
      MEMBER_HOSTS: "",
      MEMBERS: String(members.length),
      // A task is found by name once it is well, which one that joins is not yet.
      ADDRESS: "own",
      // A member that is away has no name, and the engine looks for it elsewhere.
      RES_OPTIONS: "timeout:2 attempts:1",
      SERVICES: services.join(" "),
      [generationVariable]: String(generation),
      ...authorities,
      ...(args.acceptUpgrade === undefined ? {} : { [acceptVariable]: args.acceptUpgrade }),
    },
    placeholders: {
      INSTALLED: `{{index .Service.Labels "${setLabels.installed}"}}`,
      CONTAINER: "{{.Task.Name}}",
      VOLUME: data.source,
      NODE: "{{.Node.Hostname}}",
    },
    memory,
    networks: ["backend"],
    aliases: [own],
    // A virtual address is none that a member has.
    endpointMode: "dnsrr",
    secrets,
    configs,
    mounts: [volumeMount(data, "/var/lib/mysql"), memoryMount("/run/mysqld", "1Mi"), volumeMount(scratch, "/tmp")],
    // Recovery after a crash, or a clone, may take as long as it takes: failures count from the first success on, and then there are none.
    healthcheck: {
      command: ["bash", `${scriptDirectory}/group-healthy.sh`],
      interval: "2s",
      timeout: "40s",
      retries: 10,
      startPeriod: "24h",
    },
    placement: constraint === undefined ? args.placement : [constraint],
  });
  return children.make("service", role, settings, { dependsOn: after });
}
