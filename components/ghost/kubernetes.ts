import * as path from "node:path";
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ghostSettingSecretDirectory } from "../../config/container-paths";
import { defaults } from "../../config/defaults";
import { KubernetesChildren, type KubernetesComponentArgs } from "../../platforms/kubernetes/children";
import { dataClaim, ofWorkload, type ClaimSettings, type DataClaim } from "../../platforms/kubernetes/storage/claim";
import { environmentOf } from "../../platforms/kubernetes/pods/environment";
import { imagePullJob, namedAfterSpec } from "../../platforms/kubernetes/pods/image-pull";
import { waitForServices } from "../../platforms/kubernetes/pods/init-containers";
import { execHandler, lifecycleHooks } from "../../platforms/kubernetes/pods/lifecycle";
import type { OwnPodSpec } from "../../platforms/kubernetes/pods/further-parts";
import { containerResources, podTemplate, type PodSettings } from "../../platforms/kubernetes/pods/pod";
import { podScripts, readPodScripts, scriptMount } from "../../platforms/kubernetes/pods/pod-scripts";
import { execProbe, httpProbe, type ProbeTiming } from "../../platforms/kubernetes/pods/probes";
import { databasePasswordVolume, passwordVolume } from "../../platforms/kubernetes/files/password-volume";
import type { SecretReference } from "../../platforms/kubernetes/files/secret-reference";
import { secretVolume, type SecretValue } from "../../platforms/kubernetes/files/secret-volume";
import { restrictedContainer } from "../../platforms/kubernetes/pods/security";
import { serviceArgs } from "../../platforms/kubernetes/network/service";
import { volumePermissions, volumePermissionsName } from "../../platforms/kubernetes/pods/volume-permissions";
import { readScripts, scriptDirectory } from "../../platforms/scripts";
import type { DatabaseEndpoint, MailEndpoint } from "../endpoints";
import type { KeptClaim } from "../kept-claim";
import type { HealthRequest } from "../health-request";
import { clusterNetwork, networkPolicy, type NetworkPolicyChoice } from "../network-policy";
import { siteEgress } from "./network-policy";
import { publish, type FrontDoor } from "./front-door";
import { hang, healthCommand, healthRequests } from "./health";
import { ownerFiles, ownerPasswordFile } from "./owner";
import { logForwarder, type LogForwarder, type LogForwarderSettings } from "./log-forwarder";
import { ownerSecret } from "./secrets-kubernetes";
import {
  contentPath,
  databaseCa,
  ghostEnvironment,
  ghostPort,
  ghostUser,
  logPath,
  mailPasswordFile,
  passwordFile,
  type SiteSettings,
} from "./settings";

export interface GhostArgs extends KubernetesComponentArgs, NetworkPolicyChoice, SiteSettings, FrontDoor {
  /** Settings that are secrets, by name. */
  secretSettings?: Readonly<Record<string, SecretValue>>;
  images: {
    /** Ghost 6, the official image or one with the same layout. */
    ghost: pulumi.Input<string>;
    /** Runs the waiting init container and the log forwarder, if that has nowhere to send to. */
    busybox: pulumi.Input<string>;
  };
  /** The site's database; its password is mounted as a file. */
  database: DatabaseEndpoint<SecretReference>;
  /** Where Ghost's mail goes. Absent: nowhere. */
  mail?: MailEndpoint<SecretReference> | undefined;
  /** Memory limit as a quantity. Default `512Mi`, which carries four large image uploads at once. */
  memory?: string;
  /** What else is said of its pods: where they run, labels, pull secrets, processor time. */
  pod?: PodSettings | undefined;
  /** Size and class of the content volume, or a claim that is there. Default 10Gi of the cluster's default class. */
  storage?: ClaimSettings;
  /** The sidecar that prints Ghost's access log. Default: on, to its own log alone. */
  logForwarder?: LogForwarderSettings | undefined;
  /** PriorityClass of the pod; must exist. Default: the cluster's. */
  priorityClassName?: pulumi.Input<string> | undefined;
  /** Keep the content volume when the component is destroyed. Default true. */
  retainData?: boolean;
  /** Seconds until the deployment fails because a node does not get the images; the present pod runs on. Default 300. */
  imagePullSeconds?: number | undefined;
}

/**
 * One Ghost site: a Deployment of one pod, never two at once, with its content on a claim. Two init containers run first: `ghost-init`
 * waits for the database, `database-migrate` brings it to this Ghost's schema. So nothing here waits for the database component:
 * everything is created at once. The sidecar `log-forwarder` runs beside Ghost. The images are pulled before an earlier pod is stopped.
 * Objects carry the component's name.
 *
 * @throws UserError for a setting that the component sets itself
 */
export class Ghost extends pulumi.ComponentResource {
  readonly deployment: k8s.apps.v1.Deployment;
  readonly service: k8s.core.v1.Service;
  /** Of its content; undefined where that is on somebody else's. */
  readonly claim: k8s.core.v1.PersistentVolumeClaim | undefined;
  /** Every child, by kind and name. */
  readonly nodes: KubernetesChildren["nodes"];
  /** Address readers use. */
  readonly url: string;
  /** Name of the Service, port 80. */
  readonly serviceName: pulumi.Output<string>;
  /** Its content, to somebody who copies it. */
  readonly kept: KeptClaim;

