import * as path from "node:path";
import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { KubernetesChildren } from "../../platforms/kubernetes/children";
import { givenSecrets } from "../../platforms/kubernetes/files/given-secret";
import type { SecretReference } from "../../platforms/kubernetes/files/secret-reference";
import { randomPassword } from "../../platforms/password";
import { formerPasswordFile, type SiteSettings } from "./settings";

type Volume = types.input.core.v1.Volume;
type VolumeProjection = types.input.core.v1.VolumeProjection;

/* What the pod of a site is told in secret: the Secrets that the site has, and the volumes in which its containers get them. */

/** The value of a secret setting, or the Secret of the namespace that has it. */
export type SecretSetting = pulumi.Input<string> | { secretName: string; key: string };

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

/** The values of secret settings, as a volume of files: those given here in a Secret of the site's, others from where they are. */
export function settingVolume(
  children: KubernetesChildren,
  secretSettings: Readonly<Record<string, SecretSetting>> = {},
): Volume | undefined {
  const own: Record<string, pulumi.Input<string>> = {};
  const sources: VolumeProjection[] = [];
  for (const [setting, value] of Object.entries(secretSettings)) {
    if (isClusterSecret(value)) {
      const { key, secretName } = value;
      sources.push({ secret: { name: secretName, items: [{ key, path: setting }] } });
    } else {
      own[setting] = value;
    }
  }
  if (Object.keys(own).length > 0) {
    sources.unshift({ secret: { name: givenSecrets(children, "settings", own) } });
  }
  return sources.length === 0 ? undefined : { name: "settings", projected: { defaultMode: 0o440, sources } };
}

function isClusterSecret(value: SecretSetting): value is Exclude<SecretSetting, pulumi.Input<string>> {
  return typeof value === "object" && !pulumi.Output.isInstance(value) && !(value instanceof Promise);
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
