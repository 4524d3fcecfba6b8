import * as path from "node:path";
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { bundled } from "../../platforms/bundle";
import { KubernetesChildren } from "../../platforms/kubernetes/children";
import { configuration } from "../../platforms/kubernetes/files/configuration";
import { podTemplate } from "../../platforms/kubernetes/pods/pod";
import { execProbe } from "../../platforms/kubernetes/pods/probes";
import { restrictedContainer } from "../../platforms/kubernetes/pods/security";
import { readScripts } from "../../platforms/scripts";
import { ghostUser } from "../ghost/settings";
import {
  authorityMount,
  backupPlaces,
  backupPolicy,
  carrier,
  credentialVolumes,
  databaseAuthority,
  podIdentity,
  programVolume,
  type BackupPodArgs,
} from "./parts";

/** Folder that the containers share. */
const work = "/archive";
/** Minutes after which a pod that hears nothing, or cannot send, is told as not ready. */
const silentMinutes = 2;
const unsentMinutes = 3;

/**
 * A Deployment that archives what the database server commits: a container follows its binary log, seals and signs it piece by piece, and another one takes
 * the pieces to the store. It may write them and cannot read them, as the CronJob that makes full backups.
 */
export class BinaryLogArchive extends pulumi.ComponentResource {
  readonly deployment: k8s.apps.v1.Deployment;
  /** Every child, by kind and name. */
  readonly nodes: KubernetesChildren["nodes"];

  constructor(name: string, args: BackupPodArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ghost-platform:kubernetes:BinaryLogArchive", name, {}, opts);
    const children = new KubernetesChildren("backup-archive", name, args, { parent: this });
    const { secret, serviceAccountName } = podIdentity(children, args);
    const files = configuration(children, "program", {
      "archive.js": bundled(path.join(__dirname, "..", "..", "backup", "binlog", "main.ts")),
      "archive.json": JSON.stringify({ stack: args.stack, recipient: args.recipient }),
      ...readScripts(path.join(__dirname, "scripts"), ["look-archive.sh", "send-archive.sh"]),
      ...databaseAuthority(args),
    });
    const labels = { ...children.labels, ...args.database.clientLabels };
    const spec = { ...podSpec(args, files.name, secret), serviceAccountName };
    this.deployment = children.make("deployment", "", {
      metadata: children.metadata(""),
      spec: {
        replicas: 1,
        // Of two, each would send the same.
        strategy: { type: "Recreate" },
        selector: { matchLabels: children.labels },
        template: podTemplate(labels, ghostUser, files.hash(), spec, args.pod),
      },
    });
    backupPolicy(children, args, children.labels);
    this.nodes = children.nodes;
    this.registerOutputs({});
  }
}

function podSpec(
  args: BackupPodArgs,
  program: pulumi.Input<string>,
  secret: pulumi.Input<string>,
): k8s.types.input.core.v1.PodSpec {
  const { database, images } = args;
  const { archive } = database;
  if (!archive) {
    throw new Error("the database server has no user for the archive");
  }
  const shared = [
    { name: "work", mountPath: work },
    { name: "tmp", mountPath: "/tmp" },
    { name: "program", mountPath: backupPlaces.files, readOnly: true },
  ];
  // What cannot be sent is tried again all the time, so each try may fail soon.
  const carrying = carrier(args, "look", shared);
  return {
    terminationGracePeriodSeconds: 10,
    initContainers: [{ name: "look", ...carrying, command: ["sh", `${backupPlaces.files}/look-archive.sh`] }],
    containers: [
      {
        name: "archive",
        image: images.ghost,
        command: ["node", `${backupPlaces.files}/archive.js`],
        env: [
          { name: "ARCHIVE_HOST", value: database.host },
          { name: "ARCHIVE_USER", value: archive.user },
        ],
        securityContext: restrictedContainer,
        volumeMounts: [
          ...shared,
          authorityMount,
          { name: "signing-key", mountPath: backupPlaces.signingKey, readOnly: true },
          { name: "login", mountPath: backupPlaces.login, readOnly: true },
        ],
        resources: { requests: { cpu: "50m", memory: "96Mi" }, limits: { memory: "512Mi" } },
        readinessProbe: newerThan(`${work}/heard`, silentMinutes),
      },
      {
        name: "send",
        ...carrying,
        command: ["sh", `${backupPlaces.files}/send-archive.sh`],
        readinessProbe: newerThan(`${work}/sent`, unsentMinutes),
      },
    ],
    volumes: [
      // What was not sealed yet lies here in plain text, as it does on the server's own volume.
      { name: "work", emptyDir: {} },
      { name: "tmp", emptyDir: {} },
      programVolume(program),
      ...credentialVolumes(secret),
      {
        name: "login",
        secret: {
          secretName: archive.secret,
          items: [{ key: archive.key, path: "archive-password" }],
          defaultMode: 0o440,
        },
      },
    ],
  };
}

/** Ready while a file has changed in the last minutes: an archive that is behind is told like any pod that is not ready. */
function newerThan(file: string, minutes: number): k8s.types.input.core.v1.Probe {
  return execProbe(["sh", "-c", `[ -n "$(find ${file} -mmin -${minutes})" ]`], { period: 10 });
}
