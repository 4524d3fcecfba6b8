import * as path from "node:path";
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ownerOf } from "../../config/owner";
import { cronText } from "../../config/backups/schedule";
import { bundled } from "../../platforms/bundle";
import { scheduledBackupLabel } from "../../platforms/kubernetes/backup-record";
import { KubernetesChildren } from "../../platforms/kubernetes/children";
import { configuration } from "../../platforms/kubernetes/files/configuration";
import { ownedLabels } from "../../platforms/kubernetes/labels";
import type { OwnPodSpec } from "../../platforms/kubernetes/pods/further-parts";
import { podTemplate } from "../../platforms/kubernetes/pods/pod";
import { withoutPresets } from "../../platforms/kubernetes/pods/pod-presets";
import { restrictedContainer } from "../../platforms/kubernetes/pods/security";
import { existingClaim, type ClaimSettings, type NewClaim } from "../../platforms/kubernetes/storage/claim";
import { readScripts } from "../../platforms/scripts";
import { ghostUser } from "../ghost/settings";
import type { KeptClaim } from "../kept-claim";
import { mysqlUser } from "../mysql/server-options";
import {
  authorityMount,
  backupPolicy,
  carrier,
  credentialVolumes,
  databaseAuthority,
  podIdentity,
  programVolume,
  type BackupPodArgs,
} from "./parts";
import { backupPlaces } from "./sealing";

export interface ScheduledBackupArgs extends BackupPodArgs {
  images: BackupPodArgs["images"] & {
    /** Its client makes the dump. */
    mysql: pulumi.Input<string>;
  };
  /** As the stack file has it; in UTC. */
  schedule: string;
  /** Volumes with files. The pod that reads them runs on the node of the pods that write them, so all of those must be on one. */
  claims: readonly KeptClaim[];
}

/** Where containers of the pod find what is theirs. */
const places = { ...backupPlaces, work: "/backup", claims: "/claims" } as const;

/** A backup that hangs is ended, and told as failed. */
const deadlineSeconds = 6 * 3600;

/** The files of `backup/` that the pod runs: a backup is made in one way, whoever makes it. */
const ofBackup = path.join(__dirname, "..", "..", "backup");

/**
 * A CronJob that makes backups of a stack inside of its cluster, which may write them and cannot read them: it has the public half of a key to seal for,
 * and a key to sign with. Its pod looks into the store, dumps the databases, reads the volumes, seals and signs, and sends; a container for each.
 *
 * Nothing of it may ask the cluster's API, and it reaches the database, the store and the name service alone.
 */
export class ScheduledBackup extends pulumi.ComponentResource {
  readonly cronJob: k8s.batch.v1.CronJob;
  /** Every child, by kind and name. */
  readonly nodes: KubernetesChildren["nodes"];

  constructor(name: string, args: ScheduledBackupArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ghost-platform:kubernetes:ScheduledBackup", name, {}, opts);
    const children = new KubernetesChildren("backup", name, args, { parent: this });
    const { secret, serviceAccountName } = podIdentity(children, args);
    const files = configuration(children, "program", { ...programFiles(), ...databaseAuthority(args) });
    const plan = children.make("configMap", "plan", {
      metadata: children.metadata("plan"),
      data: { "plan.json": planOf(args) },
    });
    const labels = podLabels(children);
    const template = podTemplate(
      { ...labels, ...args.database.clientLabels },
      ghostUser,
      files.hash(),
      {
        ...podSpec(args, {
          program: files.name,
          plan: plan.metadata.name,
          secret,
        }),
        serviceAccountName,
      },
      args.pod,
    );
    this.cronJob = children.make("cronJob", "", {
      metadata: children.metadata(""),
      spec: {
        schedule: cronText(args.schedule),
        timeZone: "Etc/UTC",
        concurrencyPolicy: "Forbid",
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 1,
        jobTemplate: {
          metadata: { labels: { [scheduledBackupLabel]: ownerOf(pulumi.getProject(), pulumi.getStack()) } },
          spec: {
            // A node that is emptied takes the first one along.
            backoffLimit: 1,
            activeDeadlineSeconds: deadlineSeconds,
            template: {
              ...template,
              metadata: {
                ...(template.metadata as k8s.types.input.meta.v1.ObjectMeta),
                annotations: { [withoutPresets]: "true", "ghost-platform/configuration": files.hash() },
              },
            },
          },
        },
      },
    });
    backupPolicy(children, args, labels);
    this.nodes = children.nodes;
    this.registerOutputs({});
  }
}

/** Labels of its pods. They come and go, and are no part of what `status` says of the stack: they have not the label that all of its have. */
function podLabels({ objectName }: KubernetesChildren): Record<string, string> {
  return { "app.kubernetes.io/name": "backup", "app.kubernetes.io/instance": objectName };
}

