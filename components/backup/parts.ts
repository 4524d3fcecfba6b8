import * as path from "node:path";
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { authorityFile } from "../../config/mysql/server-options";
import type { KubernetesChildren, KubernetesComponentArgs } from "../../platforms/kubernetes/children";
import {
  networkPolicyArgs,
  toNames,
  toPods,
  toServer,
  type Connections,
} from "../../platforms/kubernetes/network/network-policy";
import type { PodPlacement } from "../../platforms/kubernetes/pods/pod";
import { restrictedContainer } from "../../platforms/kubernetes/pods/security";
import type { DumpedServer } from "../kept-claim";
import { clusterNetwork, type NetworkPolicyChoice } from "../network-policy";
import { backupPlaces, carrierEnvironment, carrierMemory, type CarrierWork, type SealingArgs } from "./sealing";

/** What every pod of a cluster's own backups needs: whom it seals for, what it signs with, and where what it makes goes. */
export interface BackupPodArgs extends KubernetesComponentArgs, NetworkPolicyChoice, SealingArgs {
  /** Where the store answers. Without a host: any server of the internet. */
  store: { host?: string; port: number };
  database: DumpedServer;
  /** Where its pod may run, and how it gets its images. */
  pod?: Pick<PodPlacement, "imagePullSecrets" | "tolerations"> | undefined;
}

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

/**
 * A container that speaks to the store.
 *
 * @param work what it does with it
 * @param volumeMounts what it works on
 * @param more variables of its own
 */
export function carrier(
  args: BackupPodArgs,
  work: CarrierWork,
  volumeMounts: k8s.types.input.core.v1.VolumeMount[],
  more: Readonly<Record<string, string>> = {},
): Omit<k8s.types.input.core.v1.Container, "name"> {
  return {
    image: args.images.rclone,
    securityContext: restrictedContainer,
    env: Object.entries({ ...carrierEnvironment(args, work), ...more }).map(([name, value]) => ({ name, value })),
    volumeMounts: [...volumeMounts, { name: "rclone", mountPath: backupPlaces.rclone, readOnly: true }],
    resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: carrierMemory } },
  };
}

/**
 * A pod reaches the database, the store and the name service.
 *
 * @param takes who reaches it. Default: nobody
 */
export function backupPolicy(
  children: KubernetesChildren,
  { database, networkPolicy, store }: BackupPodArgs,
  labels: Record<string, string>,
  takes: Connections["takes"] = [],
): void {
  if (networkPolicy === false) {
    return;
  }
  const { nameService } = clusterNetwork(networkPolicy);
  const policy = networkPolicyArgs(children.metadata(""), labels, {
    takes,
    opens: [
      ...toNames(nameService),
      toPods(database.port, [database.pods]),
      ...toServer(store.host ?? "any.host.invalid", [store.port]),
    ],
  });
  children.make("networkPolicy", "", policy);
}
