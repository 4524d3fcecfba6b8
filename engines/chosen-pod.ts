import { CommandError, UserError } from "../errors";
import type { KubernetesCluster } from "./kubernetes-cluster";

/**
 * The name of the first pod in which a command ends well.
 *
 * @throws UserError with what each said, where there is none
 */
export async function chosenPod(
  cluster: KubernetesCluster,
  { chosenBy, container, pods }: { pods: readonly string[]; container: string; chosenBy: readonly string[] },
): Promise<string> {
  const said: string[] = [];
  for (const pod of pods) {
    try {
      await cluster.kubectl(["exec", pod, "--container", container, "--", ...chosenBy], { timeout: 30 });
      return pod;
    } catch (error) {
      if (!(error instanceof CommandError)) {
        throw error;
      }
      said.push(`${pod}: ${error.output.trim() || error.message}`);
    }
  }
  throw UserError.fromMistakes("None of these pods is the one that is needed:", said);
}
