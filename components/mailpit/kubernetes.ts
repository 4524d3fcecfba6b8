import * as path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { contentHash } from "../../platforms/content-hash";
import { claimArgs, type ClaimSettings } from "../../platforms/kubernetes/claim";
import { environmentOf } from "../../platforms/kubernetes/environment";
import { ingressArgs, type IngressSettings } from "../../platforms/kubernetes/ingress";
import { appLabels } from "../../platforms/kubernetes/labels";
import { clientLabel, networkPolicyArgs } from "../../platforms/kubernetes/network-policy";
import { manualClass, manualVolumeSpec } from "../../platforms/kubernetes/persistent-volume";
import { podTemplate } from "../../platforms/kubernetes/pod";
import { podScripts, readPodScripts, scriptMount } from "../../platforms/kubernetes/pod-scripts";
import { httpProbe } from "../../platforms/kubernetes/probes";
import type { SecretReference } from "../../platforms/kubernetes/secret-reference";
import { restrictedContainer } from "../../platforms/kubernetes/security";
import { serviceArgs } from "../../platforms/kubernetes/service";
import { volumePermissions } from "../../platforms/kubernetes/volume-permissions";
import type { MailEndpoint } from "../endpoints";
import { networkPolicy, type NetworkPolicyArgument } from "../network-policy";
import { transformed, type Transform } from "../transform";
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
} from "./settings";

/** Where the mail is kept: a claim of the cluster's making, a directory of a node, or an NFS export. */
export type MailpitStorage = ClaimSettings | ManualStorage;
type ManualStorage = Pick<ClaimSettings, "size" | "volumePermissions"> &
  ({ hostPath: string } | { nfs: { server: string; path: string } });

export interface MailpitArgs {
  /** Namespace of every object. */
  namespace: pulumi.Input<string>;
  images: {
    /** Mailpit 1.30 or newer. */
    mailpit: string;
    /** Gives a volume that ignores fsGroup to Mailpit's user. */
    busybox: string;
  };
  /** Default: a claim of 1Gi. `volumePermissions` is true for a hostPath or NFS volume, unless it is given: they ignore fsGroup. */
  storage?: MailpitStorage;
  /** Messages kept; the oldest go first. Default 500. */
  maxMessages?: number;
  /** Memory limit as a quantity. Default `128Mi`; 21 MB are used idle. */
  memory?: string;
  /** Asks for a login before mail is shown or taken, with random passwords. Default true. */
  authentication?: boolean;
  /** Publishes the inbox over an Ingress on this host. Without `authentication` anyone who reaches it reads every mail. */
  ingress?: (IngressSettings & { host: string }) | undefined;
  /** See `NetworkPolicyArgument`. Default true. */
  networkPolicy?: NetworkPolicyArgument;
  /** Keep the mail when the component is destroyed. Default true. */
  retainData?: boolean;
  /** Adjusts a child resource before it is registered. */
  transform?: {
    deployment?: Transform<k8s.apps.v1.DeploymentArgs>;
    service?: Transform<k8s.core.v1.ServiceArgs>;
    claim?: Transform<k8s.core.v1.PersistentVolumeClaimArgs>;
    volume?: Transform<k8s.core.v1.PersistentVolumeArgs>;
    ingress?: Transform<k8s.networking.v1.IngressArgs>;
    networkPolicy?: Transform<k8s.networking.v1.NetworkPolicyArgs>;
  };
}

const mailDirectory = "/maildir";

/** An inbox that catches mail: SMTP on port 1025 of its Service, web page and API on 8025. Objects carry the component's name. */
export class Mailpit extends pulumi.ComponentResource {
  /** Where apps send their mail. */
  readonly smtp: MailEndpoint<SecretReference>;
  /** Name of the Service. */
  readonly serviceName: pulumi.Output<string>;
  /** How to sign in to the inbox; absent where no login is asked for. The Secret `<name>-inbox` has it, too. */
  readonly login?: InboxLogin;

