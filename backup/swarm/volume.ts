import * as path from "node:path";
import { mustOwn, owned } from "../../deploy/before/swarm-ownership";
import { DockerEngine } from "../../engines/docker-engine";
import { UserError } from "../../errors";
import { ownedLabels } from "../../platforms/swarm/stack";
import type { BackupJob } from "../create";
import type { BackupKey } from "../key";
import { runOn } from "../pipe";
import { dockerCommand, onVolume } from "./containers";
import { unseal } from "../seal";
import { isDatabase, load } from "../trial";
import { clear, lookInto, mark, type Holding, type RestoreRun, type VolumePart } from "../volume-marker";

/** The engine that has, or is to have, the volumes of a node. */
export function engineOf({ cluster, config }: Pick<BackupJob, "cluster" | "config">, node: string): DockerEngine {
  return new DockerEngine(cluster ? (cluster.wanted.nodes[node]?.host ?? "") : config.swarm.host);
}

/** What there is of a volume before a restore. */
export type Found =
  /** No such volume, and nothing in what it would mount. */
  | { is: "absent" }
  /** A volume of this name, driver and options, without a file. */
  | { is: "empty" }
  /** A restore has begun to fill it, or has filled it. */
  | Extract<Holding, { is: "marked" }>
  /** Anything else, in words. */
  | { is: "full"; what: string };

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
 * Fills a volume that is empty, absent, or half filled by the same restore.
 *
 * @param stack its name in the swarm
 * @param folder that of the backup
 * @throws UserError where it is not the stack's
 */
export async function restoreVolume(
  engine: DockerEngine,
  stack: string,
  part: VolumePart,
  folder: string,
  key: BackupKey,
  run: RestoreRun,
  found: Found,
): Promise<void> {
  const { driver, labels, name, options } = part.volume;
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
  if (found.is === "marked") {
    await mustBeUnused(engine, name);
    await clear(engine, part);
  }
  await mark(engine, part, { ...run, state: "begun" });
  const file = path.join(folder, part.file);
  const mount = `${name}:${part.target}`;
  if (isDatabase(part)) {
    await load(engine, part, file, key, mount);
  } else {
    const command = onVolume(part.image, mount, "tar");
    await runOn(
      dockerCommand(engine, ...command, "-C", part.target, "-xpf", "-"),
      await unseal(file, part, key),
      engine.environment,
    );
  }
  await mark(engine, part, { ...run, state: "filled" });
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
