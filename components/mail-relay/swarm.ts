import * as pulumi from "@pulumi/pulumi";
import { secretOfContent, type SwarmSecretReference } from "../../platforms/swarm/secrets";
import type { SwarmStack } from "../../platforms/swarm/stack";
import type { MailEndpoint } from "../endpoints";
import { randomPassword } from "../password";
import { relayEndpoint, type MailRelaySettings } from "./settings";

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
    const child = { parent: this };
    this.smtp = relayEndpoint(args, (password) =>
      secretOfContent(args.stack, `${name}-password`, password, randomPassword(`${name}-versions`, child), child),
    );
    this.registerOutputs({});
  }
}
