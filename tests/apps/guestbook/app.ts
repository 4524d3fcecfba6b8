import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import {
  localAddress,
  sitePassword,
  type DatabaseEndpoint,
  type OwnApp,
  type OwnAppContext,
} from "../../../components/swarm";
import { ownComponent, ownDatabase } from "../../../config/own-apps";
import { SwarmChildren } from "../../../platforms/swarm/children";
import { configFiles } from "../../../platforms/swarm/configs";
import type { SecretFile, SwarmSecretReference } from "../../../platforms/swarm/secrets";
import { initThen, initThenScript, memoryMount, serviceArgs, volumeMount } from "../../../platforms/swarm/service";
import { namedVolume } from "../../../platforms/swarm/volume";

const settings = z.strictObject({
  port: z.number().int().min(1024).max(65535),
  image: z.string().default("docker.io/library/wordpress:7.1.0-php8.4-apache"),
});
type Settings = z.output<typeof settings>;

const program = "/scripts/guestbook.php";
const databaseCaFile = "/scripts/mysql-ca.pem";
const passwordFile = "/run/secrets/guestbook/database-password";
/** The image's user `www-data`. */
const user = 33;
const listens = 8080;

/** Entries in a database, and a picture in a volume. The smallest app that the tools can do everything with. */
export const app: OwnApp<Settings> = {
  settings,
  connections: () => 5,
  ports: ({ port }) => ({ port }),
  deploy: (_name, { image, port }, context) => {
    new Guestbook(context.componentName, image, port, context);
  },
  declare: (name, { image, port }) => {
    const service = ownComponent(name);
    return {
      images: () => [{ name, key: ["apps", name, "settings", "image"], reference: image }],
      pages: () => ({ services: [{ name, app: service, target: `http://${service}:${listens}/health` }] }),
      published: () => [localAddress(name, service, port, "/health")],
      passwords: (config) => [
        sitePassword(config, name, { username: ownDatabase(name).username, services: [service] }),
      ],
      summary: () => ({ lines: [`Guestbook        http://localhost:${port}/`] }),
    };
  },
};

class Guestbook extends pulumi.ComponentResource {
  constructor(name: string, image: string, port: number, { database, options, retainData, stack }: OwnAppContext) {
    super("ghost-platform-tests:swarm:Guestbook", name, {}, options);
    if (!database) {
      throw new Error("a guestbook has asked for a database");
    }
    const children = new SwarmChildren(name, { stack }, { parent: this });
    const { host, port: databasePort, username } = database;
    const args = serviceArgs(stack, children.objectName, {
      image,
      command: initThen(["php", program], ["php", "-S", `0.0.0.0:${listens}`, program]),
      user,
      environment: {
        DB: pulumi.interpolate`${host}:${databasePort}`,
        DB_USER: username,
        DB_NAME: database.database,
        DB_PASSWORD_FILE: passwordFile,
        DB_CA_FILE: databaseCaFile,
      },
      memory: "96Mi",
      networks: ["frontend", "backend"],
      secrets: passwords(database),
      configs: configFiles(children, {
        [program]: fs.readFileSync(path.join(__dirname, "guestbook.php"), "utf8"),
        ...initThenScript,
        ...(database.authority.ca === undefined ? {} : { [databaseCaFile]: database.authority.ca }),
      }),
      mounts: [
        volumeMount(namedVolume(stack, children, "data", {}, retainData), "/var/www/html"),
        memoryMount("/tmp", "16Mi"),
      ],
      healthcheck: {
        command: ["php", "-r", `exit(@file_get_contents('http://127.0.0.1:${listens}/alive') === 'ok' ? 0 : 1);`],
        interval: "5s",
        timeout: "5s",
        retries: 3,
        startPeriod: "5m",
      },
      ports: { [port]: listens },
    });
    children.make("service", "", args);
    this.registerOutputs({});
  }
}

function passwords({ formerPasswords = [], password }: DatabaseEndpoint<SwarmSecretReference>): SecretFile[] {
  return [
    { secret: password, target: passwordFile },
    ...formerPasswords.map((secret, index) => ({ secret, target: `${passwordFile}-former-${index + 1}` })),
  ];
}
