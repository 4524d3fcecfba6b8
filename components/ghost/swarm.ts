import * as path from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { configFiles } from "../../platforms/swarm/configs";
import type { SwarmSecretReference } from "../../platforms/swarm/secrets";
import {
  initThen,
  initThenScript,
  memoryMount,
  serviceArgs,
  volumeMount,
  type Healthcheck,
} from "../../platforms/swarm/service";
import type { SwarmStack } from "../../platforms/swarm/stack";
import { namedVolume, type VolumeSettings } from "../../platforms/swarm/volume";
import { readScripts, scriptDirectory } from "../../platforms/scripts";
import type { DatabaseEndpoint, MailEndpoint } from "../endpoints";
import type { HealthRequest } from "../health-request";
import { givenFiles, type GivenFiles } from "../given-files";
import { transformed, type Transform } from "../transform";
import { hang, healthCommand, healthRequests } from "./health";
import {
  contentPath,
  formerPasswordFile,
  ghostEnvironment,
  ghostPort,
  ghostUser,
  logPath,
  mailPasswordFile,
  passwordFile,
  type SiteSettings,
} from "./settings";

export interface GhostArgs extends SiteSettings {
  /** The stack it belongs to: name, networks, and how services are published and placed. */
  stack: SwarmStack;
  images: {
    /** Ghost 6, the official image or one with the same layout. */
    ghost: string;
  };
  /** The site's database; its password is mounted as a file. */
  database: DatabaseEndpoint<SwarmSecretReference>;
  /** Where Ghost's mail goes. Absent: nowhere. */
  mail?: MailEndpoint<SwarmSecretReference> | undefined;
  /** Port published by the stack's publish mode. Absent: the site is reached on the stack's networks only, on port 2368. */
  port?: number | undefined;
  /** Memory limit as a quantity. Default `512Mi`, which carries four large image uploads at once. */
  memory?: string;
  /** Driver of the content volume. Default: `local`. */
  storage?: VolumeSettings;
  /** Further files of the container. */
  files?: GivenFiles;
  /** Placement constraints. Default: the stack's. */
  placement?: string[] | undefined;
  /** Keep the content volume when the component is destroyed. Default true. */
  retainData?: boolean;
  /** Adjusts a child resource before it is registered. */
  transform?: {
    service?: Transform<docker.ServiceArgs>;
    /** Called for each of the volumes, of data and of temporary files; the name tells which. */
    volume?: Transform<docker.VolumeArgs>;
  };
}

/**
 * One Ghost site: a service of one task, never two at once, with its content on a volume. The task waits for the database and brings it to
 * this Ghost's schema before Ghost starts, so nothing here waits for the database component: everything is created at once. The
 * service carries the component's name.
 *
 * @throws UserError for a setting that the component sets itself
 */
export class Ghost extends pulumi.ComponentResource {
  /** Address readers use. */
  readonly url: string;

  constructor(name: string, args: GhostArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ghost-platform:swarm:Ghost", name, {}, opts);
    const child = { parent: this };
    const { stack } = args;
    const scripts = readScripts(path.join(__dirname, "scripts"), [
      "migrate.js",
      "session.js",
      "healthy.js",
      "on-stop.sh",
    ]);
    const { alive } = healthRequests(args);

    const configs = configFiles(
      stack,
      name,
      {
        ...Object.fromEntries(Object.entries(scripts).map(([file, text]) => [`${scriptDirectory}/${file}`, text])),
        ...initThenScript,
      },
      child,
    );
    const given = givenFiles(stack, name, args.files, child);
    const volume = (retainOnDelete: boolean) => (volumeName: string, volumeArgs: docker.VolumeArgs) =>
      new docker.Volume(...transformed(args.transform?.volume, volumeName, volumeArgs, { ...child, retainOnDelete }));
    const content = namedVolume(stack, `${name}-content`, args.storage ?? {}, volume(args.retainData ?? true));
    const scratch = namedVolume(stack, `${name}-tmp`, {}, volume(false));
    new docker.Service(
      ...transformed(
        args.transform?.service,
        name,
        serviceArgs(stack, name, {
          image: args.images.ghost,
          // The image's entry point gives a new volume its themes, and only before exactly this command.
          command: initThen(
            ["node", `${scriptDirectory}/migrate.js`],
            [
              ...["bash", `${scriptDirectory}/on-stop.sh`, ...healthCommand(alive), "--"],
              ...["docker-entrypoint.sh", "node", "current/index.js"],
            ],
          ),
          user: ghostUser,
          environment: { ...boundedLogFiles, ...ghostEnvironment(args, args.database, args.mail) },
          memory: args.memory ?? "512Mi",
          networks: ["frontend", "backend"],
          secrets: [
            { secret: args.database.password, target: passwordFile },
            ...(args.database.formerPasswords ?? []).map((secret, index) => ({
              secret,
              target: formerPasswordFile(index),
            })),
            ...(args.mail?.login ? [{ secret: args.mail.login.password, target: mailPasswordFile }] : []),
            ...given.secrets,
          ],
          configs: [...configs, ...given.configs],
          mounts: [
            volumeMount(content, contentPath),
            memoryMount(logPath, "32Mi"),
            // Uploads pass through here, and may be larger than the memory.
            volumeMount(scratch, "/tmp"),
          ],
          healthcheck: healthcheck(alive),
          ...(args.port === undefined ? {} : { ports: { [args.port]: ghostPort } }),
          placement: args.placement,
        }),
        { ...child },
      ),
    );

    this.url = args.url;
    this.registerOutputs({ url: this.url });
  }
}

/**
 * The same lines go to the service's log. The files stand in memory, where nothing evicts them: two of them, each turned over at 2 MiB
 * and kept three times, stay below 32 MiB.
 */
const boundedLogFiles = {
  logging__rotation__useLibrary: "true",
  logging__rotation__threshold: "2m",
};

/**
 * Alive, not serving: with the database away Ghost answers and is left alone, while a Ghost that hangs is ended. The start may last half an
 * hour: the wait for the database, and the migration of a large one.
 */
function healthcheck(alive: HealthRequest): Healthcheck {
  return {
    command: healthCommand(alive),
    // From the end of one question to the begin of the next.
    interval: "5s",
    // That of the question itself ends first, and says more.
    timeout: "15s",
    retries: hang.failures,
    startPeriod: "30m",
  };
}
