import * as path from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { configFiles } from "../../platforms/swarm/configs";
import { versionedSecret, type SecretFile, type SwarmSecretReference } from "../../platforms/swarm/secrets";
import {
  initThen,
  initThenScript,
  memoryMount,
  serviceArgs,
  volumeMount,
  type ServiceSettings,
} from "../../platforms/swarm/service";
import type { SwarmStack } from "../../platforms/swarm/stack";
import { namedVolume, type VolumeSettings } from "../../platforms/swarm/volume";
import { readScripts, scriptDirectory } from "../../platforms/scripts";
import type { DatabaseEndpoint, MailEndpoint } from "../endpoints";
import { givenFiles, type GivenFiles } from "../given-files";
import { forwardedProto, nginxConfig, nginxPort, proxyTo } from "../nginx/settings";
import { nginxService } from "../nginx/swarm";
import { randomPassword } from "../password";
import { transformed, type Transform } from "../transform";
import { apacheConfig, apacheFile, incomingPath, requestBodies } from "./apache";
import {
  contentPath,
  formerPasswordFile,
  mailPasswordFile,
  mailScript,
  passwordFile,
  saltFile,
  saltName,
  salts,
  webRoot,
  wordpressEnvironment,
  wordpressPort,
  wordpressUser,
  type WordPressSettings,
} from "./settings";

export interface WordPressArgs extends WordPressSettings {
  /** The stack it belongs to: name, networks, and how services are published and placed. */
  stack: SwarmStack;
  images: {
    /** WordPress with Apache, the official image or one with the same layout. */
    wordpress: string;
    /** nginx, for the proxy in front. */
    nginx: string;
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
  /** Adjusts a child resource before it is registered. */
  transform?: {
    /** Called for each of the services, WordPress and the proxy in front; the name tells which. */
    service?: Transform<docker.ServiceArgs>;
    volume?: Transform<docker.VolumeArgs>;
  };
}

/**
 * A WordPress site: as many tasks as wanted behind one published port, with one volume for uploads, themes and plugins. The program itself
 * comes with the image at each start, so an update of the image is an update of WordPress; a new task is started before an old one ends,
 * and where new ones do not get well the service goes back to the image it had, which the deployment reports as its failure.
 *
 * Where ports are published on the node, one task alone can have the port: then nginx has it, in a service `<name>-front`.
 */
export class WordPress extends pulumi.ComponentResource {
  /** Address readers use. */
  readonly url: string;

  constructor(name: string, args: WordPressArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ghost-platform:swarm:WordPress", name, {}, opts);
    const child = { parent: this };
    const { maxUpload = "64Mi", stack, port, url } = args;
    const throughMesh = (stack.publishMode ?? "host") === "ingress";
    const service = (serviceName: string, settings: ServiceSettings) =>
      new docker.Service(
        ...transformed(args.transform?.service, serviceName, serviceArgs(stack, serviceName, settings), { ...child }),
      );

    const content = namedVolume(
      stack,
      `${name}-content`,
      args.storage ?? {},
      (volumeName, volumeArgs) =>
        new docker.Volume(
          ...transformed(args.transform?.volume, volumeName, volumeArgs, {
            ...child,
            retainOnDelete: args.retainData ?? true,
          }),
        ),
    );
    const given = givenFiles(stack, name, args.files, child);
    service(name, {
      image: args.images.wordpress,
      command: initThen(
        ["php", `${scriptDirectory}/database.php`],
        ["bash", `${scriptDirectory}/serve.sh`, apacheFile, incomingPath],
      ),
      user: wordpressUser,
      environment: wordpressEnvironment(args, args.database, args.mail),
      memory: args.memory ?? "384Mi",
      networks: ["frontend", "backend"],
      secrets: [
        ...databasePasswords(args.database),
        ...(args.mail?.login ? [{ secret: args.mail.login.password, target: mailPasswordFile }] : []),
        ...siteSalts(stack, name, child),
        ...given.secrets,
      ],
      configs: [...siteFiles(stack, name, apacheConfig(url, maxUpload), child), ...given.configs],
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
      replicas: args.replicas ?? 3,
      updateOrder: "start-first",
      updateDelay: "10s",
      restart: "on-failure",
      placement: args.placement,
      ...(throughMesh && port !== undefined ? { ports: { [port]: wordpressPort } } : {}),
    });
    if (!throughMesh && port !== undefined) {
      const front = `${name}-front`;
      const server = ["location / {", ...proxyTo(name, wordpressPort), "}"];
      service(front, {
        ...nginxService(
          stack,
          front,
          args.images.nginx,
          nginxConfig(requestBodies(maxUpload), server, forwardedProto),
          child,
        ),
        networks: ["frontend"],
        ports: { [port]: nginxPort },
        placement: args.placement,
      });
    }

    this.url = args.url;
    this.registerOutputs({ url: this.url });
  }
}

function databasePasswords({ formerPasswords = [], password }: WordPressArgs["database"]): SecretFile[] {
  return [
    { secret: password, target: passwordFile },
    ...formerPasswords.map((secret, index) => ({ secret, target: formerPasswordFile(index) })),
  ];
}

function siteSalts(stack: SwarmStack, name: string, options: pulumi.CustomResourceOptions): SecretFile[] {
  return salts.map((salt) => {
    const secretName = `${name}-${saltName(salt)}`;
    const content = randomPassword(secretName, options);
    return {
      secret: versionedSecret(stack, secretName, { content, template: "salt" }, options),
      target: saltFile(salt),
    };
  });
}

function siteFiles(stack: SwarmStack, name: string, apache: string, options: pulumi.CustomResourceOptions) {
  const scripts = readScripts(path.join(__dirname, "scripts"), ["database.php", "healthy.php", "mail.php", "serve.sh"]);
  return configFiles(
    stack,
    name,
    {
      [`${scriptDirectory}/database.php`]: scripts["database.php"],
      [`${scriptDirectory}/healthy.php`]: scripts["healthy.php"],
      [mailScript]: scripts["mail.php"],
      [`${scriptDirectory}/serve.sh`]: scripts["serve.sh"],
      [apacheFile]: apache,
      ...initThenScript,
    },
    options,
  );
}
