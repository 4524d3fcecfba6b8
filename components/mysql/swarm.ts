import * as path from "node:path";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { topologyOptions, topologyType } from "./topologies";
import { SwarmChildren, type SwarmComponentArgs } from "../../platforms/swarm/children";
import { configFiles, type ConfigFile } from "../../platforms/swarm/configs";
import { secretFiles, type SwarmSecretReference } from "../../platforms/swarm/secrets";
import {
  initThen,
  initThenScript,
  memoryMount,
  serviceArgs,
  volumeMount,
  type ServiceOptions,
} from "../../platforms/swarm/service";
import { namedVolume, type VolumeSettings } from "../../platforms/swarm/volume";
import type { Authorities } from "../../platforms/authorities";
import { readScripts, scriptDirectory } from "../../platforms/scripts";
import type { BinaryLogEndpoint, DatabaseEndpoint, MetricsEndpoint } from "../endpoints";
import { serviceCertificate } from "./certificate";
import { serverCredentials } from "./credentials";
import type { Databases } from "./users";
import { binaryLogAccess, DatabaseSecrets, metricsAccess, type DatabaseServer } from "./database-secrets-swarm";
import { generationVariable } from "./password-names";
import { acceptVariable, mysqlUser, optionFile, serverOptions, sized, type ServerOptions } from "./server-options";

export interface MySqlArgs extends SwarmComponentArgs {
  /** MySQL 8.4 or 9.7, the official image or one with the same layout. */
  image: pulumi.Input<string>;
  /** Memory limit as a quantity, at least `512Mi`; the buffer pool is sized from it. Default `1Gi`, more for many databases. */
  memory?: string | undefined;
  /** Driver of the data volume. Default: `local`. */
  storage?: VolumeSettings;
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
  /** Whether somebody asks the server for figures; that user is made, or taken away. Default false. */
  metrics?: boolean;
  /** Whether somebody archives its binary log, as `binaryLog` says; that user is made, or taken away. Default false. */
  archived?: boolean | undefined;
  /** Placement constraints. Default: the stack's. */
  placement?: string[] | undefined;
  /** What else is said of its service: labels, log driver, processor time. */
  service?: ServiceOptions | undefined;
  /** Keep the data volume when the component is destroyed. Default true. */
  retainData?: boolean;
}

/**
 * One MySQL server on one volume, on the backend network only: a service of one task, whose old task ends before the new one starts, so
 * that a second server never opens the data. The service carries the component's name.
 *
 * The server takes over users, passwords and databases at each start, so a data volume that outlived its passwords works with the new
 * ones.
 *
 * @throws UserError for an option that cannot be set
 */
export class MySql extends pulumi.ComponentResource implements DatabaseServer {
  readonly service: docker.Service;
  /** Every child, by kind and name. */
  readonly nodes: SwarmChildren["nodes"];
  /** DNS name of the server on the backend network. */
  readonly host: string;
  readonly metrics?: MetricsEndpoint<SwarmSecretReference>;
  readonly binaryLog?: BinaryLogEndpoint<SwarmSecretReference>;
  private readonly secrets: DatabaseSecrets;

  constructor(name: string, args: MySqlArgs, opts?: pulumi.ComponentResourceOptions) {
    super(topologyType("swarm", "single"), name, {}, topologyOptions("swarm", "single", opts));
    const { archived = false, metrics = false, stack } = args;
    const children = new SwarmChildren(name, args, { parent: this });
    const { memory, size } = sized(args);
    const credentials = serverCredentials(children, args.databases, args.passwordGeneration, {
      archive: archived,
      metrics,
    });
    const certificate = serviceCertificate(children, [children.objectName], args.authorities);
    this.secrets = new DatabaseSecrets(children, args.databases, credentials.databasePasswords, {
      ca: certificate.authority,
    });
    const secrets = secretFiles(children, "/run/secrets/mysql", credentials);
    const data = namedVolume(stack, children, "data", args.storage ?? {}, args.retainData ?? true);
    const scratch = namedVolume(stack, children, "tmp", {}, false);
    const settings = serviceArgs(stack, children.objectName, {
      image: args.image,
      command: initThen(["bash", `${scriptDirectory}/initialise.sh`], ["bash", `${scriptDirectory}/start.sh`]),
      user: mysqlUser,
      environment: {
        [generationVariable]: String(credentials.generation),
        ...certificate.environment,
        ...(args.acceptUpgrade === undefined ? {} : { [acceptVariable]: args.acceptUpgrade }),
      },
      memory,
      networks: ["backend", ...(metrics ? (["metrics"] as const) : [])],
      secrets: [...Object.values(secrets), ...certificate.files],
      configs: serverFiles(
        children,
        optionFile(serverOptions({ memory, size, configured: [["mysql.options", args.options ?? {}]] })),
      ),
      mounts: [
        volumeMount(data, "/var/lib/mysql"),
        memoryMount("/run/mysqld", "1Mi"),
        // Sorting an index of a large table takes as much space as the index.
        volumeMount(scratch, "/tmp"),
      ],
      // Answers as soon as the server lets clients in, and from then on as long as it lives, even when it has too many connections or
      // refuses the login: only a server that hangs is ended, by the check itself. Recovery after a crash may take long and must not be cut
      // short.
      healthcheck: {
        command: ["bash", `${scriptDirectory}/alive.sh`],
        interval: "2s",
        timeout: "40s",
        retries: 10,
        startPeriod: "1h",
      },
      placement: args.placement,
      options: args.service,
    });
    this.service = children.make("service", "", settings);

    this.nodes = children.nodes;
    this.host = children.objectName;
    if (metrics) {
      this.metrics = { ...metricsAccess(children, credentials, certificate), source: this.host };
    }
    if (archived) {
      this.binaryLog = binaryLogAccess(children, credentials, certificate, this.host);
    }
    this.registerOutputs({ host: this.host });
  }

  endpoint(key: string): DatabaseEndpoint<SwarmSecretReference> {
    return this.secrets.endpoint(this.host, key);
  }
}

function serverFiles(children: SwarmChildren, serverCnf: string): ConfigFile[] {
  const names = [
    "attended.sh",
    "volume.sh",
    "data-options.sh",
    "data-version.sh",
    "initialise.sh",
    "start.sh",
    "alive.sh",
  ];
  const scripts = Object.entries(readScripts(path.join(__dirname, "scripts"), names));
  return configFiles(children, {
    ...Object.fromEntries(scripts.map(([file, content]) => [`${scriptDirectory}/${file}`, content])),
    ...initThenScript,
    "/etc/ghost-platform/server.cnf": serverCnf,
  });
}
