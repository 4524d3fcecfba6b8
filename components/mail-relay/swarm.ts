import * as pulumi from "@pulumi/pulumi";
import { secretOfContent, type SwarmSecretReference } from "../../platforms/swarm/secrets";
import type { SwarmStack } from "../../platforms/swarm/stack";
import type { MailEndpoint } from "../endpoints";
import { randomPassword } from "../password";
import type { MailRelaySettings } from "./settings";

export interface MailRelayArgs extends MailRelaySettings {
  /** The stack that the secret belongs to. */
  stack: Pick<SwarmStack, "name">;
}

/** The password of a mail relay, as a secret of the swarm: a new one for each password. */
export class MailRelay extends pulumi.ComponentResource {
  /** Where apps send their mail. */
  readonly smtp: MailEndpoint<SwarmSecretReference>;

  constructor(name: string, args: MailRelayArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ghost-platform:swarm:MailRelay", name, {}, opts);
    const { encryption = "starttls", host, login, port, stack } = args;
    const child = { parent: this };
    this.smtp = {
      host,
      port,
      encryption,
      ...(login
        ? {
            login: {
              username: login.username,
              password: secretOfContent(
                stack,
                `${name}-password`,
                login.password,
                randomPassword(`${name}-versions`, child),
                child,
              ),
            },
          }
        : {}),
    };
    this.registerOutputs({});
  }
}
