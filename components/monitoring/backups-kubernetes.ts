import * as path from "node:path";
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { backupRecordName, recordKey } from "../../platforms/kubernetes/backup-record";
import type { KubernetesChildren } from "../../platforms/kubernetes/children";
import { environmentOf } from "../../platforms/kubernetes/pods/environment";
import { containerResources } from "../../platforms/kubernetes/pods/pod";
import { restrictedContainer } from "../../platforms/kubernetes/pods/security";
import { readScripts } from "../../platforms/scripts";
import type { MonitoringArgs } from "./args-kubernetes";
import { figureNames } from "./backups";
import { fileMounts } from "./pods-kubernetes";
import { configDirectory, nobody, ports } from "./settings";

/*
 * What a cluster knows of backups its API alone tells: who makes them comes and goes, and has no right to write anywhere. So a small program beside
 * Prometheus may read two objects by their names, and turns them into figures.
 */

const program = "backup-figures.js";
/** Where the program finds who it is. */
const account = "/run/secrets/account";

/** What it reads at its start, by path. */
const files = Object.fromEntries(
  Object.entries(readScripts(path.join(__dirname, "scripts"), [program])).map(([name, text]) => [
    `${configDirectory}/${name}`,
    text,
  ]),
);

/** Makes who may read when backups were made, and nothing else. @returns the service account's name */
export function backupReader(
  children: KubernetesChildren,
  { backupCronJob }: Pick<MonitoringArgs, "backupCronJob">,
): pulumi.Output<string> {
  const metadata = children.metadata("");
  const reader = children.make("serviceAccount", "", { metadata, automountServiceAccountToken: false }).metadata.name;
  const mayGet = (apiGroup: string, kind: string, name: pulumi.Input<string>) => ({
    apiGroups: [apiGroup],
    resources: [kind],
    resourceNames: [name],
    verbs: ["get"],
  });
  const role = children.make("role", "", {
    metadata,
    rules: [
      mayGet("", "configmaps", backupRecordName),
      ...(backupCronJob === undefined ? [] : [mayGet("batch", "cronjobs", backupCronJob)]),
    ],
  });
  children.make("roleBinding", "", {
    metadata,
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
    subjects: [{ kind: "ServiceAccount", name: reader, namespace: metadata.namespace }],
  });
  return reader;
}

/**
 * The container that tells the figures; its files; and the volume with its token, which no other container mounts.
 *
 * @param asker who may ask: the container's own pod alone, or whoever reaches the pod
 */
export function backupTeller(
  { backupCronJob = "", images, namespace }: Pick<MonitoringArgs, "backupCronJob" | "images" | "namespace">,
  asker: "pod" | "everybody",
): {
  container: k8s.types.input.core.v1.Container;
  files: Record<string, string>;
  volume: k8s.types.input.core.v1.Volume;
} {
  return {
    container: {
      name: "backup-figures",
      image: images.ghost,
      command: ["node", `${configDirectory}/${program}`],
      env: environmentOf({
        ADDRESS: asker === "pod" ? "127.0.0.1" : "",
        PORT: String(ports.backups),
        API: "https://kubernetes.default.svc",
        ACCOUNT: account,
        NAMESPACE: namespace,
        RECORD: backupRecordName,
        RECORD_KEY: recordKey,
        CRON_JOB: backupCronJob,
        LAST_GOOD: figureNames.lastGood,
        HAS_FAILED: figureNames.hasFailed,
        LAST_VERIFIED: figureNames.lastVerified,
        NOT_VERIFIED: figureNames.hasNotBeenVerified,
      }),
      ...(asker === "pod" ? {} : { ports: [{ name: "backups", containerPort: ports.backups }] }),
      securityContext: { ...restrictedContainer, runAsUser: nobody },
      resources: containerResources({ cpu: "10m", memory: "48Mi" }, "96Mi"),
      // Whether it answers, Prometheus tells.
      volumeMounts: [...fileMounts(Object.keys(files)), { name: "account", mountPath: account, readOnly: true }],
    },
    files,
    volume: {
      name: "account",
      projected: {
        defaultMode: 0o440,
        sources: [
          { serviceAccountToken: { path: "token", expirationSeconds: 3600 } },
          { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        ],
      },
    },
  };
}
