import * as path from "node:path";
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { authorityFile } from "../../config/mysql/server-options";
import type { KubernetesChildren, KubernetesComponentArgs } from "../../platforms/kubernetes/children";
import { networkPolicyArgs, toNames, toPods, toServer } from "../../platforms/kubernetes/network/network-policy";
import type { PodSettings } from "../../platforms/kubernetes/pods/pod";
import { restrictedContainer } from "../../platforms/kubernetes/pods/security";
import type { DumpedServer } from "../kept-claim";
import { clusterNetwork, type NetworkPolicyChoice } from "../network-policy";

/** What every pod of a cluster's own backups needs: whom it seals for, what it signs with, and where what it makes goes. */
export interface BackupPodArgs extends KubernetesComponentArgs, NetworkPolicyChoice {
  /** How commands call the stack: it is a folder of the store, and stands in what is signed. */
  stack: string;
  images: {
    /** Its Node.js seals and signs. */
    ghost: pulumi.Input<string>;
    /** Carries. */
    rclone: pulumi.Input<string>;
  };
  /** Whom backups are sealed for: `age1…`. */
  recipient: string;
  /** Ed25519, as PKCS #8 in PEM. */
  signingKey: pulumi.Input<string>;
  /** rclone's configuration, with the remote of `target`. */
  rclone: pulumi.Input<string>;
  /** Where to, as rclone has it: the folder of all stacks. */
  target: string;
  /** Where the store answers. Without a host: any server of the internet. */
  store: { host?: string; port: number };
  database: DumpedServer;
  /** Where its pod may run, and how it gets its images. */
  pod?: Pick<PodSettings, "imagePullSecrets" | "tolerations"> | undefined;
}

/** Where containers find what is theirs. */
export const backupPlaces = {
  files: "/etc/ghost-platform/backup",
  signingKey: "/run/secrets/backup",
  rclone: "/run/secrets/rclone",
  login: "/run/secrets/mysql",
} as const;

/** Makes who a pod is: a service account without rights, and a Secret with what it signs with and how it comes to the store. */
export function podIdentity(
  children: KubernetesChildren,
  { rclone, signingKey }: BackupPodArgs,
): { serviceAccountName: pulumi.Output<string>; secret: pulumi.Output<string> } {
  const account = children.make("serviceAccount", "", {
    metadata: children.metadata(""),
    automountServiceAccountToken: false,
  });
  const secret = children.make("secret", "credentials", {
    metadata: children.metadata("credentials"),
    stringData: { "signing-key": pulumi.secret(signingKey), "rclone.conf": pulumi.secret(rclone) },
  });
  return { serviceAccountName: account.metadata.name, secret: secret.metadata.name };
}

/** The volumes `signing-key` and `rclone` of that Secret: each container mounts the one that it needs. */
export function credentialVolumes(secret: pulumi.Input<string>): k8s.types.input.core.v1.Volume[] {
  const file = (name: string, key: string) => ({
    name,
    secret: { secretName: secret, items: [{ key, path: key }], defaultMode: 0o440 },
  });
  return [file("signing-key", "signing-key"), file("rclone", "rclone.conf")];
}

/** The root of the authority that the database server's certificate is from: a file beside the program. */
export function databaseAuthority({ database }: BackupPodArgs): Record<string, pulumi.Input<string>> {
  return { [path.posix.basename(authorityFile)]: database.authority };
}

/** How who asks the server gets that at the place that the server's own option files name. */
export const authorityMount: k8s.types.input.core.v1.VolumeMount = {
  name: "program",
  mountPath: authorityFile,
  subPath: path.posix.basename(authorityFile),
  readOnly: true,
};

/** The volume `program`, of ConfigMaps. */
export function programVolume(...configMaps: readonly pulumi.Input<string>[]): k8s.types.input.core.v1.Volume {
  return {
    name: "program",
    projected: { defaultMode: 0o555, sources: configMaps.map((name) => ({ configMap: { name } })) },
  };
}

/** How often rclone tries. Of a store that is away it says so within half a minute where it looks; where it sends, within two: a store may be started anew. */
const attempts = {
  look: { RCLONE_RETRIES: "1", RCLONE_LOW_LEVEL_RETRIES: "3" },
  send: { RCLONE_RETRIES: "2", RCLONE_LOW_LEVEL_RETRIES: "5" },
};

/**
 * A container that speaks to the store.
 *
 * @param work what it does with it
 * @param volumeMounts what it works on
 */
export function carrier(
  { images, stack, target }: BackupPodArgs,
  work: keyof typeof attempts,
  volumeMounts: k8s.types.input.core.v1.VolumeMount[],
): Omit<k8s.types.input.core.v1.Container, "name"> {
  return {
    image: images.rclone,
    securityContext: restrictedContainer,
    env: Object.entries({
      TARGET: target,
      STACK: stack,
      HOME: "/tmp",
      // As for the commands on a person's machine, see backup/store/remote/rclone.ts: nobody is asked, nothing waits for ever, no bucket is made of a
      // misspelt name, and what is to be sent is sent.
      RCLONE_CONFIG: `${backupPlaces.rclone}/rclone.conf`,
      RCLONE_ASK_PASSWORD: "false",
      RCLONE_CONTIMEOUT: "10s",
      RCLONE_TIMEOUT: "60s",
      RCLONE_S3_NO_CHECK_BUCKET: "true",
      RCLONE_USE_SERVER_MODTIME: "true",
      RCLONE_IGNORE_TIMES: "true",
      ...attempts[work],
    }).map(([name, value]) => ({ name, value })),
    volumeMounts: [...volumeMounts, { name: "rclone", mountPath: backupPlaces.rclone, readOnly: true }],
    resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } },
  };
}

/** A pod reaches the database, the store and the name service, and nobody reaches it. */
export function backupPolicy(
  children: KubernetesChildren,
  { database, networkPolicy, store }: BackupPodArgs,
  labels: Record<string, string>,
): void {
  if (networkPolicy === false) {
    return;
  }
  const { nameService } = clusterNetwork(networkPolicy);
  const policy = networkPolicyArgs(children.metadata(""), labels, {
    takes: [],
    opens: [
      ...toNames(nameService),
      toPods(database.port, [database.pods]),
      ...toServer(store.host ?? "any.host.invalid", [store.port]),
    ],
  });
  children.make("networkPolicy", "", policy);
}