  constructor(name: string, args: MailpitArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ghost-platform:kubernetes:Mailpit", name, {}, opts);
    const child = { parent: this };
    const labels = appLabels("mailpit", name);
    const metadata = { name, namespace: args.namespace, labels };
    const storage = args.storage ?? { size: "1Gi" };
    const kept = { ...child, retainOnDelete: args.retainData ?? true };

    const claim = isManual(storage)
      ? manualClaim(name, args, storage, labels, kept)
      : new k8s.core.v1.PersistentVolumeClaim(
          ...transformed(
            args.transform?.claim,
            `${name}-mail`,
            claimArgs({ ...metadata, name: `${name}-mail` }, storage),
            kept,
          ),
        );
    const passwords = (args.authentication ?? true) ? mailpitPasswords(name, child) : undefined;
    const secret = (user: string, username: string, password: pulumi.Output<string>) =>
      new k8s.core.v1.Secret(
        `${name}-${user}`,
        {
          metadata: { ...metadata, name: `${name}-${user}` },
          stringData: { username, password, [loginKey]: password.apply((word) => loginFile(username, word)) },
        },
        child,
      ).metadata.name;
    const secrets = passwords && {
      inbox: secret("inbox", inboxUser, passwords.inbox),
      sender: secret("sender", senderUser, passwords.sender),
    };
    const environment = mailpitEnvironment(mailDirectory, args.maxMessages ?? 500, {
      readers: secrets !== undefined,
      senders: secrets !== undefined,
    });
    if ("nfs" in storage) {
      // SQLite's write-ahead log needs shared memory, which NFS does not give.
      environment["MP_DISABLE_WAL"] = "true";
    }
    const scripts =
      (storage.volumePermissions ?? isManual(storage))
        ? podScripts(metadata, readPodScripts("volume-permissions.sh"), child)
        : undefined;
    new k8s.apps.v1.Deployment(
      ...transformed(
        args.transform?.deployment,
        name,
        {
          metadata,
          spec: {
            replicas: 1,
            // One database file, one writer.
            strategy: { type: "Recreate" },
            selector: { matchLabels: labels },
            template: podTemplate(
              labels,
              mailpitUser,
              contentHash(JSON.stringify(environment), ...(scripts ? [scripts.hash] : [])),
              podSpec(args, environment, claim.metadata.name, scripts?.volume, secrets),
            ),
          },
        },
        { ...child },
      ),
    );
    const service = new k8s.core.v1.Service(
      ...transformed(args.transform?.service, name, serviceArgs(metadata, labels, { smtp: smtpPort, http: webPort }), {
        ...child,
      }),
    );
    if (args.ingress) {
      const { host, ...settings } = args.ingress;
      const route = { host, path: "/", service: service.metadata.name, port: webPort };
      new k8s.networking.v1.Ingress(
        ...transformed(args.transform?.ingress, name, ingressArgs(metadata, settings, route), { ...child }),
      );
    }
    const clients = clientLabel(name);
    // An app that sends mail does not read that of others.
    const senders = { [`ghost-platform/${name}-sender`]: "true" };
    const policy = networkPolicyArgs(metadata, labels, {
      takes: [
        { port: smtpPort, pods: [senders, clients] },
        // A controller of Ingresses runs anywhere; a port-forward comes from the node.
        { port: webPort, ...(args.ingress ? {} : { pods: [clients] }) },
      ],
      opens: [],
    });
    networkPolicy(name, args, policy, child);

    this.smtp = {
      host: pulumi.interpolate`${service.metadata.name}.${args.namespace}.svc.cluster.local`,
      port: smtpPort,
      clientLabels: senders,
      ...(secrets ? { login: { username: senderUser, password: { name: secrets.sender, key: "password" } } } : {}),
    };
    if (passwords) {
      this.login = { username: inboxUser, password: passwords.inbox };
    }
    this.serviceName = service.metadata.name;
    this.registerOutputs({ serviceName: this.serviceName });
  }
}

/** Key of a login's Secret that holds it as Mailpit reads it. */
const loginKey = "htpasswd";

function isManual(storage: MailpitStorage): storage is ManualStorage {
  return "hostPath" in storage || "nfs" in storage;
}

/** A volume given by hand and the claim bound to it. Volumes have no namespace, so the volume's name carries it. */
function manualClaim(
  name: string,
  args: MailpitArgs,
  storage: ManualStorage,
  labels: Record<string, string>,
  options: pulumi.CustomResourceOptions,
): k8s.core.v1.PersistentVolumeClaim {
  const volume = new k8s.core.v1.PersistentVolume(
    ...transformed(
      args.transform?.volume,
      `${name}-mail`,
      {
        metadata: { name: pulumi.interpolate`${args.namespace}-${name}-mail`, labels },
        spec: manualVolumeSpec(storage.size, storage),
      },
      { ...options },
    ),
  );
  return new k8s.core.v1.PersistentVolumeClaim(
    ...transformed(
      args.transform?.claim,
      `${name}-mail`,
      claimArgs(
        { name: `${name}-mail`, namespace: args.namespace, labels },
        { size: storage.size, storageClass: manualClass },
        volume.metadata.name,
      ),
      { ...options },
    ),
  );
}

function podSpec(
  args: MailpitArgs,
  environment: Record<string, string>,
  claim: pulumi.Input<string>,
  scripts: k8s.types.input.core.v1.Volume | undefined,
  secrets: Record<"inbox" | "sender", pulumi.Input<string>> | undefined,
): k8s.types.input.core.v1.PodSpec {
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
        resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: args.memory ?? "128Mi" } },
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

function loginVolume({
  inbox,
  sender,
}: Record<"inbox" | "sender", pulumi.Input<string>>): k8s.types.input.core.v1.Volume {
  const source = (name: pulumi.Input<string>, file: string) => ({
    secret: { name, items: [{ key: loginKey, path: path.posix.basename(file) }] },
  });
  return {
    name: "logins",
    projected: { defaultMode: 0o440, sources: [source(inbox, inboxLoginFile), source(sender, senderLoginFile)] },
  };
}
