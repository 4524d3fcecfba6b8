import * as path from "node:path";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { defaults } from "../../config/defaults";
import { randomPassword } from "../../platforms/password";
import { SwarmChildren, type SwarmComponentArgs } from "../../platforms/swarm/children";
import { configFiles, type ConfigFile } from "../../platforms/swarm/configs";
import { versionedSecret, type SecretFile, type SwarmSecretReference } from "../../platforms/swarm/secrets";
import { initThen, initThenScript, memoryMount, serviceArgs, volumeMount } from "../../platforms/swarm/service";
import { namedVolume, type VolumeSettings } from "../../platforms/swarm/volume";
import { isOnMesh } from "../../platforms/swarm/stack";
import { databaseCaFile } from "../../config/container-paths";
import { readScripts, scriptDirectory } from "../../platforms/scripts";
import type { DatabaseEndpoint, MailEndpoint } from "../endpoints";
import { givenFiles, type GivenFiles } from "../given-files";
import { ownerSecret } from "../owner-secret-swarm";
import { forwardedProto, nginxConfig, nginxPort, proxyTo } from "../nginx/settings";
import { nginxService } from "../nginx/swarm";
import { apacheConfig, apacheFile, incomingPath, requestBodies } from "./apache";
import { ownerPasswordFile, ownerPlan, ownerPlanFile } from "./owner";
import {
  contentPath,
  formerPasswordFile,
  mailPasswordFile,
  mailScript,
  passwordFile,
  phpSettings,
  phpSettingsFile,
  saltFile,
  salts,
  webRoot,
  wordpressEnvironment,
  wordpressPort,
  wordpressUser,
  type WordPressSettings,
} from "./settings";

export interface WordPressArgs extends SwarmComponentArgs, WordPressSettings {
  images: {
    /** WordPress with Apache, the official image or one with the same layout. */
    wordpress: pulumi.Input<string>;
    /** nginx, for the proxy in front. */
    nginx: pulumi.Input<string>;
  };
  /** The site's database; its password is mounted as a file. */
  database: DatabaseEndpoint<SwarmSecretReference>;
  /** Where the site's mail goes. Absent: nowhere. */
  mail?: MailEndpoint<SwarmSecretReference> | undefined;
  /** Port published by the stack's publish mode. Absent: reached on the stack's frontend network only. */
  port?: number | undefined;
  /** Tasks behind the port. Default 3. */
  replicas?: number;
  /** Memory limit of a task as a quantity. Default `384Mi`: it carries the program's files, 80 MiB, too. */
  memory?: string;
  /** The greatest file that a person may upload, as a quantity. It passes through to the content volume; no memory grows with it. Default `64Mi`. */
  maxUpload?: string;
  /** Driver of the volume that the tasks share. On several nodes it must be storage that every node reaches. Default: `local`. */
  storage?: VolumeSettings;
  /** Further files of the containers. */
  files?: GivenFiles;
  /** Placement constraints. Default: the stack's. */
  placement?: string[] | undefined;
  /** Keep uploads, themes and plugins when the component is destroyed. Default true. */
  retainData?: boolean;
}

/**
 * A WordPress site: as many tasks as wanted behind one published port, with one volume for uploads, themes and plugins. The program itself
 * comes with the image at each start, so an update of the image is an update of WordPress; a new task is started before an old one ends,
 * and where new ones do not get well the service goes back to the image it had, which the deployment reports as its failure.
 *
 * Where ports are published on the node, one task alone can have the port: then nginx has it, in a service `<name>-front`.
 */
export class WordPress extends pulumi.ComponentResource {
  readonly service: docker.Service;
  /** nginx, which has the port where only one task can. Absent: nothing stands in front. */
  readonly front?: docker.Service;
  /** Every child, by kind and name. */
  readonly nodes: SwarmChildren["nodes"];
  /** Address readers use. */
  readonly url: string;

