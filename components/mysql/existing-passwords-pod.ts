import * as path from "node:path";
import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { restrictedContainer } from "../../platforms/kubernetes/pods/security";
import { readScripts, scriptDirectory } from "../../platforms/scripts";
import type { ExistingPasswords } from "./existing-passwords";

/** The script that puts passwords into files, and ends with words where it cannot; see there. */
const existingPasswordsScript = "existing-passwords.sh";

/** In a pod of the server, where the files with marks are, and where the passwords are, each in a file called as in its mark. */
export const markedDirectory = "/run/secrets/mysql-marked";
const existingDirectory = "/run/secrets/mysql-existing";
const filledVolume = "filled-passwords";
const existingVolume = "existing-passwords";

/** The script for that, where there is something to fill in. */
export function fillingScripts(passwords: ExistingPasswords): Record<string, string> {
  return Object.keys(passwords).length > 0
    ? readScripts(path.join(__dirname, "scripts"), [existingPasswordsScript])
    : {};
}

/** The part of a pod that fills the files in: what its containers mount in place of the files with marks, the container that runs first, and volumes. */
export function fillingParts(
  passwords: ExistingPasswords,
  image: pulumi.Input<string>,
  markedVolume: string,
): {
  mounts: types.input.core.v1.VolumeMount[];
  container: types.input.core.v1.Container;
  volumes: types.input.core.v1.Volume[];
} {
  const named = Object.entries(passwords);
  // Also in the server's container, where backups look for what a server has.
  const marked = { name: markedVolume, mountPath: markedDirectory, readOnly: true };
  const filled = { name: filledVolume, mountPath: "/run/secrets/mysql" };
  return {
    mounts: [{ ...filled, readOnly: true }, marked],
    container: {
      name: "existing-passwords",
      image,
      securityContext: restrictedContainer,
      command: [`${scriptDirectory}/${existingPasswordsScript}`],
      // For its messages: names alone.
      env: [{ name: "PASSWORDS", value: named.map(([mark, { key, name }]) => `${mark} ${name} ${key}`).join("\n") }],
      volumeMounts: [
        filled,
        marked,
        { name: existingVolume, mountPath: existingDirectory, readOnly: true },
        { name: "tmp", mountPath: "/tmp" },
        { name: "configuration", mountPath: scriptDirectory, readOnly: true },
      ],
      resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "64Mi" } },
    },
    volumes: [
      // Never on a disk of the node; as large as two of what a Secret can hold.
      { name: filledVolume, emptyDir: { medium: "Memory", sizeLimit: "2Mi" } },
      {
        name: existingVolume,
        projected: {
          defaultMode: 0o440,
          sources: named.map(([mark, { key, name }]) => ({ secret: { name, items: [{ key, path: mark }] } })),
        },
      },
    ],
  };
}
