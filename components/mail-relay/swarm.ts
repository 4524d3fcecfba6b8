import * as pulumi from "@pulumi/pulumi";
import { SwarmChildren, type SwarmComponentArgs } from "../../platforms/swarm/children";
import { secretOfContent, type SwarmSecretReference } from "../../platforms/swarm/secrets";
import type { SwarmStack } from "../../platforms/swarm/stack";
import type { MailEndpoint } from "../endpoints";
import { relayEndpoint, type MailRelaySettings } from "./settings";

export interface MailRelayArgs extends Omit<SwarmComponentArgs, "stack">, MailRelaySettings {
  /** The stack that the secret belongs to. */
  stack: Pick<SwarmStack, "name">;
}

/** The password of a mail relay, as a secret of the swarm: a new one for each password. */
export class MailRelay extends pulumi.ComponentResource {
  /** Where apps send their mail. */
  readonly smtp: MailEndpoint<SwarmSecretReference>;
  /** Every child, by kind and name. */
  readonly nodes: SwarmChildren["nodes"];

  constructor(name: string, args: MailRelayArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ghost-platform:swarm:MailRelay", name, {}, opts);
    const children = new SwarmChildren(name, args, { parent: this });
    this.smtp = relayEndpoint(args, (password) => secretOfContent(children, "password", password));
    this.nodes = children.nodes;
    this.registerOutputs({ host: this.smtp.host, port: this.smtp.port });
  }
}