  constructor(name: string, args: WordPressArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ghost-platform:swarm:WordPress", name, {}, opts);
    const { maxUpload = defaults.wordpress.maxUpload, stack, port, url } = args;
    const children = new SwarmChildren(name, args, { parent: this });
    const throughMesh = isOnMesh(stack);
    const content = namedVolume(stack, children, "content", args.storage ?? {}, args.retainData ?? true);
    const given = givenFiles(children, args.files);
    const settings = serviceArgs(stack, children.objectName, {
      image: args.images.wordpress,
      command: initThen(
        ["php", `${scriptDirectory}/database.php`],
        ["bash", `${scriptDirectory}/serve.sh`, apacheFile, incomingPath, ...(args.owner ? [ownerPlanFile] : [])],
      ),
      user: wordpressUser,
      environment: wordpressEnvironment(args, args.database, args.mail),
      memory: args.memory ?? defaults.wordpress.memory,
      networks: ["frontend", "backend"],
      secrets: [
        ...databasePasswords(args.database),
        ...(args.mail?.login ? [{ secret: args.mail.login.password, target: mailPasswordFile }] : []),
        ...siteSalts(children),
        ...(args.owner ? [ownerSecret(children, ownerPasswordFile)] : []),
        ...given.secrets,
      ],
      configs: [...siteFiles(children, args, apacheConfig(url, maxUpload)), ...given.configs],
      mounts: [
        memoryMount(webRoot, "160Mi"),
        volumeMount(content, contentPath),
        memoryMount("/run/apache2", "1Mi"),
        memoryMount("/tmp", "64Mi"),
      ],
      healthcheck: {
        command: ["php", `${scriptDirectory}/healthy.php`],
        interval: "5s",
        timeout: "10s",
        retries: 3,
        startPeriod: "10m",
      },
      replicas: args.replicas ?? defaults.wordpress.replicas,
      updateOrder: "start-first",
      updateDelay: "10s",
      restart: "on-failure",
      placement: args.placement,
      ...(throughMesh && port !== undefined ? { ports: { [port]: wordpressPort } } : {}),
    });
    this.service = children.make("service", "", settings);
    if (!throughMesh && port !== undefined) {
      this.front = proxyInFront(children, args, maxUpload, port);
    }

    this.nodes = children.nodes;
    this.url = args.url;
    this.registerOutputs({ url: this.url });
  }
}

function proxyInFront(
  children: SwarmChildren,
  { images, placement, stack }: WordPressArgs,
  maxUpload: string,
  port: number,
): docker.Service {
  const front = children.part("front");
  const server = ["location / {", ...proxyTo(children.objectName, wordpressPort), "}"];
  const settings = serviceArgs(stack, front.objectName, {
    // Its configuration is named after the site: with the service's name before it, that of a site could not be as long as a Ghost site's.
    ...nginxService(children, images.nginx, nginxConfig(requestBodies(maxUpload), server, forwardedProto)),
    networks: ["frontend"],
    ports: { [port]: nginxPort },
    placement,
  });
  return front.make("service", "", settings);
}

function databasePasswords({ formerPasswords = [], password }: WordPressArgs["database"]): SecretFile[] {
  return [
    { secret: password, target: passwordFile },
    ...formerPasswords.map((secret, index) => ({ secret, target: formerPasswordFile(index) })),
  ];
}

function siteSalts(children: SwarmChildren): SecretFile[] {
  return salts.map((name) => {
    const content = randomPassword(children, name);
    return { secret: versionedSecret(children, name, { content, template: "salt" }), target: saltFile(name) };
  });
}

function siteFiles(children: SwarmChildren, args: WordPressArgs, apache: string): ConfigFile[] {
  const owner = ownerPlan(args);
  const { ca } = args.database.authority;
  const names = ["database.php", "healthy.php", "mail.php", "owner.php", "serve.sh"] as const;
  const scripts = readScripts(path.join(__dirname, "scripts"), names);
  return configFiles(children, {
    [`${scriptDirectory}/database.php`]: scripts["database.php"],
    [`${scriptDirectory}/healthy.php`]: scripts["healthy.php"],
    [mailScript]: scripts["mail.php"],
    [`${scriptDirectory}/owner.php`]: scripts["owner.php"],
    [`${scriptDirectory}/serve.sh`]: scripts["serve.sh"],
    ...(owner === undefined ? {} : { [ownerPlanFile]: owner }),
    ...(ca === undefined ? {} : { [databaseCaFile]: ca, [phpSettingsFile]: phpSettings }),
    [apacheFile]: apache,
    ...initThenScript,
  });
}