  constructor(name: string, args: GhostArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ghost-platform:kubernetes:Ghost", name, {}, opts);
    const children = new KubernetesChildren("ghost", name, args, { parent: this });
    const forwarder = logForwarder(children.labels, args.images, args.logForwarder);
    const scripts = podScripts(children, { ...siteScripts(args), ...forwarder.scripts });
    const content = contentClaim(children, args);
    this.claim = content.made;
    const settings = secretVolume(children, "settings", args.secretSettings ?? {});
    const secrets = { owner: ownerSecret(children, args), settings };
    const pod = podSpec(args, scripts.volume, content.name, forwarder, secrets);
    const deployment = children.adjusted("deployment", "", deploymentArgs(children, args, pod, scripts.hash, content));
    const images = imagePull(children, args, deployment.args);
    this.deployment = children.register({
      ...deployment,
      options: pulumi.mergeOptions(deployment.options, { dependsOn: images }),
    });
    // A pod is unready also while its sidecar restarts, and there is no second pod to turn to: what Ghost answers itself, even an error,
    // says more than a refused connection.
    const service = serviceArgs(children.metadata(""), children.labels, { http: 80 }, { notReady: true });
    this.service = children.make("service", "", service);
    this.serviceName = this.service.metadata.name;
    publish(children, args, this.serviceName);
    const opens = siteEgress(args, clusterNetwork(args.networkPolicy));
    const takes = [{ port: ghostPort, ...(args.edge ? { pods: [args.edge.pods] } : {}) }];
    networkPolicy(children, args, { takes, opens });

    this.nodes = children.nodes;
    this.kept = {
      workload: children.objectName,
      claim: content.name,
      labels: children.labels,
      storage: args.storage ?? { size: defaults.ghost.storage },
      image: args.images.ghost,
      target: contentPath,
    };
    this.url = args.url;
    this.registerOutputs({ url: this.url, serviceName: this.serviceName });
  }
}

function siteScripts(args: GhostArgs): Record<string, pulumi.Input<string>> {
  const { database, storage } = args;
  const own = ["migrate.js", "session.js", "owner.js", "announce.sh", "one-at-a-time.sh", "healthy.sh"];
  return {
    ...readPodScripts("wait-for.sh", ...(storage?.volumePermissions ? (["volume-permissions.sh"] as const) : [])),
    ...readScripts(path.join(__dirname, "scripts"), own),
    ...databaseCa(database),
    ...ownerFiles(args),
  };
}

function contentClaim(
  children: KubernetesChildren,
  { retainData = true, storage = { size: defaults.ghost.storage } }: GhostArgs,
): DataClaim {
  return dataClaim(children, "content", storage, { retain: retainData });
}

function deploymentArgs(
  children: KubernetesChildren,
  { database, mail, pod: settings }: GhostArgs,
  pod: OwnPodSpec,
  hash: pulumi.Input<string>,
  content: DataClaim,
): k8s.apps.v1.DeploymentArgs {
  const { labels } = children;
  return {
    metadata: ofWorkload(children.metadata(""), content),
    spec: {
      replicas: 1,
      // Ghost supports one instance a site: the old pod goes before the new one comes.
      strategy: { type: "Recreate" },
      // A large database may migrate for long; the init containers tell how far they are.
      progressDeadlineSeconds: 1800,
      selector: { matchLabels: labels },
      template: podTemplate(
        { ...labels, ...database.clientLabels, ...mail?.clientLabels },
        ghostUser,
        hash,
        pod,
        settings,
      ),
    },
  };
}

/** Has the images of the pod pulled before it is replaced. */
function imagePull(
  children: KubernetesChildren,
  { imagePullSeconds: seconds = defaults.ghost.imagePullSeconds, namespace }: GhostArgs,
  deployment: k8s.apps.v1.DeploymentArgs,
): k8s.batch.v1.Job {
  const { labels, objectName: name } = children;
  const args = imagePullJob({ name, namespace, labels, user: ghostUser, deployment, seconds }, imagesOf);
  // The Job's own end comes first, and says more.
  const timeout = `${seconds + 60}s`;
  const job = children.adjusted("imagePull", "images", args, { customTimeouts: { create: timeout, update: timeout } });
  return children.register({ ...job, args: namedAfterSpec(job.args) });
}

/** Seconds from the pod's deletion until it is killed: the pause before the stop, Ghost's 20 s for requests in flight, and some. */
const gracePeriod = 30;
/** Until every node has taken the pod out of its Services, requests still come. */
const endpointRemoval = 5;

/** The containers whose images this component knows. */
const imagesOf = [volumePermissionsName, "ghost-init", "database-migrate", "log-forwarder", "ghost"];

