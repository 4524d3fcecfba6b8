import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { contentHash } from "../../content-hash";
import { mapped } from "../../later";
import { scriptResources } from "./init-containers";
import { appLabels } from "../labels";
import { podTemplate } from "./pod";
import { withoutPresets } from "./pod-presets";
import { restrictedContainer } from "./security";

type PodSpec = k8s.types.input.core.v1.PodSpec;
type Container = k8s.types.input.core.v1.Container;
type PodTemplateSpec = k8s.types.input.core.v1.PodTemplateSpec;
type MaybeInput<Value> = pulumi.Input<Value> | undefined;
/** A pod's specification, once it is known; what it does not say is not there. */
type KnownPodSpec = Partial<k8s.types.output.core.v1.PodSpec>;

/** Annotation of a Job that is done before a Deployment changes: the Deployment's name. The Pulumi engine knows by `dependsOn`. */
const beforeDeployment = "ghost-platform/before-deployment";

/** The Deployment before which an object with this metadata is needed; undefined where it is needed with the others. */
export function deploymentAfter(metadata: Record<string, unknown>): string | undefined {
  return (metadata["annotations"] as Record<string, string> | undefined)?.[beforeDeployment];
}

/** A Deployment that ends its only pod before it makes the next. */
export interface ReplacingDeployment {
  name: string;
  namespace: pulumi.Input<string>;
  /** What selects its pods. */
  labels: Record<string, string>;
  /** Its pods' user. */
  user: number;
  /** As it is to become. */
  deployment: k8s.apps.v1.DeploymentArgs;
  /** Seconds until a pull counts as failed. */
  seconds: number;
}

/**
 * Arguments of a Job that has the images of a Deployment's pod pulled before that pod is replaced. It runs on the node of the present pod, where
 * the next one most likely comes: its volume is there, and the scheduler likes a node that has the image. With an image that cannot be
 * had the Job fails, the Deployment stays as it is, and the present pod runs on.
 *
 * Its name is to be made of everything it is: see `namedAfterSpec`.
 *
 * @param containers the pod's containers whose images are pulled; each image must have the program `true`
 */
export function imagePullJob(
  { deployment, labels, name, namespace, seconds, user }: ReplacingDeployment,
  containers: readonly string[],
): k8s.batch.v1.JobArgs {
  const own = appLabels("image-pull", `${name}-images`);
  const template = pullFacts(deployment).apply((facts) => pullTemplate(facts, containers, own, labels, user));
  const spec = { backoffLimit: 2, activeDeadlineSeconds: seconds, ttlSecondsAfterFinished: 60, template };
  return {
    metadata: {
      name: `${name}-images`,
      namespace,
      labels: own,
      // A Job that has failed does not try again: the next deployment makes it anew.
      annotations: { [beforeDeployment]: name, "pulumi.com/replaceUnready": "true" },
    },
    spec,
  };
}

/**
 * A Job whose name changes with everything it is, so that it runs once for an image, and is never changed: it goes by itself when it is done, and
 * the Pulumi engine fails to change what has gone.
 */
export function namedAfterSpec(job: k8s.batch.v1.JobArgs): k8s.batch.v1.JobArgs {
  const version = pulumi.output(job.spec).apply((spec) => contentHash(JSON.stringify(spec)));
  const metadata = mapped(job.metadata, {}, (own: k8s.types.input.meta.v1.ObjectMeta) => ({
    ...own,
    name: pulumi.interpolate`${own.name}-${version}`,
  }));
  return { ...job, metadata };
}

/** What decides where a pod may run, and whether it gets its images. */
const placement = [
  "affinity",
  "imagePullSecrets",
  "nodeSelector",
  "runtimeClassName",
  "schedulerName",
  "serviceAccountName",
  "tolerations",
] as const satisfies readonly (keyof PodSpec)[];

/**
 * The part of a pod that matters here, known without the rest: with the objects that its volumes name among its dependencies, the Job would be
 * made after them, and the whole stack would go one step later when it is destroyed.
 */
function pullFacts({ spec }: k8s.apps.v1.DeploymentArgs): pulumi.Output<KnownPodSpec> {
  const pod = field<PodSpec>(field<PodTemplateSpec>(spec, "template"), "spec");
  const images = (key: keyof PodSpec) =>
    after(field<pulumi.Input<Container>[]>(pod, key), (list) =>
      list?.map((container) => fields<Container>(container, ["name", "image", "imagePullPolicy"])),
    );
  return pulumi.output({
    ...fields<PodSpec>(pod, placement),
    initContainers: images("initContainers"),
    containers: images("containers"),
  }) as pulumi.Output<KnownPodSpec>;
}

function fields<Whole extends object>(input: MaybeInput<Whole>, keys: readonly (keyof Whole & string)[]) {
  return Object.fromEntries(keys.map((key) => [key, field(input, key)]));
}

function field<Field>(input: MaybeInput<object>, key: string): MaybeInput<Field> {
  return after(input, (whole) => (whole as Record<string, MaybeInput<Field>> | undefined)?.[key]);
}

/** What follows from an input: at once where it is known. */
function after<Value, Result>(
  input: MaybeInput<Value>,
  result: (value: Value | undefined) => MaybeInput<Result>,
): MaybeInput<Result> {
  return pulumi.Output.isInstance(input) || input instanceof Promise
    ? pulumi.output(input).apply((value) => pulumi.output(result(value as Value)) as pulumi.Output<Result>)
    : result(input);
}

function pullTemplate(
  pod: KnownPodSpec,
  containers: readonly string[],
  own: Record<string, string>,
  labels: Record<string, string>,
  user: number,
): PodTemplateSpec {
  const { affinity, containers: main = [], initContainers = [], ...placed } = pod;
  const pulling = [...initContainers, ...main].filter(({ name }) => containers.includes(name));
  const images = new Map(pulling.map(({ image, imagePullPolicy }) => [image, imagePullPolicy]));
  const { spec } = podTemplate(own, user, "", {
    ...defined(placed),
    affinity: {
      ...defined({ nodeAffinity: affinity?.nodeAffinity }),
      podAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 100,
            podAffinityTerm: { labelSelector: { matchLabels: labels }, topologyKey: "kubernetes.io/hostname" },
          },
        ],
      },
    },
    restartPolicy: "Never",
    containers: [...images].map(([image, imagePullPolicy], index) => ({
      name: `image-${index + 1}`,
      image,
      ...defined({ imagePullPolicy }),
      command: ["true"],
      securityContext: restrictedContainer,
      resources: scriptResources,
    })),
  });
  return { metadata: { labels: own, annotations: { [withoutPresets]: "true" } }, spec };
}

/** An object without what is not given. */
function defined<Fields extends object>(fields: Fields): Partial<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<Fields>;
}
