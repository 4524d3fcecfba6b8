import * as path from "node:path";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { defaults } from "../../config/defaults";
import { settingSecretName } from "../../config/object-names";
import { SwarmChildren, type SwarmComponentArgs } from "../../platforms/swarm/children";
import { configFiles, type ConfigFile } from "../../platforms/swarm/configs";
import { secretOfContent, type SecretFile, type SwarmSecretReference } from "../../platforms/swarm/secrets";
import {
  initThen,
  initThenScript,
  memoryMount,
  serviceArgs,
  type ServiceOptions,
  volumeMount,
  type Healthcheck,
} from "../../platforms/swarm/service";
import { namedVolume, type VolumeSettings } from "../../platforms/swarm/volume";
import { readScripts, scriptDirectory } from "../../platforms/scripts";
import type { DatabaseEndpoint, MailEndpoint } from "../endpoints";
import type { HealthRequest } from "../health-request";
import { givenFiles, type GivenFiles } from "../given-files";
import { ownerSecret } from "../owner-secret-swarm";
import { hang, healthCommand, healthRequests } from "./health";
import { ownerFiles, ownerPasswordFile } from "./owner";
import {
  contentPath,
  databaseCa,
  formerPasswordFile,
  ghostEnvironment,
  ghostPort,
  ghostUser,
  logPath,
  mailPasswordFile,
  passwordFile,
  secretSettingFile,
  type SiteSettings,
} from "./settings";

export interface GhostArgs extends SwarmComponentArgs, SiteSettings {
  /** Settings that are secrets, by name. */
  secretSettings?: Readonly<Record<string, pulumi.Input<string>>>;
  images: {
    /** Ghost 6, the official image or one with the same layout. */
    ghost: pulumi.Input<string>;
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
  /** What else is said of its service: labels, log driver, processor time. */
  service?: ServiceOptions | undefined;
  /** Keep the content volume when the component is destroyed. Default true. */
  retainData?: boolean;
}

/**
 * One Ghost site: a service of one task, never two at once, with its content on a volume. The task waits for the database and brings it to
 * this Ghost's schema before Ghost starts, so nothing here waits for the database component: everything is created at once. The
 * service carries the component's name.
 *
 * @throws UserError for a setting that the component sets itself
 */
export class Ghost extends pulumi.ComponentResource {
  readonly service: docker.Service;
  /** Every child, by kind and name. */
  readonly nodes: SwarmChildren["nodes"];
  /** Address readers use. */
  readonly url: string;

  constructor(name: string, args: GhostArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ghost-platform:swarm:Ghost", name, {}, opts);
    const { stack } = args;
    const children = new SwarmChildren(name, args, { parent: this });
    const { alive } = healthRequests(args);
    const given = givenFiles(children, args.files);
    const content = namedVolume(stack, children, "content", args.storage ?? {}, args.retainData ?? true);
    const scratch = namedVolume(stack, children, "tmp", {}, false);
    const settings = serviceArgs(stack, children.objectName, {
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
      memory: args.memory ?? defaults.ghost.memory,
      networks: ["frontend", "backend"],
      secrets: [
        ...passwords(args),
        ...(args.owner ? [ownerSecret(children, ownerPasswordFile)] : []),
        ...settingSecrets(children, args),
        ...given.secrets,
      ],
      configs: [...siteScripts(children, args), ...given.configs],
      mounts: [
        volumeMount(content, contentPath),
        memoryMount(logPath, "32Mi"),
        // Uploads pass through here, and may be larger than the memory.
        volumeMount(scratch, "/tmp"),
      ],
      healthcheck: healthcheck(alive),
      ...(args.port === undefined ? {} : { ports: { [args.port]: ghostPort } }),
      placement: args.placement,
      options: args.service,
    });
    this.service = children.make("service", "", settings);

    this.nodes = children.nodes;
    this.url = args.url;
    this.registerOutputs({ url: this.url });
  }
}

function passwords({ database, mail }: GhostArgs): SecretFile[] {
  const former = database.formerPasswords ?? [];
  return [
    { secret: database.password, target: passwordFile },
    ...former.map((secret, index) => ({ secret, target: formerPasswordFile(index) })),
    ...(mail?.login ? [{ secret: mail.login.password, target: mailPasswordFile }] : []),
  ];
}

function settingSecrets(children: SwarmChildren, { secretSettings = {} }: GhostArgs): SecretFile[] {
  const names = Object.keys(secretSettings);
  return Object.entries(secretSettings).map(([name, value]) => ({
    secret: secretOfContent(children, settingSecretName(name, names), value),
    target: secretSettingFile(name),
  }));
}

function siteScripts(children: SwarmChildren, args: GhostArgs): ConfigFile[] {
  const names = ["migrate.js", "session.js", "owner.js", "healthy.sh", "on-stop.sh"];
  const own = readScripts(path.join(__dirname, "scripts"), names);
  const scripts = Object.entries({ ...own, ...databaseCa(args.database), ...ownerFiles(args) });
  const files = Object.fromEntries(scripts.map(([file, text]) => [`${scriptDirectory}/${file}`, text]));
  return configFiles(children, { ...files, ...initThenScript });
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
