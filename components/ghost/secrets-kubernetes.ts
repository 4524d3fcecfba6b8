import type { KubernetesChildren } from "../../platforms/kubernetes/children";
import type { SecretReference } from "../../platforms/kubernetes/files/secret-reference";
import { randomPassword } from "../../platforms/password";
import type { SiteSettings } from "./settings";

/** The owner's first password, in a Secret of the site's, unless it is in one that is there. */
export function ownerSecret(
  children: KubernetesChildren,
  { owner }: Pick<SiteSettings, "owner">,
): SecretReference | undefined {
  if (owner === undefined) {
    return undefined;
  }
  if (owner.existingSecret) {
    return owner.existingSecret;
  }
  const stringData = { username: owner.email, password: randomPassword(children, "owner") };
  const { metadata } = children.make("secret", "owner", { metadata: children.metadata("owner"), stringData });
  return { name: metadata.name, key: "password" };
}
