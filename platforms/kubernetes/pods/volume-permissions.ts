import type * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/kubernetes";
import { scriptDirectory } from "../../scripts";
import { scriptResources } from "./init-containers";
import { ownershipContainer } from "./security";

/** Name of the init container that `volumePermissions` makes. */
export const volumePermissionsName = "volume-permissions";

/**
 * An init container that gives an empty volume to the user of an app, as root: for classes that ignore fsGroup. A volume that is the user's already stays as it
 * is; one that holds something of somebody else's is refused. Not admitted under `restricted`. The pod needs the script `volume-permissions.sh`.
 *
 * @param volume how the app's own containers see it
 * @param scripts how they see the scripts
 */
export function volumePermissions(
  image: pulumi.Input<string>,
  user: number,
  volume: { name: string; mountPath: string },
  scripts: types.input.core.v1.VolumeMount,
): types.input.core.v1.Container {
  return {
    name: volumePermissionsName,
    image,
    command: ["sh", `${scriptDirectory}/volume-permissions.sh`, volume.mountPath, String(user)],
    securityContext: ownershipContainer,
    volumeMounts: [volume, scripts],
    resources: scriptResources,
  };
}
