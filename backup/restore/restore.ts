import { randomBytes } from "node:crypto";
import * as path from "node:path";
import { confirmed, isInteractive } from "../../terminal/confirm";
import { CommandError, UserError } from "../../errors";
import { say, step } from "../../terminal/progress";
import type { Wanted } from "../binlog/chain";
import { findPoint, momentWords, pointWords, replayOn, type Point } from "../binlog/point";
import type { BackupJob } from "../create";
import { parseDeployment, placeDeployment, type Deployment } from "../contents/deployment";
import { fill, isFilled } from "./fill";
import type { Placing, RestorePlan } from "../platform";
import { unseal } from "../format/seal";
import { digestOf } from "../format/manifest";
import type { StoredArchive } from "../store/archive";
import { findBackup, readBackups, type Backup } from "../store/stack-folder";
import { verify } from "../contents/trial";
import { unmark, type RestoreRun } from "./volume-marker";

export interface RestoreOptions extends Placing {
  yes: boolean;
  /** The moment to which databases are brought, and the archive that brings them there. Default: that of the backup. */
  until?: { wanted: Wanted; archive: StoredArchive } | undefined;
}

/** A restore that nothing forbids. */
export interface PlannedRestore extends RestorePlan {
  backup: Backup;
  /** How databases come to another moment than the backup's. */
  point?: Point;
}

/**
 * Brings a stack back where there is nothing of it: volumes first, so that no app ever starts on an empty one; then whatever else the platform has.
 *
 * One that was interrupted goes on with what is not done yet. How far it came, the volumes say themselves.
 *
 * @throws UserError for what forbids it, before anything is touched
 */
export async function restore(job: BackupJob, id: string | undefined, options: RestoreOptions): Promise<void> {
  const planned = await planRestore(job, id, options);
  tell(planned);
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
  { key, platform, stack, store }: BackupJob,
  id: string | undefined,
  { until, ...placing }: Placing & Pick<RestoreOptions, "until">,
): Promise<PlannedRestore> {
  const point = until === undefined ? undefined : await pointOf({ key, stack, store }, id, until);
  const backup = point?.backup ?? (await findBackup(store.folder, stack, id, key));
  if (backup.platform !== platform.name) {
    throw new UserError(
      `Backup ${backup.id} is of stack ${stack} on ${platformWords[backup.platform]}, and the stack file says that it runs on ${platformWords[platform.name]}. A backup is restored on the platform that it was made on`,
    );
  }
  try {
    return { backup, ...(point ? { point } : {}), ...(await platform.planRestore(backup, key, placing)) };
  } catch (error) {
    throw error instanceof CommandError ? new UserError(`${error.message}\nNothing was changed.`) : error;
  }
}

/** @param id the backup from which it begins, where a person names one */
async function pointOf(
  { key, stack, store }: Pick<BackupJob, "key" | "stack" | "store">,
  id: string | undefined,
  { archive, wanted }: NonNullable<RestoreOptions["until"]>,
): Promise<Point> {
  const backups =
    id === undefined
      ? (await readBackups(store.folder, stack, key)).backups
      : [await findBackup(store.folder, stack, id, key)];
  const point = await findPoint(archive, { backups, key, stack }, wanted).catch((error: unknown) => {
    throw error instanceof UserError ? new UserError(`That moment cannot be reached: ${error.message}`) : error;
  });
  // A run that goes on has to be one to the same moment.
  return {
    ...point,
    backup: { ...point.backup, digest: digestOf(`${point.backup.digest} ${point.wants.toString()}`) },
  };
}

const platformWords = { swarm: "Docker Swarm", kubernetes: "Kubernetes" };

function tell({ backup, point, remarks, volumes }: PlannedRestore): void {
  say(
    `Backup ${backup.id} of ${backup.createdAt}${backup.verifiedAt ? "" : ", which was never verified"}:`,
    ...volumes.map(
      (volume) =>
        `  ${volume.part.volume.name} ${volume.where} (${volume.part.kind})${isFilled(volume) ? ": filled already by the run before" : ""}`,
    ),
    ...(point ? pointWords(point) : []),
    ...remarks,
  );
}

/**
 * Reads the whole backup, and restores it only then.
 *
 * @throws UserError for what is damaged, before anything is touched; and where a step fails, from which the next run goes on
 */
export async function carryOutRestore({ key, stack, store }: BackupJob, planned: PlannedRestore): Promise<void> {
  const { backup, point, volumes } = planned;
  await store.fetch(backup);
  try {
    await verify(backup, backup.folder, key, undefined);
  } catch (error) {
    // What is damaged here may be whole where it came from.
    store.forgetFetched();
    throw error;
  }
  const run: RestoreRun = {
    backup: backup.id,
    digest: backup.digest,
    run: planned.run ?? randomBytes(6).toString("hex"),
  };
  let end: string[];
  try {
    const deployment = await restoreDeployment(key, stack, backup);
    for (const volume of volumes.filter((one) => !isFilled(one))) {
      await step(`Restore ${volume.part.volume.name} ${volume.where}`, () =>
        fill(volume, backup.folder, key, run, point && ((inVolume) => replayOn(inVolume, point, key))),
      );
    }
    end = await planned.complete(run, deployment, point ? momentWords(point) : backup.createdAt);
    await step("Take the restore's own notes away", async () => {
      // From now on what is there lives, and no restore goes on in it.
      for (const volume of volumes) {
        await unmark({ run: volume.run, target: volume.part.target });
      }
      await planned.forgetRun();
    });
  } catch (error) {
    // What cannot be closed now, the next run closes.
    await planned.close().catch(() => undefined);
    throw error instanceof CommandError ? new UserError(`${error.message}\nRun this again to go on from here.`) : error;
  }
  await planned.close();
  store.forgetFetched();
  say(...end);
}

/** Puts back what this machine knows about the stack. */
async function restoreDeployment(
  key: BackupJob["key"],
  stack: string,
  { folder, parts }: Backup,
): Promise<Deployment | undefined> {
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
  return deployment;
}
