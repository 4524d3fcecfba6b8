import * as path from "node:path";
import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { readScripts, scriptDirectory } from "../../scripts";
import type { KubernetesChildren } from "../children";
import { configuration } from "../files/configuration";

/** The scripts that parts of a pod run, whatever its app is: see the factories that name them. */
export type PodScript = "wait-for.sh" | "fetch.sh" | "notify.sh" | "volume-permissions.sh";

/** Reads scripts of this folder; content by file name. */
export function readPodScripts<Name extends PodScript>(...names: Name[]): Record<Name, string> {
  return readScripts(path.join(__dirname, "scripts"), names);
}

/** How a container sees the volume `scripts` of its pod. */
export const scriptMount: types.input.core.v1.VolumeMount = {
  name: "scripts",
  mountPath: scriptDirectory,
  readOnly: true,
};

/** The volume `scripts` of a pod, from the ConfigMap that holds them. */
export function scriptVolume(configMap: pulumi.Input<string>): types.input.core.v1.Volume {
  return { name: scriptMount.name, configMap: { name: configMap, defaultMode: 0o555 } };
}

/** Scripts for a pod, as a ConfigMap of its namespace. */
export interface PodScripts {
  /** For the pod's volumes. */
  volume: types.input.core.v1.Volume;
  /** Changes with the scripts: for `podTemplate`. */
  hash: pulumi.Input<string>;
}

/** Makes the ConfigMap `<name>-scripts`. The containers that run a script mount it with `scriptMount`. */
export function podScripts(children: KubernetesChildren, scripts: Record<string, pulumi.Input<string>>): PodScripts {
  const { hash, name } = configuration(children, "scripts", scripts);
  return { volume: scriptVolume(name), hash: hash() };
}
