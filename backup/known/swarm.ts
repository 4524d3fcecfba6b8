import type { DockerEngine } from "../../engines/docker-engine";
import { inspected } from "../../engines/swarm-objects";
import { readSnapshot } from "../../engines/swarm-tasks";
import { CommandError } from "../../errors";
import type { SwarmStack } from "../../home/stack";
import { backupRecordLabel } from "../../platforms/swarm/backup-record";
import { ownerLabel } from "../../platforms/swarm/stack";
import { oneLine, parseRecord, type BackupRecord } from "./record";
import type { KnownBackups } from "./facts";

/** A config of the swarm. */
interface RecordConfig {
  ID: string;
  CreatedAt: string;
  Spec: { Name: string; Data?: string };
}

/** What a swarm knows of a stack's backups: what `create` has noted there. */
export async function backupsOnSwarm({ engine, swarmName }: SwarmStack): Promise<KnownBackups> {
  try {
    const [{ newest, record }, { services }] = await Promise.all([
      recordIn(engine, swarmName),
      readSnapshot(engine, swarmName),
    ]);
    if (newest && !record) {
      return {
        unknown: `config ${newest.Spec.Name} says nothing that this program has written; the next backup writes another`,
      };
    }
    const [since] = services.map(({ CreatedAt }) => CreatedAt ?? "").sort();
    return {
      good: record?.good ? [record.good] : [],
      failed: record?.failed ? [record.failed] : [],
      verified: record?.verified,
      notVerified: record?.notVerified,
      since: since === "" ? undefined : since,
    };
  } catch (error) {
    if (error instanceof CommandError || error instanceof SyntaxError) {
      return { unknown: oneLine(error instanceof CommandError ? error.output || error.message : error.message) };
    }
    throw error;
  }
}

/**
 * What `create` has noted in a swarm, and the ids of all configs in which it did.
 *
 * @throws CommandError where the engine does not tell
 */
export async function recordIn(
  engine: DockerEngine,
  swarmName: string,
): Promise<{ record: BackupRecord | undefined; newest: RecordConfig | undefined; all: string[] }> {
  const ids = await engine.lines([
    ...["config", "ls", "--quiet", "--filter", `label=${ownerLabel}=${swarmName}`],
    ...["--filter", `label=${backupRecordLabel}`],
  ]);
  const configs = await inspected<RecordConfig>(engine, "config", ids);
  // By the swarm's own clock, which is one.
  const [newest] = configs.sort((left, right) => right.CreatedAt.localeCompare(left.CreatedAt));
  const text = Buffer.from(newest?.Spec.Data ?? "", "base64").toString("utf8");
  return { record: newest && parseRecord(text), newest, all: configs.map(({ ID }) => ID) };
}
