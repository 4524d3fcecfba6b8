import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { defaults } from "../../config/defaults";
import { isNetworkStorage } from "../../config/swarm/network-storage";
import { SwarmChildren, type SwarmComponentArgs } from "../../platforms/swarm/children";
import { versionedSecret, type SecretFile, type SwarmSecretReference } from "../../platforms/swarm/secrets";
import { serviceArgs, volumeMount, type ServiceOptions } from "../../platforms/swarm/service";
import type { StackNetworks } from "../../platforms/swarm/stack";
import { namedVolume, type VolumeSettings } from "../../platforms/swarm/volume";
import type { MailEndpoint } from "../endpoints";
import {
  inboxLoginFile,
  inboxUser,
  loginFile,
  mailpitEnvironment,
  mailpitPasswords,
  mailpitUser,
  senderLoginFile,
  senderUser,
  smtpPort,
  webPort,
  type InboxLogin,
} from "./settings";

export interface MailpitArgs extends SwarmComponentArgs {
  images: {
    /** Mailpit 1.30 or newer. */
    mailpit: pulumi.Input<string>;
  };
  /** Driver of the mail volume. Default: `local`. */
  storage?: VolumeSettings;
  /** Messages kept; the oldest go first. Default 500. */
  maxMessages?: number;
  /** Memory limit as a quantity. Default `128Mi`; 21 MB are used idle. */
  memory?: string;
  /** Asks for a login before mail is shown or taken, with random passwords. Default true. */
  authentication?: boolean;
  /**
   * Takes mail from whoever reaches it on the stack's networks, whether or not readers sign in: for an app that sends no password without TLS. Default
   * false.
   */
  openToSenders?: boolean;
  /**
   * Port of the web page and API published by the stack's publish mode. Without `authentication` anyone who reaches it reads every mail.
   * Absent: reached on the stack's frontend network only, on port 8025.
   */
  port?: number | undefined;
  /** Networks on which others hand it mail, beside the frontend. Default: none. */
  alsoOn?: (keyof StackNetworks)[];
  /** Placement constraints. Default: the stack's. */
  placement?: string[] | undefined;
  /** What else is said of its service: labels, log driver, processor time. */
  service?: ServiceOptions | undefined;
  /** Keep the mail when the component is destroyed. Default true. */
  retainData?: boolean;
}

/**
 * The mail volume stands at /tmp: a new volume takes owner and mode of the place in the image where it is mounted, and this is the one place
 * there that a user other than root can write to.
 */
const mailDirectory = "/tmp";

/** An inbox that catches mail: SMTP on port 1025 of the stack's networks only. The service carries the component's name. */
export class Mailpit extends pulumi.ComponentResource {
  readonly service: docker.Service;
  /** Every child, by kind and name. */
  readonly nodes: SwarmChildren["nodes"];
  /** Where apps send their mail. */
  readonly smtp: MailEndpoint<SwarmSecretReference>;
  /** How to sign in to the inbox; absent where no login is asked for. */
  readonly login?: InboxLogin;

  constructor(name: string, args: MailpitArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ghost-platform:swarm:Mailpit", name, {}, opts);
    const { stack } = args;
    const children = new SwarmChildren(name, args, { parent: this });
    const mail = namedVolume(stack, children, "mail", args.storage ?? {}, args.retainData ?? true);
    const passwords = (args.authentication ?? defaults.mailpit.authentication) ? mailpitPasswords(children) : undefined;
    const senders = args.openToSenders === true ? undefined : passwords;
    const settings = serviceArgs(stack, children.objectName, {
      image: args.images.mailpit,
      user: mailpitUser,
      environment: environment(args, { readers: passwords !== undefined, senders: senders !== undefined }),
      memory: args.memory ?? defaults.mailpit.memory,
      networks: ["frontend", ...(args.alsoOn ?? [])],
      secrets: [
        ...(passwords ? [loginSecret(children, "inbox", inboxUser, passwords.inbox, inboxLoginFile)] : []),
        ...(senders ? [loginSecret(children, "sender", senderUser, senders.sender, senderLoginFile)] : []),
      ],
      mounts: [volumeMount(mail, mailDirectory)],
      healthcheck: {
        command: ["/mailpit", "readyz"],
        interval: "5s",
        timeout: "10s",
        retries: 6,
        startPeriod: "1m",
      },
      ...(args.port === undefined ? {} : { ports: { [args.port]: webPort } }),
      placement: args.placement,
      options: args.service,
    });
    this.service = children.make("service", "", settings);

    this.nodes = children.nodes;
    this.smtp = {
      host: children.objectName,
      port: smtpPort,
      ...(senders ? { login: { username: senderUser, password: senderPassword(children, senders.sender) } } : {}),
    };
    if (passwords) {
      this.login = { username: inboxUser, password: passwords.inbox };
    }
    this.registerOutputs({ smtp: this.smtp });
  }
}

/** A password file of Mailpit's own. */
function loginSecret(
  children: SwarmChildren,
  role: string,
  username: string,
  password: pulumi.Output<string>,
  target: string,
): SecretFile {
  const content = password.apply((word) => loginFile(username, word));
  return { secret: versionedSecret(children, role, { content, template: loginFile(username, "password") }), target };
}

/** What those who send mail are given. */
function senderPassword(children: SwarmChildren, content: pulumi.Output<string>): SwarmSecretReference {
  return versionedSecret(children, "sender-password", { content, template: "password" });
}

function environment(
  { maxMessages = defaults.mailpit.maxMessages, storage }: MailpitArgs,
  asks: { readers: boolean; senders: boolean },
): Record<string, string> {
  return {
    ...mailpitEnvironment(mailDirectory, maxMessages, asks),
    // SQLite's write-ahead log needs shared memory, which file systems of a network do not give.
    ...(storage && isNetworkStorage(storage) ? { MP_DISABLE_WAL: "true" } : {}),
  };
}
