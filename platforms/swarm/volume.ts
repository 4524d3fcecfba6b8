import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { isNetworkStorage } from "../../config/network-storage";
import { contentHash } from "../content-hash";
import { objectName, stackLabels, type SwarmStack } from "./stack";

/** Which driver keeps a volume, and how. */
export interface VolumeSettings {
  /** Volume driver. Default: `local`. */
  driver?: string | undefined;
  /** Options of the driver, for example type, o and device for NFS. */
  driverOptions?: Record<string, string> | undefined;
  /** Whether the directory that the options name is the same on every node. Default: false. */
  shared?: boolean | undefined;
  /**
   * Whether a new volume takes over what the image has at its place, with owner and mode. Default: true; false for network storage of the local
   * driver and for a shared directory, where the engine may change neither, and the task would never start.
   */
  copyFromImage?: boolean | undefined;
}

/** How a service mounts a volume of the stack. */
export interface VolumeMount {
  source: pulumi.Input<string>;
  driver: string;
  driverOptions: Record<string, string> | undefined;
  copyFromImage: boolean;
  labels: { label: string; value: string }[];
}

/**
 * A named volume. On a swarm of one node it is an object of the stack, removed with it unless it is kept; on a larger one each node makes
 * it when a task that mounts it arrives, and it stays there.
 *
 * A change of the driver's options names another volume: the engine cannot change the options of one, and this program deletes no data
 * for a change of configuration.
 *
 * @param create makes the object of the stack, given its logical name and arguments
 */
export function namedVolume(
  stack: SwarmStack,
  name: string,
  { copyFromImage, driver = "local", driverOptions = {}, shared }: VolumeSettings,
  create: (name: string, args: docker.VolumeArgs) => docker.Volume,
): VolumeMount {
  const options = Object.entries(driverOptions).sort();
  const version = options.length > 0 ? `${name}-${contentHash(driver, ...options.flat())}` : name;
  const driverOpts = options.length > 0 ? driverOptions : undefined;
  const labels = stackLabels(stack);
  const source = objectName(stack, version);
  const mount = {
    source,
    driver,
    driverOptions: driverOpts,
    copyFromImage: copyFromImage ?? !isNetworkStorage({ driver, driverOptions, shared }),
    labels,
  };
  if (!(stack.singleNode ?? true)) {
    return mount;
  }
  const volume = create(version, { name: source, driver, labels, ...(driverOpts ? { driverOpts } : {}) });
  return { ...mount, source: volume.name };
}

/**
 * A local volume for each task of a service, named after the task's number. The node on which the task runs makes it, so it is no object of
 * the stack; it carries the stack's label all the same. A task that moves finds an empty one, or what it left there before.
 */
export function slotVolume(stack: Pick<SwarmStack, "name">, name: string): VolumeMount {
  return {
    source: `${objectName(stack, name)}-{{.Task.Slot}}`,
    driver: "local",
    driverOptions: undefined,
    copyFromImage: true,
    labels: stackLabels(stack),
  };
}
