import { mustOwn, owned } from "../../deploy/before/swarm-ownership";
import { DockerEngine } from "../../engines/docker-engine";
import { UserError } from "../../errors";
import { ownedLabels } from "../../platforms/swarm/stack";
import type { Found, VolumeToFill } from "../restore/fill";
import type { VolumePart } from "../format/manifest";
import { markerFile } from "../format/form";
import { holdingOf, lookScript, type Holding } from "../restore/volume-marker";
import { containersOf } from "./containers";
import type { SwarmJob } from "./place";
import { mountWithoutName } from "./placement";

/** The engine that has, or is to have, the volumes of a node. */
export function engineOf({ cluster, config }: Pick<SwarmJob, "cluster" | "config">, node: string): DockerEngine {
  return new DockerEngine(cluster ? (cluster.wanted.nodes[node]?.host ?? "") : config.swarm.host);
}

/**
 * Looks what there is of a volume.
 *
 * @param stack its name in the swarm
 * @throws CommandError where that cannot be known
 */
export async function findVolume(engine: DockerEngine, stack: string, part: VolumePart): Promise<Found> {
  const { driver, name, options } = part.volume;
  // The engine takes part of a name for it.
  const isThere = (await engine.lines(["volume", "ls", "--quiet"])).includes(name);
  if (isThere) {
    const { stdout } = await engine.docker(["volume", "inspect", name]);
    const [found] = JSON.parse(stdout) as { Driver: string; Options: Record<string, string> | null }[];
    if (found?.Driver !== driver || !isSame(found.Options ?? {}, options)) {
      return { is: "full", what: `volume ${name} is there already, with another driver or other options` };
    }
    if (!(await owned(engine, "volume", stack)).includes(name)) {
      return { is: "full", what: `volume ${name} is there already, and stack ${stack} did not make it` };
    }
  } else if (!(driver === "local" && options["type"])) {
    return { is: "absent" };
  }
  const holding = await lookInto(engine, part, isThere);
  if (holding.is === "empty") {
    return isThere ? holding : { is: "absent" };
  }
  if (holding.is === "marked") {
    return holding;
  }
  return {
    is: "full",
    what: isThere
      ? `volume ${name} is there already`
      : `what volume ${name} mounts holds files already (${holding.example})`,
  };
}

function isSame(left: Record<string, string>, right: Record<string, string>): boolean {
  const sorted = (record: Record<string, string>) => JSON.stringify(Object.entries(record).sort());
  return sorted(left) === sorted(right);
}

/**
 * A volume of a stack, to be filled.
 *
 * @param stack its name in the swarm
 */
export function volumeToFill(
  engine: DockerEngine,
  stack: string,
  part: VolumePart,
  found: VolumeToFill["found"],
): VolumeToFill {
  const { name } = part.volume;
  return {
    part,
    where: `on ${part.node}`,
    found,
    make: () => makeVolume(engine, stack, part),
    unused: () => mustBeUnused(engine, name),
    // Mounted where the service mounts it, a new volume takes over what the image has there, and its owner.
    run: containersOf(engine, part, `${name}:${part.target}`),
  };
}

async function makeVolume(engine: DockerEngine, stack: string, { volume }: VolumePart): Promise<void> {
  const { driver, labels, name, options } = volume;
  await engine.docker([
    "volume",
    "create",
    ...["--driver", driver],
    ...Object.entries(options).flatMap(([option, value]) => ["--opt", `${option}=${value}`]),
    ...Object.entries({ ...labels, ...ownedLabels({ name: stack }) }).flatMap(([label, value]) => [
      "--label",
      `${label}=${value}`,
    ]),
    name,
  ]);
  // One that was there, or came meanwhile, is taken for the one that was to be made.
  await mustOwn(engine, stack, "volume", name);
}

/** Its image may have to be pulled. */
const lookLimitSeconds = 15 * 60;

/** Looks into a volume, and leaves it as it is; where there is none of this name, into what its options mount. */
async function lookInto(engine: DockerEngine, { image, volume }: VolumePart, isThere: boolean): Promise<Holding> {
  const rights = ["--user", "0:0", "--cap-drop", "ALL", "--cap-add", "DAC_OVERRIDE"];
  const mount = isThere
    ? `type=volume,source=${volume.name},target=/volume,volume-nocopy,readonly`
    : mountWithoutName(volume, "/volume");
  const { stdout } = await engine.docker(
    [
      ...["run", "--rm", "--network", "none", "--read-only", ...rights, "--mount", mount],
      ...["--env", "volume=/volume", "--env", `name=${markerFile}`],
      ...["--entrypoint", "sh", image, "-c", lookScript],
    ],
    { timeout: lookLimitSeconds },
  );
  return holdingOf(stdout);
}

/** A container of the run before may still be ending. */
const endLimitSeconds = 60;

/** @throws UserError while a container has the volume */
async function mustBeUnused(engine: DockerEngine, name: string): Promise<void> {
  const deadline = performance.now() + endLimitSeconds * 1000;
  for (;;) {
    const users = await engine.lines(["ps", "--all", "--filter", `volume=${name}`, "--format", "{{.ID}} {{.Names}}"]);
    if (users.length === 0) {
      return;
    }
    if (performance.now() > deadline) {
      throw new UserError(
        `Volume ${name} at ${engine.host} is half filled by a restore that was interrupted, and these containers have it: ${users.join(", ")}. Remove what runs on it, then run this again`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
