import * as path from "node:path";
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { defaults } from "../../config/defaults";
import { contentHash } from "../../platforms/content-hash";
import { mapped } from "../../platforms/later";
import { KubernetesChildren, type KubernetesComponentArgs } from "../../platforms/kubernetes/children";
import { clusterLabels } from "../../platforms/kubernetes/labels";
import {
  dataClaim,
  ofWorkload,
  type ClaimSettings,
  type DataClaim,
  type NewClaim,
} from "../../platforms/kubernetes/storage/claim";
import { environmentOf } from "../../platforms/kubernetes/pods/environment";
import { publishPage, type PublishedPage } from "../../platforms/kubernetes/network/publish";
import { clientLabel, type Connections } from "../../platforms/kubernetes/network/network-policy";
import { manualClass, manualVolumeSpec } from "../../platforms/kubernetes/storage/persistent-volume";
import type { OwnPodSpec } from "../../platforms/kubernetes/pods/further-parts";
import { containerResources, podTemplate, type PodSettings } from "../../platforms/kubernetes/pods/pod";
import { podScripts, readPodScripts, scriptMount } from "../../platforms/kubernetes/pods/pod-scripts";
import { httpProbe } from "../../platforms/kubernetes/pods/probes";
import type { SecretReference } from "../../platforms/kubernetes/files/secret-reference";
import { restrictedContainer } from "../../platforms/kubernetes/pods/security";
import { serviceArgs } from "../../platforms/kubernetes/network/service";
import { volumePermissions } from "../../platforms/kubernetes/pods/volume-permissions";
import type { MailEndpoint } from "../endpoints";
import type { KeptClaim } from "../kept-claim";
import { networkPolicy, type NetworkPolicyChoice } from "../network-policy";
import {
  inboxLoginFile,
  inboxUser,
  loginDirectory,
  loginFile,
  mailpitEnvironment,
  mailpitPasswords,
  mailpitUser,
  senderLoginFile,
  senderUser,
  smtpPort,
  webPort,
  type InboxLogin,
  type MailpitPasswords,
} from "./settings";

/** Where the mail is kept: a claim of the cluster's making or one that is there, a directory of a node, or an NFS export. */
export type MailpitStorage = ClaimSettings | ManualStorage;
type ManualStorage = Omit<NewClaim, "storageClass"> &
  ({ hostPath: string } | { nfs: { server: string; path: string } });

export interface MailpitArgs extends KubernetesComponentArgs, NetworkPolicyChoice {
  images: {
    /** Mailpit 1.30 or newer. */
    mailpit: pulumi.Input<string>;
    /** Gives a volume that ignores fsGroup to Mailpit's user. */
    busybox: pulumi.Input<string>;
  };
  /** Default: a claim of 1Gi. `volumePermissions` is true for a hostPath or NFS volume, unless it is given: they ignore fsGroup. */
  storage?: MailpitStorage;
  /** What else is said of its pods: where they run, labels, pull secrets, processor time. */
  pod?: PodSettings | undefined;
  /** Messages kept; the oldest go first. Default 500. */
  maxMessages?: number;
  /** Memory limit as a quantity. Default `128Mi`; 21 MB are used idle. */
  memory?: string;
  /** Asks for a login before mail is shown or taken, with random passwords. Default true. */
  authentication?: boolean;
  /**
   * A Secret that is there, with who reads the mail in one of its keys, as htpasswd has it: a user, a colon and a password a line. Default: the user `inbox`
   * with a random password.
   */
  existingSecret?: SecretReference | undefined;
  /** Takes mail from whoever it lets in, whether or not readers sign in: for an app that sends no password without TLS. Default false. */
  openToSenders?: boolean;
  /** Publishes the inbox on a host. Without `authentication` anyone who reaches it reads every mail. Absent: the Service only. */
  published?: PublishedPage | undefined;
  /** Keep the mail when the component is destroyed. Default true. */
  retainData?: boolean;
}

const mailDirectory = "/maildir";

