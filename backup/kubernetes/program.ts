import { collect } from "../../render/collect";
import { kubernetesManifests, type Manifest } from "../../render/kubernetes";
import { volumePermissionsName } from "../../platforms/kubernetes/pods/volume-permissions";
import { existingClaimOf } from "../../platforms/kubernetes/storage/claim";
import { readPodScripts } from "../../platforms/kubernetes/pods/pod-scripts";
import { ownClaims, type OwnClaim } from "./kept";
import type { Container, PodSpec, PodVolume, Workload } from "./objects";
import type { KubernetesJob } from "./place";

/** How the stack, as its file says now, mounts a claim. */
export interface ClaimUse {
  own: OwnClaim;
  pod: PodSpec;
  /** The claim and what it needs, in the order to make them: the namespace, and the volume where that is given by hand. */
  manifests: Manifest[];
  /** Whether the claim is somebody else's, which is there or not, and made by nobody here. */
  existing: boolean;
}

/** What the stack is made of as its file says now, by the name of the claim. */
export async function claimUses({ config, stack }: KubernetesJob): Promise<Map<string, ClaimUse>> {
  return usesIn(kubernetesManifests((await collect(config, stack)).resources));
}

/** The claims on which a program keeps data, and how it mounts them. */
export function usesIn(manifests: readonly Manifest[]): Map<string, ClaimUse> {
  const claims = manifests.filter(({ kind }) => kind === "PersistentVolumeClaim");
  const workloads = manifests.filter(({ kind }) => kind === "Deployment" || kind === "StatefulSet");
  const own = (workloads as unknown as Workload[]).flatMap((workload) => {
    const first = workload.kind === "StatefulSet" ? `${workload.metadata.name}-0` : workload.metadata.name;
    return ownClaims(workload, first).map((one) => ({ own: one, pod: workload.spec.template.spec }));
  });
  const namespaces = manifests.filter(({ kind }) => kind === "Namespace");
  const existing = (workloads as unknown as Workload[]).flatMap((workload) => existingClaimOf(workload) ?? []);
  const ofOthers = own
    .filter(({ own: { claim } }) => existing.includes(claim))
    .map((use) => [use.own.claim, { ...use, manifests: namespaces, existing: true }] as const);
  return new Map<string, ClaimUse>([
    ...ofOthers,
    ...claims.flatMap((claim) => {
      const use = own.find(({ own: { claim: name } }) => name === claim.metadata.name);
      const { volumeName } = claim["spec"] as { volumeName?: string };
      const volumes = manifests.filter(
        ({ kind, metadata }) => kind === "PersistentVolume" && volumeName !== undefined && metadata.name === volumeName,
      );
      const needed = [...namespaces, ...volumes, claim];
      return use ? [[claim.metadata.name, { ...use, manifests: needed, existing: false }] as const] : [];
    }),
  ]);
}

/** What of a pod's specification decides where and as whom its containers run. */
const placing = [
  "affinity",
  "imagePullSecrets",
  "nodeSelector",
  "runtimeClassName",
  "schedulerName",
  "securityContext",
  "tolerations",
];

/**
 * The specification of a pod that works on a claim as the stack's own pod would: as the same user, with the same limits and places to write, and with
 * nothing of its secrets, configuration or network identity.
 *
 * @param data what stands in the place of the claim
 * @param image what runs in place of the app's; default: the same
 */
export function workingPod(
  { own, pod }: Pick<ClaimUse, "own" | "pod">,
  data: Omit<PodVolume, "name">,
  command: readonly string[],
  options: { image?: string; readOnly?: boolean } = {},
): PodSpec {
  const { container, target, volume } = own;
  const scratch = (pod.volumes ?? []).filter(
    ({ emptyDir, name }) => emptyDir !== undefined && isMounted(container, name),
  );
  const mount = { name: volume, mountPath: target, ...(options.readOnly ? { readOnly: true } : {}) };
  const mounts = (container.volumeMounts ?? []).filter(({ name }) => scratch.some((one) => one.name === name));
  const { resources, securityContext } = container;
  const permissions = pod.initContainers?.find(({ name }) => name === volumePermissionsName);
  return {
    ...Object.fromEntries(placing.flatMap((field) => (pod[field] === undefined ? [] : [[field, pod[field]]]))),
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    restartPolicy: "Never",
    terminationGracePeriodSeconds: 5,
    ...(permissions && data.persistentVolumeClaim && !options.readOnly
      ? { initContainers: [withOwnScript(permissions, volume)] }
      : {}),
    containers: [
      {
        name: workerName,
        image: options.image ?? container.image,
        command: [...command],
        ...(resources === undefined ? {} : { resources }),
        ...(securityContext === undefined ? {} : { securityContext }),
        volumeMounts: [mount, ...mounts],
      },
    ],
    volumes: [{ name: volume, ...data }, ...scratch],
  };
}

/** Name of the container that works. */
export const workerName = "backup";

function isMounted({ volumeMounts = [] }: Container, name: string): boolean {
  return volumeMounts.some((mount) => mount.name === name);
}

/** The init container that gives an empty volume to the app's user, with its script as an argument: the ConfigMap with it is not there yet. */
function withOwnScript(container: Container, volume: string): Container {
  const script = readPodScripts("volume-permissions.sh")["volume-permissions.sh"];
  const [, file = "", ...args] = container.command ?? [];
  return {
    ...container,
    command: ["sh", "-c", script, file, ...args],
    volumeMounts: (container.volumeMounts ?? []).filter(({ name }) => name === volume),
  };
}
