import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { cpuToMillis, quantityToBytes } from "../../../config/values/quantity";
import { furtherAnnotations, withFurtherParts, type FurtherParts, type OwnPodSpec } from "./further-parts";
import { restrictedPod } from "./security";

type PodSpec = types.input.core.v1.PodSpec;
type PodTemplateSpec = types.input.core.v1.PodTemplateSpec;

/** What a person says of the pods of an app, beside what the app says itself: where they run, and what they are called. */
export interface PodPlacement extends Partial<
  Pick<PodSpec, "affinity" | "nodeSelector" | "serviceAccountName" | "tolerations">
> {
  labels?: Record<string, string> | undefined;
  annotations?: Record<string, string> | undefined;
  /** A constraint without `labelSelector` counts the app's own pods. */
  topologySpreadConstraints?: types.input.core.v1.TopologySpreadConstraint[] | undefined;
  /** Names of Secrets. */
  imagePullSecrets?: string[] | undefined;
  /** Of the app's own container. */
  resources?: ResourceSettings | undefined;
}

/** The same, and what is added to the app's own pod. */
export interface PodSettings extends PodPlacement, FurtherParts {}

export interface ResourceSettings {
  requests?: { cpu?: string | undefined; memory?: string | undefined } | undefined;
  limits?: { cpu?: string | undefined } | undefined;
}

/**
 * The template every pod of this project is made from: one user without privileges, no access to the cluster's API, no variables of
 * neighbouring Services (images read names such as MYSQL_PORT), and a restart when its configuration changes.
 *
 * @param configurationHash `contentHash` of everything the pod mounts and reads at its start
 * @param settings what a person says beside that
 */
export function podTemplate(
  labels: Record<string, string>,
  user: number,
  configurationHash: pulumi.Input<string>,
  spec: Omit<OwnPodSpec, "securityContext">,
  settings: PodSettings = {},
): PodTemplateSpec {
  return {
    metadata: {
      labels: { ...settings.labels, ...labels },
      annotations: {
        ...settings.annotations,
        ...furtherAnnotations(settings),
        "ghost-platform/configuration": configurationHash,
      },
    },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: restrictedPod(user),
      ...withFurtherParts(spec, settings),
      ...placed(labels, settings),
    },
  };
}

/** A node that is lost costs one pod, where there are nodes enough. */
export const onSeveralNodes: types.input.core.v1.TopologySpreadConstraint = {
  maxSkew: 1,
  topologyKey: "kubernetes.io/hostname",
  whenUnsatisfiable: "ScheduleAnyway",
};

/** What is said of an app's pods, for those of a helper beside it: nothing that is of the app's own pod alone. */
export function forHelpers({
  containers: _containers,
  initContainers: _initContainers,
  resources: _resources,
  volumeMounts: _volumeMounts,
  volumes: _volumes,
  ...settings
}: PodSettings = {}): PodPlacement {
  return settings;
}

/** What decides where a pod runs, and whether it gets its images. */
function placed(labels: Record<string, string>, settings: PodPlacement): Partial<PodSpec> {
  const { affinity, imagePullSecrets, nodeSelector, serviceAccountName, tolerations } = settings;
  const spread = settings.topologySpreadConstraints?.map((constraint) => ({
    labelSelector: { matchLabels: appOf(labels) },
    ...constraint,
  }));
  return {
    ...(affinity ? { affinity } : {}),
    ...(nodeSelector ? { nodeSelector } : {}),
    ...(serviceAccountName === undefined ? {} : { serviceAccountName }),
    ...(tolerations ? { tolerations } : {}),
    ...(spread ? { topologySpreadConstraints: spread } : {}),
    ...(imagePullSecrets ? { imagePullSecrets: imagePullSecrets.map((name) => ({ name })) } : {}),
  };
}

/** The labels that tell the pods of an app from all others. */
function appOf(labels: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([label]) => /\/(name|instance)$/.test(label)));
}

/**
 * What an app's own container asks for and gets at most. A limit below what the app would ask for lowers that: Kubernetes refuses more.
 *
 * @param usual what the app asks for where nobody says otherwise
 * @param memory its limit
 */
export function containerResources(
  usual: { cpu: string; memory: string },
  memory: string,
  { limits, requests }: ResourceSettings = {},
): types.input.core.v1.ResourceRequirements {
  const most = limits?.cpu;
  const cpu = most !== undefined && cpuToMillis(most) < cpuToMillis(usual.cpu) ? most : usual.cpu;
  return {
    requests: {
      cpu: requests?.cpu ?? cpu,
      memory: requests?.memory ?? (quantityToBytes(memory) < quantityToBytes(usual.memory) ? memory : usual.memory),
    },
    limits: { ...(most === undefined ? {} : { cpu: most }), memory },
  };
}
