import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { contentHash } from "../../content-hash";
import { isLater, isPlain, mapped, whole } from "../../later";
import { Conflicts, mergedList } from "./merged-list";

type Container = types.input.core.v1.Container;
type EnvFromSource = types.input.core.v1.EnvFromSource;
type EnvVar = types.input.core.v1.EnvVar;
type PodSpec = types.input.core.v1.PodSpec;
type PodTemplateSpec = types.input.core.v1.PodTemplateSpec;
type Volume = types.input.core.v1.Volume;
type VolumeMount = types.input.core.v1.VolumeMount;

/** Which pods a preset is for, by their labels. Everything named must hold; an empty selector takes every pod. */
export interface PodSelector {
  matchLabels?: Readonly<Record<string, string>>;
  matchExpressions?: readonly {
    key: string;
    operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
    values?: readonly string[];
  }[];
}

/** What every container of every matching pod gets. */
export interface PodPreset {
  /** Names it in messages and in the pods' annotations. */
  name: string;
  selector: PodSelector;
  env?: readonly (EnvVar & { name: string })[];
  /** A container's own variables win over what comes from here, as they do over its own `envFrom`. */
  envFrom?: readonly EnvFromSource[];
  volumes?: readonly (Volume & { name: string })[];
  volumeMounts?: readonly (VolumeMount & { name: string; mountPath: string })[];
}

/** Annotation of a pod that has a preset, before the preset's name. Its value changes with the preset. */
export const presetAnnotation = "ghost-platform/pod-preset-";
/** Annotation of a pod template that no preset may touch, with the value `true`. */
export const withoutPresets = "ghost-platform/without-pod-presets";

/** Where each kind that makes pods keeps their template. */
const templatePaths: Readonly<Record<string, readonly string[]>> = {
  Pod: [],
  Deployment: ["spec", "template"],
  StatefulSet: ["spec", "template"],
  DaemonSet: ["spec", "template"],
  ReplicaSet: ["spec", "template"],
  ReplicationController: ["spec", "template"],
  Job: ["spec", "template"],
  CronJob: ["spec", "jobTemplate", "spec", "template"],
};

/**
 * Applies presets to every pod, and to every pod template, that this program declares from now on: as a transformation of the stack, so it
 * reaches the children of components, too. Pods that somebody else makes in the cluster are not touched, nor what a provider makes from
 * YAML or a chart.
 *
 * A preset gives each container of a matching pod, init containers included, its variables and mounts, and the pod its volumes. What the
 * pod has already stays. The declaration of an object fails with a UserError that names both sides of every conflict: one variable, mount
 * path or volume in two forms.
 */
export function applyPodPresets(presets: readonly PodPreset[]): void {
  if (presets.length > 0) {
    pulumi.runtime.registerStackTransformation(presetTransformation(presets));
  }
}

/** What applies presets, as the transformation of a component that has pods below it. See `applyPodPresets`. */
export function presetTransformation(presets: readonly PodPreset[]): pulumi.ResourceTransformation {
  return ({ name, opts, props, type }) => {
    const [, kind = ""] = /^kubernetes:(?:core|apps|batch)\/v1:(\w+)$/.exec(type) ?? [];
    const path = templatePaths[kind];
    if (!path) {
      return undefined;
    }
    const claims = kind === "StatefulSet" ? claimNames(props) : [];
    const change = (template: PodTemplateSpec) => presetTemplate(template, presets, `${kind} ${name}`, claims);
    return { props: changedAt(props, path, change) as typeof props, opts };
  };
}

/** The object with something else in one place; what stands beside it, known or not, stays as it is. */
function changedAt(
  object: unknown,
  [first, ...rest]: readonly string[],
  change: (part: PodTemplateSpec) => pulumi.Input<PodTemplateSpec>,
): unknown {
  if (object === undefined || first === undefined) {
    return object === undefined ? undefined : mapped(object as PodTemplateSpec, {}, change);
  }
  return mapped(object as Record<string, unknown>, {}, (map) => ({
    ...map,
    [first]: changedAt(map[first], rest, change),
  }));
}

/** Names of the volumes that a StatefulSet makes for its pods. */
type ClaimNames = readonly string[] | "known later";

function claimNames({ spec }: { spec?: unknown }): ClaimNames {
  if (isLater(spec) || !isPlain((spec as { volumeClaimTemplates?: unknown } | undefined)?.volumeClaimTemplates)) {
    return "known later";
  }
  const { volumeClaimTemplates = [] } = (spec ?? {}) as { volumeClaimTemplates?: { metadata?: { name?: string } }[] };
  return volumeClaimTemplates.flatMap(({ metadata }) => metadata?.name ?? []);
}

/**
 * Applies presets to one pod template.
 *
 * @param owner what the template belongs to, for messages: `Deployment website`
 * @param claims volumes that the pods have beside those of the template
 * @throws UserError with every conflict. What is known only later is compared then
 */
