import { engineTrouble } from "../../engines/docker-engine";
import { CommandError, UserError } from "../../errors";
import { readFacts } from "../../machines/carry-out";
import { swarmStackName } from "../../platforms/swarm/stack";
import type { SwarmJob } from "./place";
import { swarmMarkerOf } from "./restore-state";
import { engineOf, findVolume } from "./volume";
import type { Found, VolumeToFill } from "../restore/fill";
import type { VolumePart } from "../format/manifest";
import type { Backup } from "../store/stack-folder";
import type { Marker } from "../restore/volume-marker";

/** How far an earlier run of the same restore came, as what it fills says itself. */
export interface Standing {
  volumes: Map<VolumePart, VolumeToFill["found"]>;
  /** Of the swarm on the machine that takes its state; undefined where nothing is begun. */
  swarm: Marker | undefined;
  /** What tells that run from others; undefined where there was none. */
  run: string | undefined;
}

/**
 * Everything that forbids a restore, all at once: it only ever fills what is empty, or what it has begun to fill itself.
 *
 * @param target machine that takes the swarm's state; undefined where the backup has none
 * @param misplaced what is known to be wrong already
 * @throws UserError with all of it
 */
export async function refuseUnfit(
  job: SwarmJob,
  backup: Backup,
  volumes: readonly VolumePart[],
  target: string | undefined,
  misplaced: readonly string[],
): Promise<Standing> {
  const mistakes = [...misplaced];
  const standing: Standing = { volumes: new Map(), swarm: undefined, run: undefined };
  const nodes = [...new Set([...volumes.map(({ node }) => node), ...(target === undefined ? [] : [target])])];
  if (job.cluster) {
    mistakes.push(...(await unfitMachines(job, backup, nodes, target, standing)));
  } else {
    const engine = engineOf(job, "");
    const trouble = await engine.trouble();
    if (trouble) {
      throw engineTrouble(engine, trouble);
    }
    if (target !== undefined) {
      mistakes.push("the backup has the state of a swarm: name its machines under swarm.nodes to restore it");
    }
  }
  for (const part of mistakes.length > 0 ? [] : volumes) {
    mistakes.push(...(await unfitVolume(job, backup, part, standing)));
  }
  const runs = runsOf(standing);
  if (runs.length > 1) {
    mistakes.push(
      `the volumes were filled by ${runs.length} restores of this backup, which do not belong together. Remove those of the earlier one`,
    );
  }
  if (mistakes.length > 0) {
    throw UserError.fromMistakes("This backup cannot be restored here:", mistakes);
  }
  return { ...standing, run: runs[0] };
}

function runsOf({ swarm, volumes }: Standing): string[] {
  const markers = [...volumes.values()].flatMap((found) => (found.is === "marked" ? [found.marker] : []));
  return [...new Set([...markers, ...(swarm ? [swarm] : [])].map(({ run }) => run))];
}

async function unfitMachines(
  job: SwarmJob,
  { digest }: Backup,
  nodes: readonly string[],
  target: string | undefined,
  standing: Standing,
): Promise<string[]> {
  const { cluster } = job;
  if (!cluster) {
    return [];
  }
  const mistakes = nodes
    .filter((node) => !(node in cluster.wanted.nodes))
    .map(
      (node) =>
        `${node}: the backup has data of it, and the configuration does not name it. Name a machine so under swarm.nodes, or say which one takes its place: --place ${node}=NAME`,
    );
  const { engines } = await readFacts(cluster);
  const stateOf = target === undefined ? undefined : engines[target]?.state;
  if (target !== undefined && stateOf !== undefined && stateOf !== "unreachable" && stateOf !== "inactive") {
    try {
      standing.swarm = await swarmMarkerOf(job, target);
    } catch (error) {
      mistakes.push(
        `${target}: whether its swarm is what an interrupted restore has made cannot be known: ${said(error)}`,
      );
    }
  }
  const isOurs = standing.swarm?.digest === digest;
  if (standing.swarm && !isOurs) {
    standing.swarm = undefined;
  }
  for (const [name, { state, trouble }] of Object.entries(engines)) {
    if (state === "unreachable") {
      mistakes.push(`${name}: its engine does not answer (${trouble})`);
    } else if (target !== undefined && state !== "inactive" && !isOurs) {
      mistakes.push(
        `${name}: its engine is in a swarm (${state}). A restore is for empty machines: docker --host ${cluster.wanted.nodes[name]?.host ?? ""} swarm leave --force`,
      );
    }
  }
  return mistakes;
}

async function unfitVolume(
  job: SwarmJob,
  { digest }: Backup,
  part: VolumePart,
  { volumes }: Standing,
): Promise<string[]> {
  const { node, volume } = part;
  const engine = engineOf(job, node);
  const remedy = `docker --host ${engine.host} volume rm ${volume.name}`;
  let found: Found;
  try {
    found = await findVolume(engine, swarmStackName(job.stack), part);
  } catch (error) {
    if (error instanceof CommandError) {
      return [`${node}: what volume ${volume.name} holds cannot be known: ${error.message}`];
    }
    throw error;
  }
  if (found.is === "full") {
    return [
      found.what.startsWith("what volume")
        ? `${node}: ${found.what}, and a restore overwrites nothing. Move them away, or name an empty place in the stack file's driverOptions`
        : `${node}: ${found.what}, and a restore overwrites nothing. Keep its data elsewhere, then: ${remedy}`,
    ];
  }
  volumes.set(part, found);
  return found.is === "marked" && found.marker.digest !== digest
    ? [
        `${node}: volume ${volume.name} was ${found.marker.state} by a restore of backup ${found.marker.backup}, which is not through. Go on with that one, or remove the volume: ${remedy}`,
      ]
    : [];
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