function programFiles(): Record<string, string> {
  return {
    "seal.js": bundled(path.join(ofBackup, "job", "main")),
    ...readScripts(path.join(ofBackup, "contents", "scripts"), ["dump-mysql.sh"]),
    ...readScripts(path.join(ofBackup, "kubernetes", "scripts"), ["pack.sh"]),
    ...readScripts(path.join(__dirname, "scripts"), ["look.sh", "send.sh"]),
  };
}

/** What each part of a backup is, as the manifest has it; see `backup/job/plan.ts`. */
function planOf({ claims, commandName, database, recipient }: ScheduledBackupArgs): pulumi.Output<string> {
  const contents = (kind: "files" | "mysql", { claim, image, labels, storage, target, workload }: KeptClaim) =>
    pulumi.all([claim, image]).apply(([name, reference]) => ({
      kind,
      service: workload,
      image: reference,
      target,
      volume: {
        name,
        driver: "claim",
        options: optionsOf(storage),
        labels,
      },
    }));
  return pulumi
    .all([contents("mysql", database), ...claims.map((claim) => contents("files", claim))])
    .apply(([dump, ...volumes]) =>
      JSON.stringify({
        stack: commandName,
        recipient,
        parts: [
          { contents: dump, from: `${places.work}/dump.sql` },
          ...volumes.map((volume, index) => ({ contents: volume, from: `${places.claims}/${index}` })),
        ],
      }),
    );
}

/** What a claim was asked for; of somebody else's it is not known here. */
function optionsOf(storage: ClaimSettings): Record<string, string> {
  if (existingClaim(storage) !== undefined) {
    return {};
  }
  const { size, storageClass } = storage as NewClaim;
  return { size, ...(storageClass === undefined ? {} : { storageClass }) };
}

function podSpec(
  args: ScheduledBackupArgs,
  names: Record<"program" | "plan" | "secret", pulumi.Input<string>>,
): OwnPodSpec {
  const { claims, database, images } = args;
  const files = { name: "program", mountPath: places.files, readOnly: true };
  const shared = [{ name: "work", mountPath: places.work }, { name: "tmp", mountPath: "/tmp" }, files];
  return {
    restartPolicy: "Never",
    terminationGracePeriodSeconds: 10,
    ...(claims.length > 0 ? { affinity: besidePods(claims) } : {}),
    initContainers: [
      { name: "look", ...carrier(args, "look", shared), command: ["sh", `${places.files}/look.sh`] },
      {
        name: "dump",
        image: images.mysql,
        command: ["bash", "-c", `bash ${places.files}/dump-mysql.sh > ${places.work}/dump.sql`],
        env: [{ name: "BACKUP_HOST", value: database.host }],
        securityContext: { ...restrictedContainer, runAsUser: mysqlUser, runAsGroup: mysqlUser },
        volumeMounts: [...shared, authorityMount, { name: "login", mountPath: places.login, readOnly: true }],
        resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "512Mi" } },
      },
      {
        name: "seal",
        image: images.ghost,
        command: ["node", `${places.files}/seal.js`],
        env: [{ name: "NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }],
        securityContext: restrictedContainer,
        volumeMounts: [
          ...shared,
          { name: "signing-key", mountPath: places.signingKey, readOnly: true },
          ...claims.map((_claim, index) => ({
            name: `claim-${index}`,
            mountPath: `${places.claims}/${index}`,
            readOnly: true,
          })),
        ],
        resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "512Mi" } },
      },
    ],
    containers: [{ name: "send", ...carrier(args, "send", shared), command: ["sh", `${places.files}/send.sh`] }],
    volumes: [
      // What is read lies here in plain text until it is sealed, as it does on the volumes of the same node.
      { name: "work", emptyDir: {} },
      { name: "tmp", emptyDir: {} },
      programVolume(names.program, names.plan),
      ...credentialVolumes(names.secret),
      {
        name: "login",
        secret: {
          secretName: database.login.secret,
          items: [{ key: database.login.key, path: "backup.cnf" }],
          defaultMode: 0o440,
        },
      },
      ...claims.map(({ claim }, index) => ({
        name: `claim-${index}`,
        persistentVolumeClaim: { claimName: claim, readOnly: true },
      })),
    ],
  };
}

/**
 * A claim that one node may have at a time is read on that node: where a pod is that writes there. Of several terms the scheduler wants one pod that
 * meets them all, so this is one; where the others are elsewhere, their claims cannot be mounted.
 */
function besidePods(claims: readonly KeptClaim[]): k8s.types.input.core.v1.Affinity {
  return {
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        {
          labelSelector: {
            matchLabels: ownedLabels(),
            matchExpressions: [
              {
                key: "app.kubernetes.io/instance",
                operator: "In",
                values: claims.map(({ labels }) => labels["app.kubernetes.io/instance"] ?? ""),
              },
            ],
          },
          topologyKey: "kubernetes.io/hostname",
        },
      ],
    },
  };
}