export function presetTemplate(
  template: PodTemplateSpec,
  presets: readonly PodPreset[],
  owner: string,
  claims: ClaimNames = [],
): pulumi.Input<PodTemplateSpec> {
  return mapped(template.metadata, {}, (metadata) =>
    mapped(whole(metadata.labels), {}, (labels: Labels) =>
      mapped(whole(metadata.annotations), {}, (annotations: Labels) => {
        const excluded = annotations[withoutPresets] === "true";
        const matching = excluded ? [] : presets.filter(({ selector }) => selects(selector, labels));
        if (matching.length === 0) {
          return template;
        }
        const conflicts = new Conflicts(`Pod presets cannot be applied to ${owner}:`);
        const spec = mapped(template.spec, { containers: [] }, (pod: PodSpec) =>
          conflicts.alone((own) => presetPod(pod, matching, claims, own)),
        );
        const marks = matching.map((preset) => [`${presetAnnotation}${preset.name}`, mark(preset)] as const);
        return {
          ...template,
          metadata: { ...metadata, annotations: { ...annotations, ...Object.fromEntries(marks) } },
          spec,
        };
      }),
    ),
  );
}

type Labels = Record<string, string>;
type EnvFromList = pulumi.Input<EnvFromSource>[];

/** Whether a selector takes pods with these labels, as Kubernetes decides it. */
export function selects({ matchExpressions = [], matchLabels = {} }: PodSelector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      const listed = value !== undefined && values.includes(value);
      return { Exists: value !== undefined, DoesNotExist: value === undefined, In: listed, NotIn: !listed }[operator];
    })
  );
}

/** What the presets bring of one sort, each with whose it is. */
function brought<Item>(presets: readonly PodPreset[], items: (preset: PodPreset) => readonly Item[] | undefined) {
  return presets.flatMap((preset) =>
    (items(preset) ?? []).map((item) => ({ item, side: `pod preset ${preset.name}` })),
  );
}

function presetPod(pod: PodSpec, presets: readonly PodPreset[], claims: ClaimNames, conflicts: Conflicts): PodSpec {
  const containers = (list: PodSpec["initContainers"]) =>
    conflicts.within(list, [], (all: pulumi.Input<Container>[], found) =>
      all.map((each) =>
        found.within(each, { name: "" }, (container: Container, own) => presetContainer(container, presets, own)),
      ),
    );
  const volumes = brought(presets, (preset) => preset.volumes);
  const rules = { keyOf: ({ name }: Volume) => name, what: (name: string) => `volume ${name}`, side: "the pod itself" };
  const result = {
    ...pod,
    ...(pod.initContainers ? { initContainers: containers(pod.initContainers) } : {}),
    containers: containers(pod.containers),
    ...(pod.volumes || volumes.length > 0 ? { volumes: mergedList(pod.volumes, volumes, rules, conflicts) } : {}),
  };
  conflicts.add(...danglingMounts(result.volumes, presets, claims));
  return result;
}

function presetContainer(container: Container, presets: readonly PodPreset[], conflicts: Conflicts): Container {
  const place = `container ${typeof container.name === "string" ? container.name : "?"}`;
  const side = "the container itself";
  const env = brought(presets, (preset) => preset.env);
  const mounts = brought(presets, (preset) => preset.volumeMounts);
  const references = presets.flatMap((preset) => preset.envFrom ?? []);
  return {
    ...container,
    ...(env.length > 0
      ? {
          env: mergedList<EnvVar>(
            container.env,
            env,
            { keyOf: ({ name }) => name, what: (name) => `${place}, env ${name}`, side },
            conflicts,
          ),
        }
      : {}),
    // One reference twice does no harm, and what stands later wins: as in a list that somebody wrote by hand.
    ...(references.length > 0
      ? { envFrom: mapped(container.envFrom, [], (own: EnvFromList) => [...own, ...references]) }
      : {}),
    ...(mounts.length > 0
      ? {
          volumeMounts: mergedList<VolumeMount>(
            container.volumeMounts,
            mounts,
            { keyOf: mountPath, what: (path) => `${place}, mount path ${path}`, side },
            conflicts,
          ),
        }
      : {}),
  };
}

function mountPath({ mountPath: path }: VolumeMount): pulumi.Input<string> {
  return typeof path === "string" ? path.replace(/(?<=.)\/+$/, "") : path;
}

/** Mounts of presets whose volume nobody brings; none where the names of the volumes are not known yet. */
function danglingMounts(volumes: PodSpec["volumes"], presets: readonly PodPreset[], claims: ClaimNames): string[] {
  const names = isLater(volumes) ? [undefined] : ((volumes ?? []) as Volume[]).map((volume) => nameOf(volume));
  if (claims === "known later" || names.includes(undefined)) {
    return [];
  }
  return presets.flatMap(({ name, volumeMounts = [] }) =>
    volumeMounts
      .filter((mount) => !names.includes(mount.name) && !claims.includes(mount.name))
      .map((mount) => `pod preset ${name} mounts volume ${mount.name}, which neither the pod nor a preset has`),
  );
}

function nameOf(volume: pulumi.Input<Volume>): string | undefined {
  const name = isLater(volume) ? undefined : (volume as Volume).name;
  return typeof name === "string" ? name : undefined;
}

/** Changes with the preset, so far as it is known. Presets hold no secret: they stand in the pods' specification. */
function mark(preset: PodPreset): string {
  return isPlain(preset) ? contentHash(JSON.stringify(preset)) : "applied";
}
