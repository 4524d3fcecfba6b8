import * as path from "node:path";
import type { KubernetesChildren } from "../../platforms/kubernetes/children";
import type { SecretReference } from "../../platforms/kubernetes/files/secret-reference";
import { randomPassword } from "../../platforms/password";
import { formerPasswordFile, type SiteSettings } from "./settings";

/* What the pod of a site is told in secret: the Secrets that the site has, and the volumes in which its containers get them. */

/** The owner's first password. */
export function ownerSecret(
  children: KubernetesChildren,
  { owner }: Pick<SiteSettings, "owner">,
): SecretReference | undefined {
  if (owner === undefined) {
    return undefined;
  }
  const stringData = { username: owner.email, password: randomPassword(children, "owner") };
  const { metadata } = children.make("secret", "owner", { metadata: children.metadata("owner"), stringData });
  return { name: metadata.name, key: "password" };
}

/** A volume with a password in it, and those before it, to be mounted at the folder of `file`. */
export function passwordVolume(
  name: string,
  { key, name: secretName }: SecretReference,
  file: string,
  former: readonly SecretReference[] = [],
) {
  const items = [
    { key, path: path.posix.basename(file) },
    ...former.map((password, index) => ({
      key: password.key,
      path: path.posix.basename(formerPasswordFile(index)),
    })),
  ];
  return { name, secret: { secretName, defaultMode: 0o440, items } };
}