/** An inbox that catches mail: SMTP on port 1025 of its Service, web page and API on 8025. Objects carry the component's name. */
export class Mailpit extends pulumi.ComponentResource {
  readonly deployment: k8s.apps.v1.Deployment;
  readonly service: k8s.core.v1.Service;
  /** Of its mail; undefined where that is on somebody else's. */
  readonly claim: k8s.core.v1.PersistentVolumeClaim | undefined;
  /** Every child, by kind and name. */
  readonly nodes: KubernetesChildren["nodes"];
  /** Where apps send their mail. */
  readonly smtp: MailEndpoint<SecretReference>;
  /** Name of the Service. */
  readonly serviceName: pulumi.Output<string>;
  /** Labels with which a pod reaches its page and API. */
  readonly clientLabels: Record<string, string>;
  /** Its mail, to somebody who copies it. */
  readonly kept: KeptClaim;
  /** How to sign in to the inbox; absent where no login is asked for, or where it is in a Secret that is there. Else the Secret `<name>-inbox` has it, too. */
  readonly login?: InboxLogin;

  constructor(name: string, args: MailpitArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ghost-platform:kubernetes:Mailpit", name, {}, opts);
    const children = new KubernetesChildren("mailpit", name, args, { parent: this });
    const storage = args.storage ?? { size: defaults.mailpit.storage };
    const mail = mailClaim(children, storage, args);
    this.claim = mail.made;
    const passwords = (args.authentication ?? defaults.mailpit.authentication) ? mailpitPasswords(children) : undefined;
    const secrets = passwords && loginSecrets(children, passwords, args);
    this.deployment = children.make("deployment", "", deploymentArgs(children, args, storage, mail, secrets));
    const ports = { smtp: smtpPort, http: webPort };
    this.service = children.make("service", "", serviceArgs(children.metadata(""), children.labels, ports));
    this.serviceName = this.service.metadata.name;
    if (args.published) {
      publishPage(children, args.published, { role: "", service: this.serviceName, port: webPort });
    }
    networkPolicy(children, args, connections(children, args));

    this.nodes = children.nodes;
    this.clientLabels = clientLabel(children.objectName);
    this.kept = {
      workload: children.objectName,
      claim: mail.name,
      labels: children.labels,
      storage: isManual(storage) ? { ...storage, storageClass: manualClass } : storage,
      image: args.images.mailpit,
      target: mailDirectory,
    };
    this.smtp = {
      host: pulumi.interpolate`${this.serviceName}.${args.namespace}.svc.cluster.local`,
      port: smtpPort,
      clientLabels: senders(children),
      ...(secrets?.sender
        ? { login: { username: senderUser, password: { name: secrets.sender, key: "password" } } }
        : {}),
    };
    if (passwords && !args.existingSecret) {
      this.login = { username: inboxUser, password: passwords.inbox };
    }
    this.registerOutputs({ serviceName: this.serviceName });
  }
}

/** The Secrets with a login: of who reads, and the name of that of who hands over, where that takes one. */
interface LoginSecrets {
  inbox: SecretReference;
  sender?: pulumi.Output<string>;
}

function loginSecrets(
  children: KubernetesChildren,
  passwords: MailpitPasswords,
  { existingSecret, openToSenders = false }: Pick<MailpitArgs, "existingSecret" | "openToSenders">,
): LoginSecrets {
  const secret = (user: "inbox" | "sender", username: string) => {
    const password = passwords[user];
    const stringData = { username, password, [loginKey]: password.apply((word) => loginFile(username, word)) };
    return children.make("secret", user, { metadata: children.metadata(user), stringData }).metadata.name;
  };
  return {
    inbox: existingSecret ?? { name: secret("inbox", inboxUser), key: loginKey },
    ...(openToSenders ? {} : { sender: secret("sender", senderUser) }),
  };
}

function deploymentArgs(
  children: KubernetesChildren,
  args: MailpitArgs,
  storage: MailpitStorage,
  claim: DataClaim,
  secrets: LoginSecrets | undefined,
): k8s.apps.v1.DeploymentArgs {
  const { labels } = children;
  const asks = { readers: secrets !== undefined, senders: secrets?.sender !== undefined };
  const environment = mailpitEnvironment(mailDirectory, args.maxMessages ?? defaults.mailpit.maxMessages, asks);
  if ("nfs" in storage) {
    // SQLite's write-ahead log needs shared memory, which NFS does not give.
    environment["MP_DISABLE_WAL"] = "true";
  }
  const scripts =
    (storage.volumePermissions ?? isManual(storage))
      ? podScripts(children, readPodScripts("volume-permissions.sh"))
      : undefined;
  const hash = mapped(scripts?.hash, "", (version) =>
    contentHash(JSON.stringify(environment), ...(version === "" ? [] : [version])),
  );
  const pod = podSpec(args, environment, claim.name, scripts?.volume, secrets);
  return {
    metadata: ofWorkload(children.metadata(""), claim),
    spec: {
      replicas: 1,
      // One database file, one writer.
      strategy: { type: "Recreate" },
      selector: { matchLabels: labels },
      template: podTemplate(labels, mailpitUser, hash, pod, args.pod),
    },
  };
}

