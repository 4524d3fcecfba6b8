import * as path from "node:path";
import type { types } from "@pulumi/kubernetes";
import type { SecretReference } from "./secret-reference";

/** Name of the volume of a pod with the password of its database user, the first of its items: by it tools know which one a pod has. */
export const databasePasswordVolume = "database-password";

/**
 * A volume with a password in it, and those before it, to be mounted at the folder of `file`: newest first, as `<file>-former-1` and so on.
 *
 * @param file absolute path of the password in the container
 */
export function passwordVolume(
  name: string,
  { key, name: secretName }: SecretReference,
  file: string,
  former: readonly SecretReference[] = [],
): types.input.core.v1.Volume {
  const base = path.posix.basename(file);
  const items = [
    { key, path: base },
    ...former.map((password, index) => ({ key: password.key, path: `${base}-former-${index + 1}` })),
  ];
  return { name, secret: { secretName, defaultMode: 0o440, items } };
}
