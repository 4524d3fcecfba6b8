import type { SwarmStackConfig } from "../../config/schema";
import { collect } from "../../render/collect";

interface TaskSpec {
  containerSpec?: { mounts?: { source?: string }[] };
}

/**
 * Those of some volumes that no service would mount as the stack file is now: with other options of a driver, or under another name, a volume is
 * another one, and an app would begin with an empty one beside it.
 */
export async function unmounted(
  config: SwarmStackConfig,
  stack: string,
  volumes: readonly string[],
): Promise<string[]> {
  const { resources } = await collect(config, stack);
  const mounted = resources.flatMap(({ inputs }) => {
    const { containerSpec } = (inputs["taskSpec"] ?? {}) as TaskSpec;
    return (containerSpec?.mounts ?? []).flatMap(({ source }) => (source === undefined ? [] : [source]));
  });
  return volumes.filter((volume) => !mounted.some((source) => names(source, volume)));
}

/** Whether a mount's source is this volume, for one of the numbers that a task may have. */
function names(source: string, volume: string): boolean {
  const [before = "", after] = source.split("{{.Task.Slot}}");
  return after === undefined
    ? source === volume
    : volume.startsWith(before) &&
        volume.endsWith(after) &&
        /^\d+$/.test(volume.slice(before.length, volume.length - after.length));
}
