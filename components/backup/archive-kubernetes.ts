import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { KubernetesChildren } from "../../platforms/kubernetes/children";
import { configuration } from "../../platforms/kubernetes/files/configuration";
import { clientLabel } from "../../platforms/kubernetes/network/network-policy";
import { serviceArgs } from "../../platforms/kubernetes/network/service";
import type { OwnPodSpec } from "../../platforms/kubernetes/pods/further-parts";
import { podTemplate } from "../../platforms/kubernetes/pods/pod";
import { environmentOf } from "../../platforms/kubernetes/pods/environment";
import { execProbe } from "../../platforms/kubernetes/pods/probes";
import { restrictedContainer } from "../../platforms/kubernetes/pods/security";
import type { FiguresEndpoint } from "../endpoints";
import { ghostUser } from "../ghost/settings";
import { archiveFiguresPort } from "../archive-figures";
import {
  archiveFiles,
  archiveMemory,
  figuresTold,
  followedServer,
  isHeard,
  isSent,
  passwordFile,
  sharedFolder,
} from "./binary-log-archive";
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

export interface BinaryLogArchiveArgs extends BackupPodArgs {
  /** Who asks for figures beside pods with the endpoint's labels: those of this namespace, or nobody. Absent: nobody is told. */
  metrics?: { namespace?: string | undefined } | undefined;
}

/** Name of the port where figures are told. */
const figuresPort = "figures";

/** Folder that the containers share. */
const work = "/archive";

/**
 * A Deployment that archives what the database server commits: a container follows its binary log, seals and signs it piece by piece, and another one takes
 * the pieces to the store. It may write them and cannot read them, as the CronJob that makes full backups.
 */
export class BinaryLogArchive extends pulumi.ComponentResource {
  readonly deployment: k8s.apps.v1.Deployment;
  /** Every child, by kind and name. */
  readonly nodes: KubernetesChildren["nodes"];
  /** Where it tells figures; absent where it does not. */
  readonly figures?: FiguresEndpoint;

  constructor(name: string, args: BinaryLogArchiveArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ghost-platform:kubernetes:BinaryLogArchive", name, {}, opts);
    const children = new KubernetesChildren("backup-archive", name, args, { parent: this });
    const { secret, serviceAccountName } = podIdentity(children, args);
    const files = configuration(children, "program", { ...archiveFiles(args), ...databaseAuthority(args) });
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
    const askers = args.metrics && [
      { port: archiveFiguresPort, pods: [clientLabel(children.objectName)] },
      ...(args.metrics.namespace === undefined
        ? []
        : [{ port: archiveFiguresPort, namespace: args.metrics.namespace }]),
    ];
    backupPolicy(children, args, children.labels, askers);
    if (args.metrics) {
      const metadata = children.metadata("");
      const ports = { [figuresPort]: archiveFiguresPort };
      // One that is behind is not ready, and then there is most to tell.
      children.make("service", "", serviceArgs(metadata, children.labels, ports, { notReady: true }));
      this.figures = {
        ...{ host: children.objectName, port: archiveFiguresPort, clientLabels: clientLabel(children.objectName) },
        service: { labels: children.labels, port: figuresPort },
      };
    }
    this.nodes = children.nodes;
    this.registerOutputs({});
  }
}

function podSpec(args: BinaryLogArchiveArgs, program: pulumi.Input<string>, secret: pulumi.Input<string>): OwnPodSpec {
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
  const carrying = carrier(args, "look", shared, sharedFolder(work));
  return {
    terminationGracePeriodSeconds: 10,
    initContainers: [{ name: "look", ...carrying, command: ["sh", `${backupPlaces.files}/look-archive.sh`] }],
    containers: [
      {
        name: "archive",
        image: images.ghost,
        command: ["node", `${backupPlaces.files}/archive.js`],
        env: environmentOf({
          ...followedServer(database.host, archive.user),
          ...sharedFolder(work),
          ...figuresTold(args.metrics !== undefined),
        }),
        ...(args.metrics ? { ports: [{ name: figuresPort, containerPort: archiveFiguresPort }] } : {}),
        securityContext: restrictedContainer,
        volumeMounts: [
          ...shared,
          authorityMount,
          { name: "signing-key", mountPath: backupPlaces.signingKey, readOnly: true },
          { name: "login", mountPath: backupPlaces.login, readOnly: true },
        ],
        resources: { requests: { cpu: "50m", memory: "96Mi" }, limits: { memory: archiveMemory } },
        readinessProbe: told(isHeard(work)),
      },
      {
        name: "send",
        ...carrying,
        command: ["sh", `${backupPlaces.files}/send-archive.sh`],
        readinessProbe: told(isSent(work)),
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
          items: [{ key: archive.key, path: passwordFile }],
          defaultMode: 0o440,
        },
      },
    ],
  };
}

/** An archive that is behind is told like any pod that is not ready. */
function told(command: string[]): k8s.types.input.core.v1.Probe {
  return execProbe(command, { period: 10 });
}