/** Labels of pods that may hand mail over. An app that sends mail does not read that of others. */
function senders({ objectName }: KubernetesChildren): Record<string, string> {
  return { [`ghost-platform/${objectName}-sender`]: "true" };
}

function connections(children: KubernetesChildren, { published }: MailpitArgs): Connections {
  const clients = clientLabel(children.objectName);
  return {
    takes: [
      { port: smtpPort, pods: [senders(children), clients] },
      // Who publishes it runs anywhere; a port-forward comes from the node.
      { port: webPort, ...(published ? {} : { pods: [clients] }) },
    ],
    opens: [],
  };
}

/** Key of a login's Secret that holds it as Mailpit reads it. */
const loginKey = "htpasswd";

function isManual(storage: MailpitStorage): storage is ManualStorage {
  return "hostPath" in storage || "nfs" in storage;
}

/** The claim of the mail; for a volume given by hand with that volume, whose name carries the namespace: volumes have none. */
function mailClaim(
  children: KubernetesChildren,
  storage: MailpitStorage,
  { namespace, retainData = true }: MailpitArgs,
): DataClaim {
  if (!isManual(storage)) {
    return dataClaim(children, "mail", storage, { retain: retainData });
  }
  const metadata = children.metadata("mail");
  const volume = children.make(
    "volume",
    "mail",
    {
      metadata: {
        name: pulumi.interpolate`${namespace}-${metadata.name}`,
        labels: { ...metadata.labels, ...clusterLabels(namespace) },
      },
      spec: manualVolumeSpec(storage, storage),
    },
    { retainOnDelete: retainData },
  );
  const onVolume = { ...storage, storageClass: manualClass };
  return dataClaim(children, "mail", onVolume, { retain: retainData, volumeName: volume.metadata.name });
}

function podSpec(
  args: MailpitArgs,
  environment: Record<string, string>,
  claim: pulumi.Input<string>,
  scripts: k8s.types.input.core.v1.Volume | undefined,
  secrets: LoginSecrets | undefined,
): OwnPodSpec {
  const mail = { name: "mail", mountPath: mailDirectory };
  return {
    terminationGracePeriodSeconds: 15,
    ...(scripts ? { initContainers: [volumePermissions(args.images.busybox, mailpitUser, mail, scriptMount)] } : {}),
    containers: [
      {
        name: "mailpit",
        image: args.images.mailpit,
        securityContext: restrictedContainer,
        env: environmentOf(environment),
        ports: [
          { name: "smtp", containerPort: smtpPort },
          { name: "http", containerPort: webPort },
        ],
        resources: containerResources(
          { cpu: "20m", memory: "64Mi" },
          args.memory ?? defaults.mailpit.memory,
          args.pod?.resources,
        ),
        volumeMounts: [
          mail,
          { name: "tmp", mountPath: "/tmp" },
          ...(secrets ? [{ name: "logins", mountPath: loginDirectory, readOnly: true }] : []),
        ],
        readinessProbe: httpProbe({ path: "/readyz", port: webPort }, { period: 5 }),
        livenessProbe: httpProbe({ path: "/livez", port: webPort }, { period: 20, failures: 6 }),
      },
    ],
    volumes: [
      { name: "mail", persistentVolumeClaim: { claimName: claim } },
      { name: "tmp", emptyDir: {} },
      ...(secrets ? [loginVolume(secrets)] : []),
      ...(scripts ? [scripts] : []),
    ],
  };
}

function loginVolume({ inbox, sender }: LoginSecrets): k8s.types.input.core.v1.Volume {
  const source = ({ key, name }: SecretReference, file: string) => ({
    secret: { name, items: [{ key, path: path.posix.basename(file) }] },
  });
  return {
    name: "logins",
    projected: {
      defaultMode: 0o440,
      sources: [
        source(inbox, inboxLoginFile),
        ...(sender ? [source({ name: sender, key: loginKey }, senderLoginFile)] : []),
      ],
    },
  };
}
