import type * as pulumi from "@pulumi/pulumi";
import { isNetworkStorage } from "../../config/swarm/network-storage";
import { contentHash } from "../content-hash";
import { mapped, whole } from "../later";
import type { SwarmChildren } from "./children";
import { objectName, refuseTooLong, stackLabels, type SwarmStack } from "./stack";

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
  driver: pulumi.Input<string>;
  driverOptions: pulumi.Input<DriverOptions> | undefined;
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
 * @param retain keep it when the component is destroyed
 */
export function namedVolume(
  stack: SwarmStack,
  children: SwarmChildren,
  role: string,
  { copyFromImage, driver = "local", driverOptions = {}, shared }: VolumeSettings,
  retain: boolean,
): VolumeMount {
  const driverOpts = Object.keys(driverOptions).length > 0 ? driverOptions : undefined;
  const { labels, name } = children.object(role);
  const version = versionOf(driver, driverOptions);
  refuseTooLong(name + version);
  const mount = {
    copyFromImage: copyFromImage ?? !isNetworkStorage({ driver, driverOptions, shared }),
    labels,
  };
  if (!(stack.singleNode ?? true)) {
    return { ...mount, source: name + version, driver, driverOptions: driverOpts };
  }
  const child = children.adjusted(
    "volume",
    role + version,
    { name, driver, labels, ...(driverOpts ? { driverOpts } : {}) },
    { retainOnDelete: retain },
  );
  const { args } = child;
  const parts = [args.name, args.driver, args.driverOpts] as const;
  args.name = mapped(whole(parts), [undefined, undefined, undefined], ([known = name, by = driver, options = {}]) => {
    const full = known + versionOf(by, options);
    refuseTooLong(full);
    return full;
  });
  const volume = children.register(child);
  return {
    ...mount,
    source: volume.name,
    driver: mapped(args.driver, driver, (known) => known),
    driverOptions: args.driverOpts && mapped(args.driverOpts, {}, (known) => known),
  };
}

type DriverOptions = Record<string, pulumi.Input<string>>;

/** What stands behind the name of a volume that is made with options. */
function versionOf(driver: string, driverOptions: Record<string, string>): string {
  const options = Object.entries(driverOptions).sort();
  return options.length > 0 ? `-${contentHash(driver, ...options.flat())}` : "";
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
