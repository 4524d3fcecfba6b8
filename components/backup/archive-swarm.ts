import * as path from "node:path";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { authorityFile } from "../../config/mysql/server-options";
import { SwarmChildren, type SwarmComponentArgs } from "../../platforms/swarm/children";
import { configFiles, type ConfigFile } from "../../platforms/swarm/configs";
import { secretOfContent, type SwarmSecretReference } from "../../platforms/swarm/secrets";
import { serviceArgs, volumeMount, type Healthcheck, type ServiceSettings } from "../../platforms/swarm/service";
import { namedVolume } from "../../platforms/swarm/volume";
import { readScripts } from "../../platforms/scripts";
import type { BinaryLogEndpoint, FiguresEndpoint } from "../endpoints";
import { ghostUser } from "../ghost/settings";
import { archiveFiguresPort } from "../archive-figures";
import {
  archiveFiles,
  archiveMemory,
  figuresTold,
  followedServer,
  isHeard,
  isSent,
  passwordFile,
  sharedFolder,
} from "./binary-log-archive";
import { backupPlaces, carrierEnvironment, carrierMemory, type SealingArgs } from "./sealing";

export interface BinaryLogArchiveArgs extends SwarmComponentArgs, SealingArgs {
  /** The server whose log is archived. */
  database: BinaryLogEndpoint<SwarmSecretReference>;
  /** Whether it tells figures, on the network `metrics`. Default false. */
  metrics?: boolean;
  /** Placement constraints. On a swarm of several nodes they have to leave one. Default: the stack's. */
  placement?: string[] | undefined;
}

/** The volume that both have. Images have this folder, open to every user, and a new volume takes that over. */
const volumeTarget = "/tmp";
const work = `${volumeTarget}/archive`;

/**
 * Two services that archive what the database server commits. The first is on the backend network, where the server is and no way out: it follows the server's
 * binary log, seals and signs it piece by piece. The second is on the frontend network, which has a way out, and takes the pieces to the store. They share a
 * local volume, and so a node; neither can read what was archived before.
 *
 * Services: `<name>` and `<name>-send`.
 */
export class BinaryLogArchive extends pulumi.ComponentResource {
  readonly services: Record<"follow" | "send", docker.Service>;
  /** Every child, by kind and name. */
  readonly nodes: SwarmChildren["nodes"];
  /** Where it tells figures; absent where it does not. */
  readonly figures?: FiguresEndpoint;

  constructor(name: string, args: BinaryLogArchiveArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ghost-platform:swarm:BinaryLogArchive", name, {}, opts);
    const { database, images, placement, stack } = args;
    const children = new SwarmChildren(name, args, { parent: this });
    // What waits there is in the server's own log, too, until it is sent: no backup holds it.
    const volume = namedVolume(stack, children, "tmp", {}, false);
    const files = programs(children, args);
    const shared = { user: ghostUser, mounts: [volumeMount(volume, volumeTarget)], placement };
    const secret = (role: string, content: pulumi.Input<string>, target: string) => ({
      secret: secretOfContent(children, role, content),
      target,
    });
    const service = (role: string, settings: Omit<ServiceSettings, keyof typeof shared>) =>
      children.make("service", role, serviceArgs(stack, children.objectOf(role), { ...shared, ...settings }));
    this.services = {
      follow: service("", {
        image: images.ghost,
        command: ["sh", `${backupPlaces.files}/follow-archive.sh`, "node", `${backupPlaces.files}/archive.js`],
        environment: {
          ...followedServer(database.host, database.user),
          ...sharedFolder(work),
          ...figuresTold(args.metrics),
        },
        memory: archiveMemory,
        networks: ["backend", ...(args.metrics ? (["metrics"] as const) : [])],
        secrets: [
          secret("signing-key", args.signingKey, `${backupPlaces.signingKey}/signing-key`),
          { secret: database.password, target: `${backupPlaces.login}/${passwordFile}` },
        ],
        configs: files.follow,
        healthcheck: behind(isHeard(work)),
      }),
      send: service("send", {
        image: images.rclone,
        command: ["sh", `${backupPlaces.files}/send-archive.sh`],
        // What cannot be sent is tried again all the time, so each try may fail soon.
        environment: { ...carrierEnvironment(args, "look"), ...sharedFolder(work) },
        memory: carrierMemory,
        networks: ["frontend"],
        secrets: [secret("rclone.conf", args.rclone, `${backupPlaces.rclone}/rclone.conf`)],
        configs: files.send,
        healthcheck: behind(isSent(work)),
      }),
    };
    this.nodes = children.nodes;
    if (args.metrics) {
      this.figures = { host: children.objectName, port: archiveFiguresPort };
    }
    this.registerOutputs({});
  }
}

/** What each of the two reads. */
function programs(children: SwarmChildren, args: BinaryLogArchiveArgs): Record<"follow" | "send", ConfigFile[]> {
  const { "archive.js": program, "archive.json": plan, ...carrying } = archiveFiles(args);
  const following = {
    "archive.js": program,
    "archive.json": plan,
    ...readScripts(path.join(__dirname, "scripts"), ["follow-archive.sh"]),
  };
  const placed = (files: Record<string, string>) =>
    Object.fromEntries(Object.entries(files).map(([file, content]) => [`${backupPlaces.files}/${file}`, content]));
  return {
    follow: configFiles(children, { ...placed(following), [authorityFile]: args.database.authority }),
    send: configFiles(children, placed(carrying)),
  };
}

/**
 * An archive that is behind is a service without a task that is well. The engine ends a task for that once: failures count from the first success on, and the
 * task after it is left to itself until it has had one, so that nothing that is on its way is broken off again and again.
 */
function behind(command: string[]): Healthcheck {
  return { command, interval: "10s", timeout: "10s", retries: 3, startPeriod: "24h" };
}
