import { configNamespace } from "../../config/namespaces";
import { ownerOf } from "../../config/owner";
import type { KubernetesCluster } from "../../engines/kubernetes-cluster";
import type { Condition, ObjectMetadata } from "../../engines/kubernetes-objects";
import { CommandError } from "../../errors";
import type { KubernetesStack } from "../../home/stack";
import { backupRecordName, recordKey, scheduledBackupLabel } from "../../platforms/kubernetes/backup-record";
import { ownedBy } from "../../platforms/kubernetes/ownership";
import { oneLine, parseRecord } from "./record";
import type { FailedBackup, KnownBackups } from "./facts";

interface RecordObject {
  kind: "ConfigMap";
  metadata: ObjectMetadata;
  data?: Record<string, string>;
}

interface CronJob {
  kind: "CronJob";
  metadata: ObjectMetadata;
  spec: { suspend?: boolean };
  status?: { lastSuccessfulTime?: string };
}

interface Job {
  kind: "Job";
  metadata: ObjectMetadata;
  status?: { conditions?: Condition[] };
}

/** What a cluster knows of a stack's backups: what `create` has noted there, and what became of those that the cluster makes by itself. */
export async function backupsOnCluster({ cluster, config, name }: KubernetesStack): Promise<KnownBackups> {
  const owner = ownerOf(configNamespace, name);
  try {
    const [record, since, cronJobs, jobs] = await Promise.all([
      recordOn(cluster),
      cluster.read([
        ...["get", "namespace", cluster.namespace, "--ignore-not-found"],
        ...["--output", "jsonpath={.metadata.creationTimestamp}"],
      ]),
      cluster.objects<CronJob>(["cronjobs.batch", "--selector", `${ownedBy(owner)},app.kubernetes.io/name=backup`]),
      cluster.objects<Job>(["jobs.batch", "--selector", `${scheduledBackupLabel}=${owner}`]),
    ]);
    const [cronJob] = cronJobs;
    const by = `CronJob ${cronJob?.metadata.name ?? ""}`;
    const ended = cronJob?.status?.lastSuccessfulTime;
    return {
      good: [
        ...(record?.good ? [record.good] : []),
        ...(ended === undefined ? [] : [{ at: ended, place: config.backup?.target ?? "", by }]),
      ],
      failed: [...(record?.failed ? [record.failed] : []), ...jobs.flatMap((job) => failureOf(job, cluster))],
      verified: record?.verified,
      notVerified: record?.notVerified,
      since: since.trim() === "" ? undefined : since.trim(),
      ...(cronJob
        ? {
            schedule: {
              what: by,
              suspended: cronJob.spec.suspend ?? false,
              run: cluster.commandLine("create", "job", "--from", `cronjob/${cronJob.metadata.name}`, "backup-now"),
            },
          }
        : {}),
    };
  } catch (error) {
    if (error instanceof CommandError || error instanceof SyntaxError || error instanceof NotOurs) {
      return { unknown: oneLine(error instanceof CommandError ? error.output || error.message : error.message) };
    }
    throw error;
  }
}

/** Something under the record's name that this program has not written. */
export class NotOurs extends Error {}

/** What `create` has noted; undefined where it has noted nothing yet. @throws NotOurs, CommandError where that cannot be known */
export async function recordOn(cluster: KubernetesCluster) {
  const [object] = await cluster.objects<RecordObject>([
    "configmaps",
    ...["--field-selector", `metadata.name=${backupRecordName}`],
  ]);
  if (!object) {
    return undefined;
  }
  const record = parseRecord(object.data?.[recordKey] ?? "");
  if (!record) {
    throw new NotOurs(
      `ConfigMap ${backupRecordName} says nothing that this program has written; the next backup writes it anew`,
    );
  }
  return record;
}

function failureOf({ metadata: { name }, status }: Job, cluster: KubernetesCluster): FailedBackup[] {
  const failure = status?.conditions?.find(({ status: value, type }) => type === "Failed" && value === "True");
  return failure
    ? [
        {
          at: failure.lastTransitionTime ?? "",
          by: `Job ${name}`,
          why: oneLine(failure.message ?? failure.reason ?? "it failed").replace(/\.$/, ""),
          look: cluster.commandLine("logs", `job/${name}`, "--all-containers", "--prefix"),
        },
      ].filter(({ at }) => at !== "")
    : [];
}
