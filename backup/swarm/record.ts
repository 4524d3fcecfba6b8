import { randomBytes } from "node:crypto";
import { isRunning, readSnapshot, appOf } from "../../engines/swarm-tasks";
import { recordIn } from "../known/swarm";
import { merged, recordText, type BackupRecord, type Noted } from "../known/record";
import { backupRecordLabel } from "../../platforms/swarm/backup-record";
import { objectName, ownedLabels } from "../../platforms/swarm/stack";
import { appsOf } from "../../stacks/apps";
import type { SwarmStackConfig } from "../../config/schema";
import { CommandError } from "../../errors";
import type { BackupPlace } from "./place";

/**
 * Notes in the swarm what became of a backup, for every machine that asks after the stack, and tells what of the stack watches it.
 *
 * @throws CommandError where that cannot be
 */
export async function noteInSwarm(
  place: BackupPlace,
  swarmName: string,
  config: SwarmStackConfig,
  noted: Noted,
): Promise<void> {
  const { engine } = place;
  const { all, record: before } = await recordIn(engine, swarmName);
  const record = merged(before, noted);
  const labels = { ...ownedLabels({ name: swarmName }), [backupRecordLabel]: "1" };
  const name = objectName({ name: swarmName }, `backups-${randomBytes(5).toString("hex")}`);
  await engine.docker(
    [
      "config",
      "create",
      ...Object.entries(labels).flatMap(([label, value]) => ["--label", `${label}=${value}`]),
      name,
      "-",
    ],
    { input: recordText(record) },
  );
  // The new one counts already; another run may have removed these.
  for (const id of all) {
    await engine.docker(["config", "rm", id]).catch(ignoreFailure);
  }
  await tellWatchers(place, swarmName, config, record);
}

/** Tells the services that say so what there is of backups, so that they can tell when one is overdue. */
async function tellWatchers(
  { engine, nodes }: BackupPlace,
  swarmName: string,
  config: SwarmStackConfig,
  { failed, good, notVerified, verified }: Omit<BackupRecord, "version">,
): Promise<void> {
  const known = {
    good: good && new Date(good.at),
    hasFailed: failed !== undefined,
    verified: verified && new Date(verified.at),
    hasNotBeenVerified: notVerified !== undefined,
  };
  const told = appsOf(config).flatMap((app) => app.toldOfBackups?.(config, known) ?? []);
  if (told.length === 0) {
    return;
  }
  const { services, tasks } = await readSnapshot(engine, swarmName);
  for (const { input, program, service } of told) {
    const found = services.find((one) => appOf(one, swarmName) === service);
    const task = tasks.find((one) => one.ServiceID === found?.ID && isRunning(one));
    const node = nodes.find(({ id }) => id === task?.NodeID);
    const container = task?.Status.ContainerStatus?.ContainerID;
    if (!node || container === undefined) {
      throw new CommandError(`${service} does not run where it can be reached from here`, undefined, "");
    }
    await node.engine.docker(["exec", "--interactive", container, ...program], { input });
  }
}

function ignoreFailure(error: unknown): void {
  if (!(error instanceof CommandError)) {
    throw error;
  }
}
