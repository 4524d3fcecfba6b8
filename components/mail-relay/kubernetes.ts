import * as pulumi from "@pulumi/pulumi";
import { secretVersion } from "../../platforms/content-hash";
import { KubernetesChildren, type KubernetesComponentArgs } from "../../platforms/kubernetes/children";
import type { SecretReference } from "../../platforms/kubernetes/secret-reference";
import { mapped } from "../../platforms/later";
import { versionKey } from "../../platforms/password";
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
    this.smtp = relayEndpoint(args, (password) => ({ name: passwordSecret(children, password), key: "password" }));
    this.nodes = children.nodes;
    this.registerOutputs({ host: this.smtp.host, port: this.smtp.port });
  }
}

function passwordSecret(children: KubernetesChildren, password: pulumi.Input<string>): pulumi.Output<string> {
  const child = children.adjusted("secret", "", {
    metadata: children.metadata(""),
    stringData: { password: pulumi.secret(password) },
  });
  const { args } = child;
  // Of all that is in it after the caller's adjustment.
  const content = pulumi.output([args.stringData, args.data]).apply((all) => JSON.stringify(all));
  const version = secretVersion(content, versionKey(children));
  args.metadata = mapped(args.metadata, {}, (own) => ({ ...own, name: pulumi.interpolate`${own.name}-${version}` }));
  return children.register(child).metadata.name;
}
