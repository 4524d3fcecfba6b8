import { setTimeout as delay } from "node:timers/promises";
import { UserError, CommandError } from "../../errors";
import type { NeededImage } from "../../stacks/images";
import type { KubernetesCluster } from "../../engines/kubernetes-cluster";
import { LastingTroubles, missingImage, partOf, type Pod } from "../wait/kubernetes-rollout";

/**
 * Watches the pods of a stack while an engine deploys it and waits for them, which it would do for long where a node cannot get an image.
 * Pods of an earlier deployment, whose image the stack does not name any more, are left to the engine.
 *
 * @param images what the stack names
 * @param signal ends the watch
 * @param interval milliseconds between two looks
 * @throws UserError with the images, once it is clear that they cannot be had
 */
export async function watchForMissingImages(
  cluster: KubernetesCluster,
  images: readonly NeededImage[],
  signal: AbortSignal,
  interval = 3000,
): Promise<void> {
  const references = images.map(({ reference }) => reference);
  const lasting = new LastingTroubles();
  while (!signal.aborted) {
    const pods = await podsOf(cluster);
    const reasons = lasting.among(pods.map((pod) => missingImage(pod, (image) => references.includes(image))));
    if (reasons.length > 0) {
      throw UserError.fromMistakes("The deployment was ended, because images of the stack cannot be had:", [
        ...new Set(reasons),
      ]);
    }
    await delay(interval, undefined, { signal }).catch(() => undefined);
  }
}

/** None where the cluster does not answer: the engine will tell. */
async function podsOf(cluster: KubernetesCluster): Promise<Pod[]> {
  try {
    return await cluster.objects<Pod>(["pods", "--selector", partOf]);
  } catch (error) {
    if (error instanceof CommandError) {
      return [];
    }
    throw error;
  }
}
