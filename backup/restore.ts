import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { confirmed, isInteractive } from "../terminal/confirm";
import type { DockerEngine } from "../engines/docker-engine";
import { CommandError, UserError } from "../errors";
import { say, step } from "../terminal/progress";
import { servicesRunning } from "../deploy/wait/swarm-rollout";
import { manager, readFacts } from "../machines/carry-out";
import { clusterUp } from "../machines/up";
import { stackLabel, swarmStackName } from "../platforms/swarm/stack";
import { verify, type BackupJob } from "./create";
import { parseDeployment, placeDeployment } from "./deployment";
import { addressMistakes, pinsToOthers, placedOn, restoreTarget, unplaceable, type Placement } from "./swarm/placement";
import { refuseUnfit, type Standing } from "./swarm/restore-checks";
import { restoreSwarm, unmarkSwarm, type SwarmPart } from "./swarm/restore-state";
import { engineOf, restoreVolume } from "./swarm/volume";
import { unseal } from "./seal";
import { findBackup, type Backup } from "./stack-folder";
import { unmounted } from "./swarm/unmounted";
import { unmark, type RestoreRun, type VolumePart } from "./volume-marker";

/** Images may have to be pulled on every machine. */
const servicesLimitSeconds = 15 * 60;

export interface RestoreOptions {
  /** Name of the machine that takes the swarm's state. Default: the manager at its address, else the one it is from, else the first. */
  to?: string | undefined;
  /** Which machine of the configuration takes the place of one in the backup. Default: each its own. */
  place: Placement;
  yes: boolean;
}

/** A restore that nothing forbids. */
export interface PlannedRestore {
  backup: Backup;
  /** On the machines where they are to be. */
  volumes: VolumePart[];
  state: SwarmPart | undefined;
  /** The machine that takes the swarm's state. */
  target: string | undefined;
  /** How far an earlier run of it came. */
  standing: Standing;
}

/**
 * Brings a stack back on machines that are empty: volumes first, so that no service ever starts on an empty one; then the swarm's state on
 * one manager, of which a new swarm is made; then the other machines join it.
 *
 * One that was interrupted goes on with what is not done yet. How far it came, the volumes and the swarm say themselves.
 *
 * @throws UserError for what forbids it, before anything is touched
 */
export async function restore(job: BackupJob, id: string | undefined, options: RestoreOptions): Promise<void> {
  const planned = await planRestore(job, id, options);
  await tell(job, planned);
  if (!options.yes && isInteractive() && !(await confirmed("Restore it?", "no"))) {
    throw new UserError("Nothing was changed.");
  }
  await carryOutRestore(job, planned);
}

/**
 * Finds a backup and everything that forbids to restore it here; changes nothing.
 *
 * @throws UserError with all that forbids it
 */
export async function planRestore(
  job: BackupJob,
  id: string | undefined,
  options: Pick<RestoreOptions, "place" | "to">,
): Promise<PlannedRestore> {
  const backup = await findBackup(job.folder, job.stack, id, job.key);
  const saved = backup.parts.filter((part): part is VolumePart => "volume" in part);
  const volumes = saved.map((part) => ({ ...part, node: placedOn(options.place, part.node) }));
  const state = backup.parts.find((part): part is SwarmPart => part.kind === "swarm");
  const nodes = job.cluster?.wanted.nodes ?? {};
  const target = state && restoreTarget(state, options, nodes);
  const misplaced = [
    ...unplaceable(backup.parts, options.place),
    ...(target === undefined ? [] : addressMistakes(state?.address, target, nodes)),
  ];
  return { backup, volumes, state, target, standing: await refuseUnfit(job, backup, volumes, target, misplaced) };
}

/** Whether an earlier run has filled a volume. */
function isFilled({ standing }: PlannedRestore, part: VolumePart): boolean {
  const found = standing.volumes.get(part);
  return found?.is === "marked" && found.marker.state === "filled";
}

async function tell({ config, stack }: BackupJob, planned: PlannedRestore): Promise<void> {
  const { backup, target, volumes } = planned;
  say(
    `Backup ${backup.id} of ${backup.createdAt}${backup.verifiedAt ? "" : ", which was never verified"}:`,
    ...volumes.map(
      (part) =>
        `  ${part.volume.name} on ${part.node} (${part.kind})${isFilled(planned, part) ? ": filled already by the run before" : ""}`,
    ),
    target
      ? `  the swarm's state on ${target}; the other machines join it`
      : "  no state of the swarm: npm start deploys the stack on the data",
  );
  const unused = await unmounted(config, stack, [...new Set(volumes.map(({ volume }) => volume.name))]);
  if (unused.length > 0) {
    say(
      "",
      `No service of the stack file as it is here mounts ${unused.join(", ")}: what was saved there would not be seen after npm start.`,
      "Sites, driver and driverOptions have to be what they were when it was saved.",
    );
  }
}