function podSpec(
  args: GhostArgs,
  scripts: k8s.types.input.core.v1.Volume,
  claim: pulumi.Input<string>,
  forwarder: LogForwarder,
  { owner, settings }: { owner?: SecretReference | undefined; settings?: k8s.types.input.core.v1.Volume | undefined },
): OwnPodSpec {
  const { alive, serving } = healthRequests(args);
  const announce = `${scriptDirectory}/announce.sh`;
  const ghost = {
    image: args.images.ghost,
    securityContext: restrictedContainer,
    env: environmentOf({ ...boundedLogFiles, ...ghostEnvironment(args, args.database, args.mail) }),
    volumeMounts: [
      { name: "content", mountPath: contentPath },
      { name: "ghost-logs", mountPath: logPath },
      { name: "tmp", mountPath: "/tmp" },
      { name: databasePasswordVolume, mountPath: path.posix.dirname(passwordFile), readOnly: true },
      ...(args.mail?.login
        ? [{ name: "mail-password", mountPath: path.posix.dirname(mailPasswordFile), readOnly: true }]
        : []),
      ...(settings ? [{ name: settings.name, mountPath: ghostSettingSecretDirectory, readOnly: true }] : []),
      scriptMount,
    ],
  };
  const memory = args.memory ?? defaults.ghost.memory;
  return {
    ...(args.priorityClassName ? { priorityClassName: args.priorityClassName } : {}),
    terminationGracePeriodSeconds: gracePeriod,
    initContainers: [
      ...(args.storage?.volumePermissions
        ? [volumePermissions(args.images.busybox, ghostUser, { name: "content", mountPath: contentPath }, scriptMount)]
        : []),
      waitForServices("ghost-init", {
        image: args.images.busybox,
        services: [{ host: "$(DB_HOST)", port: "$(DB_PORT)" }],
        env: environmentOf({ DB_HOST: args.database.host, DB_PORT: String(args.database.port) }),
      }),
      {
        name: "database-migrate",
        ...ghost,
        command: ["node", `${scriptDirectory}/migrate.js`],
        // No other container has the owner's password.
        volumeMounts: [
          ...ghost.volumeMounts,
          ...(owner ? [{ name: "owner", mountPath: path.posix.dirname(ownerPasswordFile), readOnly: true }] : []),
        ],
        resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "512Mi" } },
      },
      ...forwarder.containers,
    ],
    containers: [
      {
        name: "ghost",
        ...ghost,
        // The volume is the site's: who holds its lock is the one Ghost that runs, whatever replaced its pod.
        command: ["sh", `${scriptDirectory}/one-at-a-time.sh`, `${contentPath}/.ghost-platform.lock`],
        // The image's own program, word for word: its entry point gives a new volume its themes before exactly this.
        args: ["docker-entrypoint.sh", "node", "current/index.js"],
        ports: [{ name: "http", containerPort: ghostPort }],
        resources: containerResources({ cpu: "100m", memory: "256Mi" }, memory, args.pod?.resources),
        // Boots in 2 to 3 s once the database is migrated; five minutes for a node under load. Asked each second: until the
        // first answer nobody is served.
        startupProbe: healthProbe(alive, { period: 1, failures: 300 }),
        // Fails while the database is away, and takes the pod out of the Service, nothing more.
        readinessProbe: healthProbe(serving, { period: 5, timeout: 10 }),
        // Answers with the database away, too: only a Ghost that hangs is restarted.
        livenessProbe: healthProbe(alive, hang),
        lifecycle: lifecycleHooks(
          {
            postStart: execHandler(["sh", announce, "starting"]),
            preStop: execHandler(["sh", announce, "stopping", String(endpointRemoval)]),
          },
          gracePeriod,
        ),
      },
    ],
    volumes: [
      { name: "content", persistentVolumeClaim: { claimName: claim } },
      // Ten times what the log files may take: a pod that goes beyond this limit is evicted.
      { name: "ghost-logs", emptyDir: { sizeLimit: "1Gi" } },
      ...forwarder.volumes,
      { name: "tmp", emptyDir: {} },
      scripts,
      passwordVolume(databasePasswordVolume, args.database.password, passwordFile, args.database.formerPasswords),
      ...(args.mail?.login ? [passwordVolume("mail-password", args.mail.login.password, mailPasswordFile)] : []),
      ...(owner ? [passwordVolume("owner", owner, ownerPasswordFile)] : []),
      ...(settings ? [settings] : []),
    ],
  };
}

/** Kubernetes takes 200 to 399 for well; what else is, a program in the container looks at. */
function healthProbe(request: HealthRequest, timing: ProbeTiming): k8s.types.input.core.v1.Probe {
  return request.statuses.every((status) => status >= 200 && status < 400)
    ? httpProbe({ ...request, port: ghostPort }, timing)
    : execProbe(healthCommand(request), timing);
}

/** The log files turn over each day and at 10 MB, and three old ones are kept: with the error log, which is turned over alike, below 100 MB. */
const boundedLogFiles = {
  logging__rotation__useLibrary: "true",
  logging__rotation__threshold: "10m",
};
