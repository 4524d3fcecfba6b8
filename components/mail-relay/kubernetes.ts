import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { secretVersion } from "../../platforms/content-hash";
import { appLabels } from "../../platforms/kubernetes/labels";
import type { SecretReference } from "../../platforms/kubernetes/secret-reference";
import type { MailEndpoint } from "../endpoints";
import { randomPassword } from "../password";
import { relayEndpoint, type MailRelaySettings } from "./settings";

export interface MailRelayArgs extends MailRelaySettings {
  /** Namespace of the Secret. */
  namespace: pulumi.Input<string>;
}

/**
 * The password of a mail relay, as a Secret. Its name changes with the password, so that the pods that mount it are rolled out again.
 */
export class MailRelay extends pulumi.ComponentResource {
  /** Where apps send their mail. */
  readonly smtp: MailEndpoint<SecretReference>;

  constructor(name: string, args: MailRelayArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ghost-platform:kubernetes:MailRelay", name, {}, opts);
    this.smtp = relayEndpoint(args, (password) => ({
      name: this.passwordSecret(name, args.namespace, password),
      key: "password",
    }));
    this.registerOutputs({});
  }

  private passwordSecret(name: string, namespace: pulumi.Input<string>, password: string): pulumi.Output<string> {
    const version = secretVersion(password, randomPassword(`${name}-versions`, { parent: this }));
    const metadata = { name: pulumi.interpolate`${name}-${version}`, namespace, labels: appLabels("mail-relay", name) };
    return new k8s.core.v1.Secret(
      name,
      { metadata, stringData: { password: pulumi.secret(password) } },
      { parent: this },
    ).metadata.name;
  }
}
