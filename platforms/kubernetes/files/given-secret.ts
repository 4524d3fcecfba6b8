import * as pulumi from "@pulumi/pulumi";
import { secretVersion } from "../../content-hash";
import { mapped } from "../../later";
import { versionKey } from "../../password";
import type { KubernetesChildren } from "../children";
import type { SecretReference } from "./secret-reference";

/** A password that somebody else made, as a Secret; see `givenSecrets`. */
export function givenSecret(
  children: KubernetesChildren,
  role: string,
  password: pulumi.Input<string>,
): SecretReference {
  return { name: givenSecrets(children, role, { password }), key: "password" };
}

/**
 * Values that somebody else made, as a Secret. Its name changes with them, so that the pods that mount it are rolled out again.
 *
 * @param role of the Secret among the component's objects; "" for a component that is about it
 * @param values by key
 * @returns its name
 */
export function givenSecrets(
  children: KubernetesChildren,
  role: string,
  values: Record<string, pulumi.Input<string>>,
): pulumi.Output<string> {
  const child = children.adjusted("secret", role, {
    metadata: children.metadata(role),
    stringData: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, pulumi.secret(value)])),
  });
  const { args } = child;
  // Of all that is in it after the caller's adjustment.
  const content = pulumi.output([args.stringData, args.data]).apply((all) => JSON.stringify(all));
  const version = secretVersion(content, versionKey(children));
  args.metadata = mapped(args.metadata, {}, (own) => ({ ...own, name: pulumi.interpolate`${own.name}-${version}` }));
  return children.register(child).metadata.name;
}
