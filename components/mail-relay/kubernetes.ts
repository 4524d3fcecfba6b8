import * as pulumi from "@pulumi/pulumi";
import { KubernetesChildren, type KubernetesComponentArgs } from "../../platforms/kubernetes/children";
import { givenSecret } from "../../platforms/kubernetes/files/given-secret";
import type { SecretReference } from "../../platforms/kubernetes/files/secret-reference";
import type { MailEndpoint } from "../endpoints";
import { relayEndpoint, type MailRelaySettings } from "./settings";

export interface MailRelayArgs extends KubernetesComponentArgs, MailRelaySettings {}

/**
 * The password of a mail relay, as a Secret. Its name changes with the password, so that the pods that mount it are rolled out again.
 */
export class MailRelay extends pulumi.ComponentResource {
  /** Where apps send their mail. */
  readonly smtp: MailEndpoint<SecretReference>;
  /** Every child, by kind and name. */
  readonly nodes: KubernetesChildren["nodes"];

  constructor(name: string, args: MailRelayArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ghost-platform:kubernetes:MailRelay", name, {}, opts);
    const children = new KubernetesChildren("mail-relay", name, args, { parent: this });
    this.smtp = relayEndpoint(args, (password) => givenSecret(children, "", password));
    this.nodes = children.nodes;
    this.registerOutputs({ host: this.smtp.host, port: this.smtp.port });
  }
}
