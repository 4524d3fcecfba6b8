import { backupRecordLabel } from "../../platforms/swarm/backup-record";
import { ownerLabel } from "../../platforms/swarm/stack";
import type { DockerEngine } from "../../engines/docker-engine";
import { CommandError } from "../../errors";
import { inspected } from "../../engines/swarm-objects";

interface Version {
  CreatedAt: string;
  Spec: { Name: string; Labels?: Record<string, string> };
}

/**
 * Removes former versions of a stack's secrets and configs, but for the newest few of each: `docker stack deploy` removes none. What a service
 * still uses stays, whatever its age.
 *
 * @param declared names of the versions that the stack has now
 * @param keep how many former ones of each stay for rollback
 * @returns names of what was removed
 */
export async function pruneVersions(
  engine: DockerEngine,
  name: string,
  declared: ReadonlySet<string>,
  keep: number,
): Promise<string[]> {
  const removed: string[] = [];
  for (const kind of ["secret", "config"] as const) {
    const ids = await engine.lines([kind, "ls", "--quiet", "--filter", `label=${ownerLabel}=${name}`]);
    const all = await inspected<Version>(engine, kind, ids);
    // What the backup has noted is nobody's version.
    const ofStack = all.filter(({ Spec }) => Spec.Labels?.[backupRecordLabel] === undefined);
    const versions = ofStack.map(({ CreatedAt, Spec }) => ({
      at: CreatedAt,
      name: Spec.Name,
    }));
    for (const former of surplus(versions, declared, keep)) {
      if (await removedUnlessUsed(engine, kind, former)) {
        removed.push(former);
      }
    }
  }
  return removed;
}

/** The former versions beyond the newest few of each object. */
export function surplus(
  versions: readonly { name: string; at: string }[],
  declared: ReadonlySet<string>,
  keep: number,
): string[] {
  const byObject = new Map<string, string[]>();
  const newestFirst = [...versions].sort((left, right) => (left.at < right.at ? 1 : -1));
  for (const { name } of newestFirst.filter((version) => !declared.has(version.name))) {
    const object = name.replace(/-[0-9a-f]{10}$/, "");
    byObject.set(object, [...(byObject.get(object) ?? []), name]);
  }
  return [...byObject.values()].flatMap((names) => names.slice(keep));
}

async function removedUnlessUsed(engine: DockerEngine, kind: "secret" | "config", name: string): Promise<boolean> {
  try {
    await engine.docker([kind, "rm", name]);
    return true;
  } catch (error) {
    if (error instanceof CommandError && /in use|no such|not found/i.test(error.output)) {
      return false;
    }
    throw error;
  }
}