/**
 * Reads the whole backup, and restores it only then.
 *
 * @throws UserError for what is damaged, before anything is touched; and where a step fails, from which the next run goes on
 */
export async function carryOutRestore(job: BackupJob, planned: PlannedRestore): Promise<void> {
  const { config, key, stack } = job;
  const { backup, standing, state, target, volumes } = planned;
  await verify(backup, backup.folder, key, undefined);
  const run: RestoreRun = {
    backup: backup.id,
    digest: backup.digest,
    run: standing.run ?? randomBytes(6).toString("hex"),
  };
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "ghost-platform-restore-"));
  try {
    const unlockKey = await restoreDeployment(job, backup);
    for (const part of volumes.filter((one) => !isFilled(planned, one))) {
      const found = standing.volumes.get(part) ?? { is: "absent" };
      await step(`Restore ${part.volume.name} on ${part.node}`, () =>
        restoreVolume(engineOf(job, part.node), swarmStackName(stack), part, backup.folder, key, run, found),
      );
    }
    if (state && target) {
      await restoreSwarm(job, state, backup.folder, target, run, standing.swarm, unlockKey, scratch);
    }
  } catch (error) {
    throw error instanceof CommandError ? new UserError(`${error.message}\nRun this again to go on from here.`) : error;
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
  const pinned = await servicesOf(job, state !== undefined);
  await step("Take the restore's own notes away", () => finish(job, volumes, target));
  if (pinned.length > 0) {
    say(
      `The data of stack ${stack} are those of ${backup.createdAt}. Its services still name machines that are not here, and wait:`,
      ...pinned.map((line) => `  ${line}`),
      `  npm start -- --stack ${stack}   deploys what the stack file says now`,
    );
    return;
  }
  say(`Stack ${stack} is as it was at ${backup.createdAt}.`, `  npm run ops -- status --stack ${stack}`);
  if (!state || config.swarm.singleNode) {
    say(`  npm start -- --stack ${stack}   deploys what the stack file says now`);
  }
}

/** Puts back what this machine knows about the stack. Returns the key that unlocks its managers. */
async function restoreDeployment({ key, stack }: BackupJob, { folder, parts }: Backup): Promise<string | undefined> {
  const part = parts.find(({ kind }) => kind === "deployment");
  if (!part) {
    return undefined;
  }
  const file = path.join(folder, part.file);
  const deployment = await parseDeployment(await unseal(file, part, key), file);
  const placed = await placeDeployment(deployment, stack);
  say(
    placed.length > 0
      ? `Put back on this machine: ${placed.join(", ")}`
      : "This machine keeps what it knows about the stack.",
  );
  return deployment.unlockKey;
}

/** Has all machines join, and waits for the services. Returns those that wait for machines that are not here. */
async function servicesOf({ cluster, stack }: BackupJob, hasState: boolean): Promise<string[]> {
  if (!hasState || !cluster) {
    return [];
  }
  await clusterUp(cluster, true);
  const engine = manager(await readFacts(cluster), cluster.wanted);
  const pinned = await pinnedToNobody(engine, swarmStackName(stack), Object.keys(cluster.wanted.nodes));
  if (pinned.length === 0) {
    await step("Wait until every service runs", (report) =>
      servicesRunning(engine, swarmStackName(stack), Date.now() + servicesLimitSeconds * 1000, report),
    );
  }
  return pinned;
}

/** Takes the markers away: from now on what is there lives, and no restore goes on in it. */
async function finish(job: BackupJob, volumes: readonly VolumePart[], target: string | undefined): Promise<void> {
  for (const part of volumes) {
    await unmark(engineOf(job, part.node), part);
  }
  if (target !== undefined) {
    await unmarkSwarm(job, target);
  }
}

/** Services that are pinned to machines, by the names that those have in the configuration, of which none is there; in words. */
async function pinnedToNobody(engine: DockerEngine, name: string, nodes: readonly string[]): Promise<string[]> {
  const ids = await engine.lines(["service", "ls", "--quiet", "--filter", `label=${stackLabel}=${name}`]);
  if (ids.length === 0) {
    return [];
  }
  const { stdout } = await engine.docker(["service", "inspect", ...ids]);
  const services = JSON.parse(stdout) as {
    Spec: { Name: string; TaskTemplate: { Placement?: { Constraints?: string[] | null } } };
  }[];
  return services.flatMap(({ Spec: { Name, TaskTemplate } }) =>
    pinsToOthers(TaskTemplate.Placement?.Constraints ?? [], nodes).map((constraint) => `${Name}: ${constraint}`),
  );
}
