import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { databaseCaFile } from "../../config/container-paths";
import { defaults } from "../../config/defaults";
import { scriptDirectory } from "../../platforms/scripts";
import { SwarmChildren, type SwarmComponentArgs } from "../../platforms/swarm/children";
import { configFiles, type ConfigFile } from "../../platforms/swarm/configs";
import type { SecretFile, SwarmSecretReference } from "../../platforms/swarm/secrets";
import { memoryMount, serviceArgs, volumeMount, type ServiceOptions } from "../../platforms/swarm/service";
import { namedVolume, type VolumeSettings } from "../../platforms/swarm/volume";
import type { DatabaseEndpoint } from "../endpoints";
import {
  activityPubPort,
  activityPubUser,
  alivePath,
  authoritiesFile,
  dataDirectory,
  migrateCommand,
  migratedFile,
  migratedName,
  migrateScripts,
  migrationsEnvironment,
  migrationsMemory,
  passwordFile,
  serveCommand,
  serverEnvironment,
  serveScripts,
} from "./settings";

export interface ActivityPubArgs extends SwarmComponentArgs {
  images: {
    /** The server of Ghost's makers, 1.2.8 or newer. */
    activityPub: pulumi.Input<string>;
    /** What brings its database to the schema of the same version. */
    activityPubMigrations: string;
  };
  /** Its database; its password is mounted as a file. */
  database: DatabaseEndpoint<SwarmSecretReference>;
  /** Address of the site at which the pictures are shown that people add, of all sites. */
  url: string;
  /** Roots of authorities of the sites' certificates beside the public ones, in PEM form. */
  ca?: string | undefined;
  /** Memory limit of the server as a quantity. */
  memory?: string;
  /** Driver of the volume of the pictures. Default: `local`. */
  storage?: VolumeSettings;
  /** Placement constraints. Default: the stack's. */
  placement?: string[] | undefined;
  /** What else is said of its service: labels, log driver, processor time. */
  service?: ServiceOptions | undefined;
  /** Keep the pictures when the component is destroyed. Default true. */
  retainData?: boolean;
}

/**
 * Speaks ActivityPub for the sites of a stack, behind an edge on its frontend: the server of Ghost's makers, which knows sites by their hosts. A second service
 * brings its database to the schema first, and stays: by a name that it has once it is well, the server knows that it may start.
 */
export class ActivityPub extends pulumi.ComponentResource {
  readonly service: docker.Service;
  readonly migrations: docker.Service;
  /** Every child, by kind and name. */
  readonly nodes: SwarmChildren["nodes"];

  constructor(name: string, args: ActivityPubArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ghost-platform:swarm:ActivityPub", name, {}, opts);
    const { ca, database, images, stack, url } = args;
    const children = new SwarmChildren(name, args, { parent: this });
    const migrated = migratedName(images.activityPubMigrations);
    const pictures = namedVolume(stack, children, "pictures", args.storage ?? {}, args.retainData ?? true);
    const secrets = passwordFiles(database);
    const server = serviceArgs(stack, children.objectName, {
      image: images.activityPub,
      command: serveCommand,
      user: activityPubUser,
      environment: { ...serverEnvironment(database, url, ca !== undefined), MIGRATED_NAME: migrated },
      memory: args.memory ?? defaults.activityPub.memory,
      networks: ["frontend", "backend"],
      secrets,
      configs: files(children, serveScripts(), database, ca),
      mounts: [volumeMount(pictures, dataDirectory), memoryMount("/tmp", "16Mi")],
      healthcheck: {
        command: ["wget", "-q", "-O", "/dev/null", `http://127.0.0.1:${activityPubPort}${alivePath}`],
        interval: "5s",
        timeout: "10s",
        retries: 6,
        startPeriod: "10m",
      },
      placement: args.placement,
      updateOrder: "start-first",
      options: args.service,
    });
    this.service = children.make("service", "", server);
    const own = children.part("migrations");
    const migrations = serviceArgs(stack, own.objectName, {
      image: images.activityPubMigrations,
      command: migrateCommand,
      user: activityPubUser,
      environment: migrationsEnvironment(database),
      memory: migrationsMemory,
      networks: ["backend"],
      aliases: [migrated],
      secrets,
      configs: files(own, migrateScripts(), database, undefined),
      mounts: [memoryMount("/tmp", "1Mi")],
      healthcheck: {
        command: ["test", "-e", migratedFile],
        interval: "2s",
        timeout: "10s",
        retries: 3,
        startPeriod: "10m",
      },
      placement: args.placement,
    });
    this.migrations = own.make("service", "", migrations);

    this.nodes = children.nodes;
    this.registerOutputs({});
  }
}

function passwordFiles({ formerPasswords = [], password }: ActivityPubArgs["database"]): SecretFile[] {
  return [
    { secret: password, target: passwordFile },
    ...formerPasswords.map((secret, index) => ({ secret, target: `${passwordFile}-former-${index + 1}` })),
  ];
}

function files(
  children: SwarmChildren,
  scripts: Record<string, string>,
  { authority }: ActivityPubArgs["database"],
  siteCa: string | undefined,
): ConfigFile[] {
  return configFiles(children, {
    ...Object.fromEntries(Object.entries(scripts).map(([file, text]) => [`${scriptDirectory}/${file}`, text])),
    ...(authority.ca === undefined ? {} : { [databaseCaFile]: authority.ca }),
    ...(siteCa === undefined ? {} : { [authoritiesFile]: siteCa }),
  });
}
