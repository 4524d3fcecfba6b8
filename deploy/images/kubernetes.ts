import { setTimeout as delay } from "node:timers/promises";
import type { RawConfig } from "../../config/files/machine";
import type { NeededImage } from "../../stacks/images";
import { importImages, runningNode } from "../../sandbox/kubernetes";
import { mustNotBeRefused, refusal, type PullOutcome, type Sought } from "./pull";
import { interruption } from "../../terminal/interruption";
import type { KubernetesCluster } from "../../engines/kubernetes-cluster";
import { step, type Report } from "../../terminal/progress";
import type { Pod } from "../wait/kubernetes-rollout";
import { isBuiltHere, standInsFor, useStandIns, type AsSettings, type StandIn } from "./stand-ins";

/** Several images of some 600 MB on a slow line. */
const pullLimitSeconds = 30 * 60;
/** Of any node, and nothing is kept in it. */
const namespace = "default";

/**
 * Sees to it that the node of this machine's sandbox has every image of a stack: it pulls what it lacks, and images built here stand in where a registry
 * does not answer it, if they may. The nodes of any other cluster pull for themselves, and `watchForMissingImages` tells when they cannot.
 *
 * @param allowed whether images built here may stand in
 * @param asSettings how the stack's configuration names images. Default: under `images`
 * @returns settings that name other images, which this machine keeps; empty where it names those already
 * @throws UserError for an image that cannot be had
 */
export async function imagesOnCluster(
  cluster: KubernetesCluster,
  stack: string,
  needed: readonly NeededImage[],
  allowed: boolean,
  asSettings?: AsSettings,
): Promise<RawConfig> {
  if (!(await isSandbox(cluster))) {
    return {};
  }
  const present = await imagesOfNodes(cluster);
  const missing = needed.filter(({ reference }) => !present.has(reference));
  if (missing.length === 0) {
    return {};
  }
  const sought = await step("Get the images", (report) => pulledByNode(cluster, stack, missing, report));
  mustNotBeRefused(sought);
  const lacking = sought.filter(({ outcome }) => outcome === "unknown");
  if (lacking.length === 0) {
    return {};
  }
  const standIns = standInsFor(stack, lacking, allowed, `The node of ${cluster.address.context}`);
  const names = standIns.map(({ name }) => name);
  await step("Build the images and import them into the node", (report) => importImages(names, report));
  return useStandIns(stack, standIns, asSettings);
}

/**
 * Whether the sandbox's node can get the images now that others stand in for; it pulls what it can.
 *
 * @returns undefined where a registry does not answer it, and on any other cluster
 */
export async function nodeCanHave(
  cluster: KubernetesCluster,
  stack: string,
  standIns: readonly StandIn[],
): Promise<boolean | undefined> {
  if (standIns.length === 0 || !(await isSandbox(cluster))) {
    return undefined;
  }
  const images = standIns.map(({ name, real }) => ({ name, reference: real }));
  const sought = await step("Look whether the official images can be had", (report) =>
    pulledByNode(cluster, stack, images, report),
  );
  return sought.some(({ outcome }) => outcome === "unknown")
    ? undefined
    : sought.every(({ outcome }) => outcome === "there");
}

async function isSandbox({ address }: KubernetesCluster): Promise<boolean> {
  return (await runningNode())?.context === address.context;
}

/** Has the kubelet pull images, for a pod that is to run none of them and is deleted again. */
async function pulledByNode(
  cluster: KubernetesCluster,
  stack: string,
  images: readonly NeededImage[],
  report: Report,
): Promise<Sought[]> {
  const asked = images.filter((image) => !isBuiltHere(image));
  const outcomes = asked.length === 0 ? [] : await askedOfKubelet(cluster, `image-pull-${stack}`, asked, report);
  return images.map((image) => ({
    ...image,
    ...(outcomes[asked.indexOf(image)] ?? {
      outcome: "unknown" as const,
      said: "it is built on this machine, and not there",
    }),
  }));
}

async function askedOfKubelet(
  cluster: KubernetesCluster,
  name: string,
  images: readonly NeededImage[],
  report: Report,
): Promise<PullOutcome[]> {
  const kubectl = (...args: string[]) => ["--namespace", namespace, ...args];
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      containers: images.map(({ reference }, index) => ({
        name: `image-${index}`,
        image: reference,
        // There is no such program: the image is pulled, and nothing of it runs.
        command: ["/ghost-platform-pulls-only"],
      })),
    },
  };
  const remove = () => cluster.kubectl(kubectl("delete", "pod", name, "--ignore-not-found", "--now"), { timeout: 90 });
  await remove();
  try {
    await cluster.kubectl(kubectl("create", "--filename", "-"), { input: JSON.stringify(pod) });
    const deadline = Date.now() + pullLimitSeconds * 1000;
    for (;;) {
      interruption.throwIfInterrupted();
      const [found] = await cluster.objects<Pod>(kubectl("pods", "--field-selector", `metadata.name=${name}`));
      const outcomes = images.map((_, index) => outcomeOf(found, `image-${index}`));
      report(
        images
          .filter((_, index) => outcomes[index] === undefined)
          .map(({ reference }) => reference)
          .join(", "),
      );
      const known = outcomes.filter((outcome) => outcome !== undefined);
      if (known.length === images.length) {
        return known;
      }
      if (Date.now() > deadline) {
        return outcomes.map((outcome) => outcome ?? { outcome: "unknown", said: `no answer in ${pullLimitSeconds} s` });
      }
      await delay(1000);
    }
  } finally {
    await remove();
  }
}

/** What the kubelet says of one container's image; undefined while it pulls. */
export function outcomeOf(pod: Pod | undefined, container: string): PullOutcome | undefined {
  const state = pod?.status?.containerStatuses?.find(({ name }) => name === container)?.state;
  const { message = "", reason = "" } = state?.waiting ?? {};
  if (/^(ErrImagePull|ImagePullBackOff|InvalidImageName|RegistryUnavailable)$/.test(reason)) {
    return {
      outcome: refusal(message) || reason === "InvalidImageName" ? "refused" : "unknown",
      said: message || reason,
    };
  }
  const isPulling = state === undefined || reason === "ContainerCreating" || reason === "PodInitializing";
  return isPulling ? undefined : { outcome: "there" };
}

/** The images that every node has; a kubelet names 50 at most, so an absent one may yet be there. */
async function imagesOfNodes(cluster: KubernetesCluster): Promise<Set<string>> {
  const nodes = await cluster.objects<{ status?: { images?: { names?: string[] }[] } }>(["nodes"]);
  const perNode = nodes.map(({ status }) => new Set((status?.images ?? []).flatMap(({ names }) => names ?? [])));
  const [firstNode = new Set<string>(), ...others] = perNode;
  return new Set([...firstNode].filter((name) => others.every((names) => names.has(name))));
}
